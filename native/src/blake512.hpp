/// BLAKE-512 as submitted to the SHA-3 competition: 16 rounds. circomlib derives keys and nonces with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace provega {

std::array<uint8_t, 64> blake512(const uint8_t* data, size_t size);

}  // namespace provega

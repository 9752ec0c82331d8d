/// BLAKE-512 as submitted to the SHA-3 competition, with 16 rounds. circomlib derives keys and nonces with it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace provega {

/// Of what fits one block: at most 111 bytes.
std::array<uint8_t, 64> blake512(const uint8_t* data, size_t size);

}  // namespace provega

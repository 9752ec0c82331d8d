/// How long-running work tells whoever waits for it how far it is.
#pragma once

#include <cstdint>
#include <functional>

namespace provega {

/// `done` of `total` units of a phase, which each function numbers in its own comment. Called from one thread.
using Progress = std::function<void(uint32_t phase, uint64_t done, uint64_t total)>;

}  // namespace provega

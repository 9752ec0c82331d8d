/// How long-running work tells whoever waits for it how far it is.
#pragma once

#include <functional>

namespace provega {

/// What is being done, which each function lists in its own comment, and the share of it that is, to 1. Called from one
/// thread.
using Progress = std::function<void(const char* what, double share)>;

}  // namespace provega

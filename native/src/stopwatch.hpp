/// Milliseconds between moments.
#pragma once

#include <chrono>

namespace provega {

class Stopwatch {
 public:
  /// Since the last lap, or the beginning.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> spent = now - last_;
    last_ = now;
    return spent.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace provega

/// Work shared by all cores.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace provega {

/// As many as the machine has cores, or PROVEGA_THREADS.
inline unsigned threadCount() {
  static const unsigned count = [] {
    const char* wish = std::getenv("PROVEGA_THREADS");
    const long parsed = wish ? std::strtol(wish, nullptr, 10) : 0;
    if (parsed >= 1 && parsed <= 1024) return static_cast<unsigned>(parsed);
    const unsigned cores = std::thread::hardware_concurrency();
    return cores ? cores : 1;
  }();
  return count;
}

/// Calls task(0) ... task(count - 1), each once, in order of their beginning, on all cores; returns when all are done. The first exception
/// stops what has not begun and is thrown here. Put long tasks first.
template <class Task>
void parallelFor(size_t count, const Task& task) {
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  const auto work = [&] {
    for (size_t i; (i = next.fetch_add(1)) < count;) {
      try {
        task(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(guard);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < threadCount() && i < count; i++) others.emplace_back(work);
  work();
  for (std::thread& each : others) each.join();
  if (failure) std::rethrow_exception(failure);
}

/// Calls task(begin, end) over [0, count) cut into pieces of about `size`.
template <class Task>
void parallelRanges(size_t count, size_t size, const Task& task) {
  const size_t pieces = (count + size - 1) / size;
  parallelFor(pieces, [&](size_t i) { task(i * size, i + 1 == pieces ? count : (i + 1) * size); });
}

}  // namespace provega

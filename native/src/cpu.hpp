/// What this processor has, and what the user allows of it.
#pragma once

#include <cstdlib>
#include <cstring>

#if defined(PROVEGA_ADX)
#include <cpuid.h>
#endif

namespace provega {

/// The instructions that the addon was compiled for; without them it must not be entered.
inline bool hasCompiledFor() {
#if defined(PROVEGA_ADX)
  unsigned a, b, c, d;  // asked of the processor itself: clang's builtin does not know adx
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_BMI2) && (b & bit_ADX);
#else
  return true;
#endif
}

/// AVX-512 with 52-bit multiply-add, unless PROVEGA_IFMA=0. Asked once.
inline bool hasIfma() {
#if defined(PROVEGA_IFMA)
  static const bool has = [] {
    const char* wish = std::getenv("PROVEGA_IFMA");
    if (wish && std::strcmp(wish, "0") == 0) return false;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace provega

/// Eight equations of signatures at a time, on processors with AVX-512 IFMA.
#pragma once

#include "babyjub.hpp"
#include "lane-constant.hpp"

namespace provega {

/// A summand with Z = 1 in a cache line pair.
struct alignas(128) LaneSummand {
  LaneConstant minus, plus, t;
};

/// What babyjub::areSums asks of eight lanes.
struct EightSums {
  static constexpr size_t LANES = 8;
  static constexpr unsigned H_DIGITS = babyjub::ORDER_BITS / babyjub::WIDTH + 1, S_DIGITS = babyjub::BASE_DIGITS;

  Fr aX[LANES], aY[LANES], rX[LANES], rY[LANES];
  /// Those of -h and of s, of eight lanes side by side.
  int64_t h[H_DIGITS][LANES], s[S_DIGITS][LANES];
};

struct LaneCurve {
  LaneConstant stretch, twiceD;
  /// In the order of babyjub::baseTable.
  const LaneSummand* base;
};

namespace ifma {

/// Bit i: lane i holds.
uint8_t areSums(const LaneCurve& curve, const EightSums& sums);

}  // namespace ifma
}  // namespace provega

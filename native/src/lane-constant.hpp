/// Field elements in memory as the vector code broadcasts or gathers them. Unlike lanes.hpp this is for all files.
#pragma once

#include "field.hpp"

namespace provega {

/// x 2^260 mod r in limbs of 52 bits.
struct LaneConstant {
  uint64_t limbs[5];

  static LaneConstant of(Fr x) {
    for (int i = 0; i < 4; i++) x = x.doubled();  // from x 2^256
    LaneConstant out;
    for (unsigned i = 0; i < 5; i++)
      out.limbs[i] = uint64_t{x.v.bits(52 * i, 26)} | uint64_t{x.v.bits(52 * i + 26, 26)} << 26;
    return out;
  }
};

}  // namespace provega

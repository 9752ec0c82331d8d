/// 256-bit integers as five limbs of 52 bits, the form of the vector code.
#pragma once

#include "uint256.hpp"

namespace provega::ifma {

constexpr uint64_t LIMB_MASK = (uint64_t{1} << 52) - 1;

struct Limbs {
  uint64_t w[5];
};

constexpr Limbs limbsOf(const U256& x) {
  return {{x.w[0] & LIMB_MASK, (x.w[0] >> 52 | x.w[1] << 12) & LIMB_MASK, (x.w[1] >> 40 | x.w[2] << 24) & LIMB_MASK,
           (x.w[2] >> 28 | x.w[3] << 36) & LIMB_MASK, x.w[3] >> 16}};
}

}  // namespace provega::ifma

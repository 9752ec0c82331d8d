/// The whole product of two 256-bit integers.
#pragma once

#include "uint256.hpp"

namespace provega {

struct Product {
  U256 low, high;
};

inline Product product(const U256& a, const U256& b) {
  uint64_t sum[8] = {};
  for (int i = 0; i < 4; i++) {
    u128 carry = 0;
    for (int k = 0; k < 4; k++) {
      carry += static_cast<u128>(a.w[i]) * b.w[k] + sum[i + k];
      sum[i + k] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    sum[i + 4] = static_cast<uint64_t>(carry);
  }
  return {{{sum[0], sum[1], sum[2], sum[3]}}, {{sum[4], sum[5], sum[6], sum[7]}}};
}

}  // namespace provega

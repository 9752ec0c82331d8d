/// 256-bit integers as four 64-bit limbs, least significant first.
#pragma once

#include <cstdint>
#include <cstring>

namespace provega {

using u128 = unsigned __int128;

struct U256 {
  uint64_t w[4];

  constexpr bool operator==(const U256& o) const {
    return ((w[0] ^ o.w[0]) | (w[1] ^ o.w[1]) | (w[2] ^ o.w[2]) | (w[3] ^ o.w[3])) == 0;
  }
  constexpr bool operator<(const U256& o) const {
    for (int i = 3; i >= 0; i--)
      if (w[i] != o.w[i]) return w[i] < o.w[i];
    return false;
  }
  constexpr bool isZero() const { return (w[0] | w[1] | w[2] | w[3]) == 0; }
  constexpr bool bit(unsigned i) const { return w[i / 64] >> (i % 64) & 1; }

  /// `width` bits from bit `from` on; bits beyond 256 are 0. `width` at most 32.
  constexpr uint32_t bits(unsigned from, unsigned width) const {
    if (from >= 256) return 0;
    uint64_t word = w[from / 64] >> (from % 64);
    if (from % 64 != 0 && from / 64 < 3) word |= w[from / 64 + 1] << (64 - from % 64);
    return static_cast<uint32_t>(word & ((uint64_t{1} << width) - 1));
  }
  constexpr unsigned bitLength() const {
    for (int i = 3; i >= 0; i--)
      if (w[i] != 0) return static_cast<unsigned>(64 * i + 64 - __builtin_clzll(w[i]));
    return 0;
  }

  /// From and to 32 bytes, little endian, at any alignment.
  static U256 load(const uint8_t* bytes) {
    U256 x;
    std::memcpy(x.w, bytes, 32);
    return x;
  }
  void store(uint8_t* bytes) const { std::memcpy(bytes, w, 32); }
};

/// out = a + b; returns the carry.
constexpr uint64_t add(U256& out, const U256& a, const U256& b) {
  bool carry = false;
  for (int i = 0; i < 4; i++) {
    uint64_t sum = 0;
    const bool over = __builtin_add_overflow(a.w[i], b.w[i], &sum);
    carry = over | __builtin_add_overflow(sum, carry, &out.w[i]);
  }
  return carry;
}

/// out = a - b; returns the borrow.
constexpr uint64_t subtract(U256& out, const U256& a, const U256& b) {
  bool borrow = false;
  for (int i = 0; i < 4; i++) {
    uint64_t difference = 0;
    const bool under = __builtin_sub_overflow(a.w[i], b.w[i], &difference);
    borrow = under | __builtin_sub_overflow(difference, borrow, &out.w[i]);
  }
  return borrow;
}

}  // namespace provega

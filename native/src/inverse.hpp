/// Inversion modulo an odd number of at most 254 bits: the optimised binary GCD of T. Pornin (eprint 2020/972). It works on the 33 top and
/// the 31 low bits of both numbers, and applies 31 steps at a time to the whole of them.
#pragma once

#include <utility>

#include "uint256.hpp"

namespace provega {

class Inversion {
 public:
  /// `negativeInverse`: -1 / modulus mod 2^64.
  constexpr Inversion(const U256& modulus, uint64_t negativeInverse)
      : modulus_(modulus), negativeInverse_(negativeInverse) {}

  /// start / x mod the modulus, for 0 < x < modulus coprime to it and `start` below it. Not constant time.
  U256 divide(const U256& start, const U256& x) const {
    // a = u x / start and b = v x / start, modulo the modulus; b is odd.
    U256 a = x, b = modulus_, u = start, v{};
    while (!a.isZero()) {
      const unsigned aBits = a.bitLength(), bBits = b.bitLength(), bits = aBits > bBits ? aBits : bBits;
      const Steps steps = plan(ends(a, bits), ends(b, bits));
      const U256 oldA = a, oldU = u;
      const bool isNegativeA = combine(a, oldA, b, steps.aa, steps.ab);
      const bool isNegativeB = combine(b, oldA, b, steps.ba, steps.bb);
      combineModulo(u, oldU, v, isNegativeA ? -steps.aa : steps.aa, isNegativeA ? -steps.ab : steps.ab);
      combineModulo(v, oldU, v, isNegativeB ? -steps.ba : steps.ba, isNegativeB ? -steps.bb : steps.bb);
    }
    return v;
  }

 private:
  static constexpr unsigned STEPS = 31;
  static constexpr uint64_t LOW = (uint64_t{1} << STEPS) - 1;

  /// What STEPS steps do: a becomes (aa a + ab b) / 2^STEPS, b becomes (ba a + bb b) / 2^STEPS, but for their signs.
  struct Steps {
    int64_t aa, ab, ba, bb;
  };

  /// The low bits of x, and above them its top bits, counted from bit `bits` down; all of it if that fits.
  static uint64_t ends(const U256& x, unsigned bits) {
    if (bits <= 64) return x.w[0];
    const unsigned from = bits - 33, word = from / 64, shift = from % 64;
    uint64_t top = x.w[word] >> shift;
    if (shift > 31) top |= word < 3 ? x.w[word + 1] << (64 - shift) : 0;
    return (top & ((uint64_t{1} << 33) - 1)) << STEPS | (x.w[0] & LOW);
  }

  static Steps plan(uint64_t a, uint64_t b) {
    Steps s{1, 0, 0, 1};
    for (unsigned i = 0; i < STEPS; i++) {
      const int64_t odd = -static_cast<int64_t>(a & 1);
      const int64_t swap = odd & -static_cast<int64_t>(a < b);
      const auto exchange = [swap](auto& x, auto& y) {
        const auto difference = (x ^ y) & static_cast<decltype(x ^ y)>(swap);
        x ^= difference;
        y ^= difference;
      };
      exchange(a, b);
      exchange(s.aa, s.ba);
      exchange(s.ab, s.bb);
      a -= b & static_cast<uint64_t>(odd);
      s.aa -= s.ba & odd;
      s.ab -= s.bb & odd;
      a >>= 1;
      s.ba *= 2;
      s.bb *= 2;
    }
    return s;
  }

  /// out = |f x + g y| / 2^STEPS, exact; true if the sum is negative. |f| + |g| <= 2^STEPS.
  static bool combine(U256& out, const U256& x, const U256& y, int64_t f, int64_t g) {
    int64_t word[5];
    product(word, x, y, f, g);
    U256 shifted;
    for (int i = 0; i < 4; i++)
      shifted.w[i] = static_cast<uint64_t>(word[i]) >> STEPS | static_cast<uint64_t>(word[i + 1]) << (64 - STEPS);
    const bool isNegative = word[4] < 0;
    if (isNegative) subtract(shifted, U256{}, shifted);
    out = shifted;
    return isNegative;
  }

  /// out = (f x + g y) / 2^STEPS modulo the modulus, in [0, modulus).
  void combineModulo(U256& out, const U256& x, const U256& y, int64_t f, int64_t g) const {
    int64_t word[5];
    product(word, x, y, f, g);
    // A multiple of the modulus makes the low bits zero. The sum is above -2^STEPS p and below 2^(STEPS + 1) p.
    const uint64_t k = static_cast<uint64_t>(word[0]) * negativeInverse_ & LOW;
    u128 carry = 0;
    for (int i = 0; i < 4; i++) {
      carry += static_cast<u128>(k) * modulus_.w[i] + static_cast<uint64_t>(word[i]);
      word[i] = static_cast<int64_t>(static_cast<uint64_t>(carry));
      carry >>= 64;
    }
    word[4] += static_cast<int64_t>(carry);
    U256 shifted;
    for (int i = 0; i < 4; i++)
      shifted.w[i] = static_cast<uint64_t>(word[i]) >> STEPS | static_cast<uint64_t>(word[i + 1]) << (64 - STEPS);
    if (word[4] < 0) add(shifted, shifted, modulus_);
    else if (!(shifted < modulus_)) subtract(shifted, shifted, modulus_);
    out = shifted;
  }

  /// f x + g y in two's complement.
  static void product(int64_t (&word)[5], const U256& x, const U256& y, int64_t f, int64_t g) {
    __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
      carry += static_cast<__int128>(f) * static_cast<__int128>(x.w[i]) + static_cast<__int128>(g) * static_cast<__int128>(y.w[i]);
      word[i] = static_cast<int64_t>(static_cast<uint64_t>(carry));
      carry >>= 64;
    }
    word[4] = static_cast<int64_t>(carry);
  }

  U256 modulus_;
  uint64_t negativeInverse_;
};

}  // namespace provega

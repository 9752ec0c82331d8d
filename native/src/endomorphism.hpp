/// An endomorphism of both curves that makes long scalars short: Gallant, Lambert, Vanstone, "Faster Point
/// Multiplication on Elliptic Curves with Efficient Endomorphisms".
#pragma once

#include "curve.hpp"
#include "product.hpp"

namespace provega {

/// (x, y) -> (beta x, y) multiplies points of order r by lambda = 5^((r - 1) / 3). beta is a cube root of 1, on the
/// twist the other one.
template <class F>
struct Endomorphism;
template <>
struct Endomorphism<Fq> {
  static Fq beta() { return Fq::of(U256{{0x5763473177fffffe, 0xd4f263f1acdb5c4f, 0x59e26bcea0d48bac, 0}}); }
};
template <>
struct Endomorphism<Fq2> {
  static Fq beta() { return -Fq::one() - Endomorphism<Fq>::beta(); }
};

struct SignedInteger {
  U256 magnitude;
  bool isNegative;
};
/// scalar = low + high lambda mod r, both below 2^127 in magnitude.
struct HalfScalars {
  SignedInteger low, high;
};

namespace lattice {

/// (S, -T) and (U, S) are a basis of all (a, b) with a + b lambda = 0 mod r, by Euclid's algorithm on r and lambda.
inline constexpr U256 S = {{0x89d3256894d213e3, 0, 0, 0}};
inline constexpr U256 T = {{0x8211bbeb7d4f1128, 0x6f4d8248eeb859fc, 0, 0}};
inline constexpr U256 U = {{0x0be4e1541221250b, 0x6f4d8248eeb859fd, 0, 0}};
/// 2^256 S / r and 2^256 T / r, rounded down.
inline constexpr U256 S_BY_R = {{0xd91d232ec7e0b3d7, 0x2, 0, 0}};
inline constexpr U256 T_BY_R = {{0x7a7bd9d4391eb18d, 0x4ccef014a773d2cf, 0x2, 0}};

/// Of a small integer modulo 2^256.
inline SignedInteger signedOf(const U256& x) {
  SignedInteger out{x, x.bit(255)};
  if (out.isNegative) subtract(out.magnitude, U256{}, x);
  return out;
}

}  // namespace lattice

/// For a scalar below r: less a vector of the lattice that is about as long (Babai's rounding).
inline HalfScalars halve(const U256& scalar) {
  using namespace lattice;
  const U256 first = product(scalar, S_BY_R).high, second = product(scalar, T_BY_R).high;
  U256 low, high;
  subtract(low, scalar, product(first, S).low);
  subtract(low, low, product(second, U).low);
  subtract(high, product(first, T).low, product(second, S).low);
  return {signedOf(low), signedOf(high)};
}

}  // namespace provega

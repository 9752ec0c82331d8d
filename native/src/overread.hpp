/// A peculiarity of snarkjs's hash of a circuit: of a large one it hashes a difference too many, of a point that a
/// powers-of-tau file of just the circuit's size does not have. What lies behind the section is then taken for that
/// point. It is on no curve and its coordinates may be beyond the modulus, so here are the steps of snarkjs's own
/// arithmetic on it.
#pragma once

#include "curve.hpp"
#include "product.hpp"

namespace provega {

/// An integer below 2^256 in the place of an element of Fq: reduced once where an element would be reduced wholly.
struct LooseElement {
  U256 v;

  LooseElement operator+(const LooseElement& o) const {
    U256 sum;
    const bool carry = add(sum, v, o.v);
    return reducedOnce(sum, carry);
  }
  LooseElement operator-(const LooseElement& o) const {
    LooseElement out;
    if (subtract(out.v, v, o.v)) add(out.v, out.v, Fq::MODULUS);
    return out;
  }
  /// (a b + m q) / 2^256, m such that it comes out even.
  LooseElement operator*(const LooseElement& o) const {
    const Product t = product(v, o.v);
    U256 m{}, low = t.low;
    for (int i = 0; i < 4; i++) {
      U256 digit{};
      m.w[i] = digit.w[i] = low.w[i] * Fq::NEGATIVE_INVERSE;
      add(low, low, product(digit, Fq::MODULUS).low);
    }
    const Product multiple = product(m, Fq::MODULUS);
    const bool fromLow = add(low, t.low, multiple.low);
    U256 high;
    bool carry = add(high, t.high, multiple.high);
    carry |= add(high, high, U256{{fromLow, 0, 0, 0}}) != 0;
    return reducedOnce(high, carry);
  }
  /// The element that it is congruent to.
  Fq proper() const {
    Fq out{v};
    while (!(out.v < Fq::MODULUS)) subtract(out.v, out.v, Fq::MODULUS);
    return out;
  }

 private:
  static LooseElement reducedOnce(U256 x, bool carry) {
    if (carry || !(x < Fq::MODULUS)) subtract(x, x, Fq::MODULUS);
    return {x};
  }
};

/// `bytes` as a point, less a proper one that it is not equal to: by add-2007-bl with both Z = 1.
inline G1 overreadDifference(const uint8_t* bytes, const G1& other) {
  using E = LooseElement;
  const E x1{U256::load(bytes)}, y1{U256::load(bytes + 32)}, x2{other.x.v}, y2{(-other.y).v};
  const E h = x2 - x1, rise = y2 - y1, hh = h * h, hh2 = hh + hh, i = hh2 + hh2, j = h * i;
  const E r = rise + rise, v = x1 * i, y1j = y1 * j;
  const E x = r * r - j - (v + v), y = (v - x) * r - (y1j + y1j), z = h + h;
  return Jacobian<Fq>{x.proper(), y.proper(), z.proper()}.affine();
}

}  // namespace provega

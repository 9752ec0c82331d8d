/// Points of y^2 = x^3 + b over a field F: G1 over Fq (b = 3) and G2 over Fq2 (b = 3 / (9 + u)).
/// Nothing here is constant time: the scalars are witnesses, used on the prover's own machine.
#pragma once

#include "fq2.hpp"

namespace provega {

/// (0, 0), which is on neither curve, stands for infinity, as in zkey files.
template <class F>
struct Affine {
  F x, y;
  bool isInfinity() const { return x.isZero() && y.isZero(); }
  bool operator==(const Affine& o) const { return x == o.x && y == o.y; }
  Affine operator-() const { return {x, -y}; }
  /// Montgomery form as a file has it.
  static Affine load(const uint8_t* bytes) { return {F::load(bytes), F::load(bytes + sizeof(F))}; }
};

/// (X / Z^2, Y / Z^3); Z = 0 is infinity.
template <class F>
struct Jacobian {
  F x, y, z;

  static Jacobian infinity() { return {F::one(), F::one(), F::zero()}; }
  static Jacobian of(const Affine<F>& p) { return p.isInfinity() ? infinity() : Jacobian{p.x, p.y, F::one()}; }
  bool isInfinity() const { return z.isZero(); }
  Jacobian operator-() const { return {x, -y, z}; }

  /// dbl-2009-l of the Explicit-Formulas Database.
  Jacobian doubled() const {
    const F a = x.squared(), b = y.squared(), c = b.squared();
    const F d = ((x + b).squared() - a - c).doubled();
    const F e = a.doubled() + a, f = e.squared();
    const F x3 = f - d.doubled();
    return {x3, e * (d - x3) - c.doubled().doubled().doubled(), (y * z).doubled()};
  }
  /// add-2007-bl, complete by cases.
  Jacobian operator+(const Jacobian& o) const {
    if (isInfinity()) return o;
    if (o.isInfinity()) return *this;
    const F z1z1 = z.squared(), z2z2 = o.z.squared();
    return sum(x * z2z2, y * o.z * z2z2, o.x * z1z1, o.y * z * z1z1, z * o.z);
  }
  /// madd, complete by cases.
  Jacobian operator+(const Affine<F>& o) const {
    if (o.isInfinity()) return *this;
    if (isInfinity()) return of(o);
    const F z1z1 = z.squared();
    return sum(x, y, o.x * z1z1, o.y * z * z1z1, z);
  }
  Jacobian& operator+=(const Jacobian& o) { return *this = *this + o; }
  Jacobian& operator+=(const Affine<F>& o) { return *this = *this + o; }

  bool operator==(const Jacobian& o) const {
    if (isInfinity() || o.isInfinity()) return isInfinity() == o.isInfinity();
    const F z1z1 = z.squared(), z2z2 = o.z.squared();
    return x * z2z2 == o.x * z1z1 && y * o.z * z2z2 == o.y * z * z1z1;
  }

  Affine<F> affine() const {
    if (isInfinity()) return {F::zero(), F::zero()};
    const F inverse = z.inverse(), square = inverse.squared();
    return {x * square, y * square * inverse};
  }

  /// `scalar` times this, four bits at a time; `scalar` is not reduced.
  Jacobian operator*(const U256& scalar) const {
    Jacobian table[16] = {infinity(), *this};
    for (int i = 2; i < 16; i++) table[i] = i & 1 ? table[i - 1] + *this : table[i / 2].doubled();
    Jacobian out = infinity();
    for (int i = (static_cast<int>(scalar.bitLength()) + 3) / 4 - 1; i >= 0; i--) {
      for (int k = 0; k < 4; k++) out = out.doubled();
      out += table[scalar.bits(static_cast<unsigned>(4 * i), 4)];
    }
    return out;
  }

 private:
  /// (u1, s1) and (u2, s2) are both points on the common denominator zz.
  Jacobian sum(const F& u1, const F& s1, const F& u2, const F& s2, const F& zz) const {
    const F h = u2 - u1, r = s2 - s1;
    if (h.isZero()) return r.isZero() ? doubled() : infinity();
    const F hh = h.squared(), hhh = h * hh, v = u1 * hh;
    const F x3 = r.squared() - hhh - v.doubled();
    return {x3, r * (v - x3) - s1 * hhh, zz * h};
  }
};

/// Affine forms of `count` points with one inversion. `scratch` has room for 2 `count` elements.
template <class F>
void toAffine(const Jacobian<F>* points, Affine<F>* out, F* scratch, size_t count) {
  F* inverses = scratch + count;
  for (size_t i = 0; i < count; i++) inverses[i] = points[i].z;
  invertAll(inverses, scratch, count);
  for (size_t i = 0; i < count; i++) {
    const F square = inverses[i].squared();
    out[i] = {points[i].x * square, points[i].y * square * inverses[i]};
  }
}

using G1 = Affine<Fq>;
using G2 = Affine<Fq2>;

/// Coefficient b of the curve over F, and the usual generator.
template <class F>
struct CurveOf;
template <>
struct CurveOf<Fq> {
  static Fq b() { return Fq::of(3); }
  static G1 generator() { return {Fq::of(1), Fq::of(2)}; }
};
template <>
struct CurveOf<Fq2> {
  static Fq2 b() { return Fq2{Fq::of(3), Fq::zero()} * Fq2{Fq::of(9), Fq::of(1)}.inverse(); }
  static G2 generator() {
    return {{Fq::of(U256{{0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76}}),
             Fq::of(U256{{0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a}})},
            {Fq::of(U256{{0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb}}),
             Fq::of(U256{{0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075}})}};
  }
};

/// Infinity is on the curve. That a point of G2 is in the subgroup of order r is not asked here.
template <class F>
bool isOnCurve(const Affine<F>& p) {
  return p.isInfinity() || p.y.squared() == p.x.squared() * p.x + CurveOf<F>::b();
}

}  // namespace provega

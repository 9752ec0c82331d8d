/// Fq2 = Fq[u] / (u^2 + 1), the coordinates of G2.
#pragma once

#include "field.hpp"

namespace provega {

struct Fq2 {
  Fq a, b;  // a + b u

  bool operator==(const Fq2& o) const { return a == o.a && b == o.b; }
  bool isZero() const { return a.isZero() && b.isZero(); }
  static constexpr Fq2 zero() { return {}; }
  static constexpr Fq2 one() { return {Fq::one(), Fq::zero()}; }

  Fq2 operator+(const Fq2& o) const { return {a + o.a, b + o.b}; }
  Fq2 operator-(const Fq2& o) const { return {a - o.a, b - o.b}; }
  Fq2 operator-() const { return {-a, -b}; }
  Fq2 doubled() const { return {a.doubled(), b.doubled()}; }
  Fq2 operator*(const Fq2& o) const {
    const Fq aa = a * o.a, bb = b * o.b;
    return {aa - bb, (a + b) * (o.a + o.b) - aa - bb};
  }
  Fq2 operator*(const Fq& k) const { return {a * k, b * k}; }
  Fq2 squared() const { return {(a + b) * (a - b), (a * b).doubled()}; }
  Fq2& operator+=(const Fq2& o) { return *this = *this + o; }
  Fq2& operator-=(const Fq2& o) { return *this = *this - o; }
  Fq2& operator*=(const Fq2& o) { return *this = *this * o; }
  Fq2 conjugate() const { return {a, -b}; }
  /// 0 for 0.
  Fq2 inverse() const {
    const Fq norm = (a.squared() + b.squared()).inverse();
    return {a * norm, -(b * norm)};
  }

  static Fq2 load(const uint8_t* bytes) { return {Fq::load(bytes), Fq::load(bytes + 32)}; }
};

}  // namespace provega

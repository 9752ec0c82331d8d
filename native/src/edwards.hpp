/// The twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2, in extended coordinates, over any field arithmetic.
///
/// Formulas of Hisil, Wong, Carter and Dawson (https://eprint.iacr.org/2008/522), sections 3.1 and 3.3. With -1 a
/// square and d none they have no exceptions: for points of the curve no denominator is ever 0.
/// `F` may reduce lazily: products below 2 p, differences of at most 4 p more than the minuend, factors up to 8 p.
#pragma once

namespace provega::edwards {

/// (X : Y : Z) for (X / Z, Y / Z): enough for doubling.
template <class F>
struct Projective {
  F x, y, z;
};

/// With T = X Y / Z.
template <class F>
struct Extended {
  F x, y, z, t;
  Projective<F> projective() const { return {x, y, z}; }
};

/// A point before its last multiplications: (E : F) and (H : G) are x and y.
template <class F>
struct Completed {
  F e, f, g, h;
  Projective<F> projective() const { return {e * f, g * h, f * g}; }
  Extended<F> extended() const { return {e * f, g * h, f * g, e * h}; }
};

/// A summand made ready: Y - X, Y + X, 2 d T, 2 Z.
template <class F>
struct Summand {
  F minus, plus, t, z;
};

/// One with Z = 1.
template <class F>
struct AffineSummand {
  F minus, plus, t;
};

template <class F>
Summand<F> summand(const Extended<F>& p, const F& twiceD) {
  return {p.y - p.x, p.y + p.x, p.t * twiceD, p.z + p.z};
}

namespace detail {

/// `zz` is twice the product of both Z.
template <class F>
Completed<F> sum(const Extended<F>& p, const F& minus, const F& plus, const F& t, const F& zz) {
  const F a = (p.y - p.x) * minus, b = (p.y + p.x) * plus, c = p.t * t;
  return {b - a, zz - c, zz + c, b + a};
}

}  // namespace detail

template <class F>
Completed<F> sum(const Extended<F>& p, const Summand<F>& q) {
  return detail::sum(p, q.minus, q.plus, q.t, p.z * q.z);
}

template <class F>
Completed<F> sum(const Extended<F>& p, const AffineSummand<F>& q) {
  return detail::sum(p, q.minus, q.plus, q.t, p.z + p.z);
}

/// All four coordinates have the other sign than in the paper: they mean the same point, and stay smaller.
template <class F>
Completed<F> doubled(const Projective<F>& p) {
  const F a = p.x.squared(), b = p.y.squared(), h = a + b, zz = p.z.squared();
  return {(p.x + p.y).squared() - h, zz + zz + a - b, b - a, h};
}

}  // namespace provega::edwards

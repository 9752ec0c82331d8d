#include "babyjub-lanes.hpp"
#include "lanes.hpp"

namespace provega::ifma {

namespace {

using edwards::doubled;
using edwards::sum;
using Element = Lanes<ScalarModulus>;
using Extended = edwards::Extended<Element>;
using Summand = edwards::Summand<Element>;
using AffineSummand = edwards::AffineSummand<Element>;

constexpr size_t MULTIPLES = 1 << (babyjub::WIDTH - 1);

Element constant(const LaneConstant& x) {
  return Element::constant({{x.limbs[0], x.limbs[1], x.limbs[2], x.limbs[3], x.limbs[4]}});
}

Mask isZero(const Element& x) {
  const Element c = x.canonical();
  Vec any = c.v[0];
  for (int i = 1; i < 5; i++) any = _mm512_or_si512(any, c.v[i]);
  return _mm512_testn_epi64_mask(any, any);
}
Mask areEqual(const Element& x, const Element& y) { return isZero(x - y); }

/// Signed digits of eight lanes.
struct Signed {
  Vec magnitude;
  Mask isNegative, isZero;

  explicit Signed(const int64_t* digits) {
    const Vec all = _mm512_loadu_si512(digits);
    magnitude = _mm512_abs_epi64(all);
    isNegative = _mm512_movepi64_mask(all);
    isZero = _mm512_testn_epi64_mask(all, all);
  }
};

/// `from` in lane i, and each next limb `stride` words on.
Element gathered(const uint64_t* table, Vec from, size_t stride) {
  Element out;
  for (size_t limb = 0; limb < 5; limb++) out.v[limb] = _mm512_i64gather_epi64(from, table + limb * stride, 8);
  return out;
}

/// Changes the sign of the summand where asked.
void negateWhere(Mask mask, Element& minus, Element& plus, Element& t) {
  const Element old = minus;
  minus = Element::select(mask, plus, minus);
  plus = Element::select(mask, old, plus);
  t = Element::select(mask, Element::zero() - t, t);
}

/// Of `multiples` 0, 1, ... the one each lane's digit says.
Summand chosen(const Summand* multiples, const Signed& digit) {
  const auto* table = reinterpret_cast<const uint64_t*>(multiples);
  constexpr size_t LANES = EightSums::LANES, ELEMENT = sizeof(Element) / 8, SUMMAND = sizeof(Summand) / 8;
  const Vec lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  const Vec from = _mm512_add_epi64(_mm512_mullo_epi64(digit.magnitude, splat(SUMMAND)), lane);
  Summand out = {gathered(table, from, LANES), gathered(table + ELEMENT, from, LANES),
                 gathered(table + 2 * ELEMENT, from, LANES), gathered(table + 3 * ELEMENT, from, LANES)};
  negateWhere(digit.isNegative, out.minus, out.plus, out.t);
  return out;
}

/// The same of the generator, whose multiples begin with 1.
AffineSummand chosen(const LaneSummand* multiples, const Signed& digit) {
  const auto* table = reinterpret_cast<const uint64_t*>(multiples);
  constexpr size_t ELEMENT = sizeof(LaneConstant) / 8;
  const Vec index = _mm512_maskz_sub_epi64(static_cast<Mask>(~digit.isZero), digit.magnitude, splat(1));
  const Vec from = _mm512_mullo_epi64(index, splat(sizeof(LaneSummand) / 8));
  AffineSummand out = {gathered(table, from, 1), gathered(table + ELEMENT, from, 1),
                       gathered(table + 2 * ELEMENT, from, 1)};
  negateWhere(digit.isNegative, out.minus, out.plus, out.t);
  const Element zero = Element::zero(), one = Element::one();
  return {Element::select(digit.isZero, one, out.minus), Element::select(digit.isZero, one, out.plus),
          Element::select(digit.isZero, zero, out.t)};
}

}  // namespace

uint8_t areSums(const LaneCurve& curve, const EightSums& sums) {
  const Element zero = Element::zero(), one = Element::one();
  const Element stretch = constant(curve.stretch), twiceD = constant(curve.twiceD);
  const Element x = Element::load(sums.aX).entered() * stretch, y = Element::load(sums.aY).entered();
  Extended p = {x, y, one, x * y};
  for (int i = 0; i < 3; i++) p = doubled(p.projective()).extended();
  const Mask isSmall = isZero(p.x) & areEqual(p.y, p.z);

  Summand multiples[MULTIPLES + 1] = {{one, one, zero, one + one}, summand(p, twiceD)};
  for (size_t i = 2; i <= MULTIPLES; i++) {
    p = sum(p, multiples[1]).extended();
    multiples[i] = summand(p, twiceD);
  }
  p = {zero, one, one, zero};
  for (unsigned i = EightSums::H_DIGITS; i-- > 0;) {
    edwards::Projective<Element> q = p.projective();
    for (unsigned k = 1; k < babyjub::WIDTH; k++) q = doubled(q).projective();
    p = sum(doubled(q).extended(), chosen(multiples, Signed(sums.h[i]))).extended();
  }
  for (unsigned i = 0; i < EightSums::S_DIGITS; i++)
    p = sum(p, chosen(curve.base + i * babyjub::BASE_MULTIPLES, Signed(sums.s[i]))).extended();

  const Element rX = Element::load(sums.rX).entered() * stretch, rY = Element::load(sums.rY).entered();
  return areEqual(p.x, rX * p.z) & areEqual(p.y, rY * p.z) & static_cast<Mask>(~isSmall);
}

}  // namespace provega::ifma

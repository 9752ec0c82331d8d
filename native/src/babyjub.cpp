#include "babyjub.hpp"

#include <algorithm>

#include "babyjub-lanes.hpp"
#include "cpu.hpp"

namespace provega::babyjub {

namespace {

using edwards::doubled;
using edwards::sum;
using Completed = edwards::Completed<Fr>;
using Summand = edwards::Summand<Fr>;

Extended neutral() { return {Fr::zero(), Fr::one(), Fr::one(), Fr::zero()}; }

Extended extended(const Point& p) {
  const Fr x = p.x * constants().stretch;
  return {x, p.y, Fr::one(), x * p.y};
}

Point affine(const Extended& p) {
  const Fr inverse = p.z.inverse();
  return {p.x * inverse * constants().shrink, p.y * inverse};
}

Extended negated(const Extended& p) { return {-p.x, p.y, p.z, -p.t}; }
Summand negated(const Summand& q) { return {q.plus, q.minus, -q.t, q.z}; }
AffineSummand negated(const AffineSummand& q) { return {q.plus, q.minus, -q.t}; }

/// Adds |digit| times a point, or takes it away; `multiples` begins with 1 times.
template <class S>
Extended plus(const Extended& p, const S* multiples, int digit) {
  if (digit == 0) return p;
  return sum(p, digit > 0 ? multiples[digit - 1] : negated(multiples[-digit - 1])).extended();
}

Extended times(const Extended& p, const U256& scalar) {
  Summand multiples[1 << (WIDTH - 1)];
  Extended multiple = p;
  for (Summand& each : multiples) {
    each = summand(multiple, constants().twiceD);
    multiple = sum(multiple, multiples[0]).extended();
  }
  const Digits<WIDTH> digits(scalar);
  unsigned i = digits.COUNT;
  while (i > 0 && digits.at[i - 1] == 0) i--;
  Extended out = neutral();
  while (i-- > 0) {
    for (unsigned k = 1; k < WIDTH; k++) {
      const edwards::Projective<Fr> half = doubled(out.projective()).projective();
      out.x = half.x, out.y = half.y, out.z = half.z;
    }
    out = plus(doubled(out.projective()).extended(), multiples, digits.at[i]);
  }
  return out;
}

Extended plusBase(Extended p, const U256& scalar) {
  const AffineSummand* multiples = baseTable().data();
  const Digits<BASE_WIDTH> digits(scalar);
  for (unsigned i = 0; i < BASE_DIGITS; i++) p = plus(p, multiples + i * BASE_MULTIPLES, digits.at[i]);
  return p;
}

Extended timesEight(Extended p) {
  for (int i = 0; i < 3; i++) p = doubled(p.projective()).extended();
  return p;
}

std::vector<AffineSummand> makeBaseTable() {
  std::vector<Extended> points;
  Extended base = extended(constants().base);
  for (unsigned i = 0; i < BASE_DIGITS; i++) {
    const Summand step = summand(base, constants().twiceD);
    for (unsigned j = 0; j < BASE_MULTIPLES; j++, base = sum(base, step).extended()) points.push_back(base);
    base = doubled(points.back().projective()).extended();
  }
  std::vector<Fr> inverses, scratch(points.size());
  for (const Extended& p : points) inverses.push_back(p.z);
  invertAll(inverses.data(), scratch.data(), inverses.size());
  std::vector<AffineSummand> out;
  for (size_t i = 0; i < points.size(); i++) {
    const Fr x = points[i].x * inverses[i], y = points[i].y * inverses[i];
    out.push_back({y - x, y + x, x * y * constants().twiceD});
  }
  return out;
}

const LaneCurve& laneCurve() {
  static const std::vector<LaneSummand> table = [] {
    std::vector<LaneSummand> out;
    for (const AffineSummand& each : baseTable())
      out.push_back({LaneConstant::of(each.minus), LaneConstant::of(each.plus), LaneConstant::of(each.t)});
    return out;
  }();
  static const LaneCurve all{LaneConstant::of(constants().stretch), LaneConstant::of(constants().twiceD), table.data()};
  return all;
}

/// Lanes beyond `count` repeat the first.
EightSums eightSums(const Sum* sums, size_t count) {
  EightSums out;
  for (size_t lane = 0; lane < EightSums::LANES; lane++) {
    const Sum& each = sums[lane < count ? lane : 0];
    out.aX[lane] = each.a.x, out.aY[lane] = each.a.y;
    out.rX[lane] = each.r.x, out.rY[lane] = each.r.y;
    const Digits<WIDTH> h(each.h);
    const Digits<BASE_WIDTH> s(each.s);
    for (unsigned i = 0; i < EightSums::H_DIGITS; i++) out.h[i][lane] = -h.at[i];
    for (unsigned i = 0; i < EightSums::S_DIGITS; i++) out.s[i][lane] = s.at[i];
  }
  return out;
}

}  // namespace

const Constants& constants() {
  static const Constants all = [] {
    const Fr a = Fr::of(168700), d = Fr::of(168696);
    const Fr root = Fr::of(U256{{0x6c7be2c1d8b2d768, 0x74a5f6ca321ea117, 0x2c7ac0ce84e61177, 0x0e0ff35005d6e54b}});
    const Point base = {Fr::of(U256{{0x2893f3f6bb957051, 0x2ab8d8010534e0b6, 0x4eacb2e09d6277c1, 0x0bb77a6ad63e739b}}),
                        Fr::of(U256{{0x4b3c257a872d7d8b, 0xfce0051fb9e13377, 0x25572e1cd16bf9ed, 0x25797203f7a0b249}})};
    return Constants{a, d, root, root.inverse(), (-d * a.inverse()).doubled(), base};
  }();
  return all;
}

const std::vector<AffineSummand>& baseTable() {
  static const std::vector<AffineSummand> table = makeBaseTable();
  return table;
}

bool isOnCurve(const Point& p) {
  const Fr xx = p.x.squared(), yy = p.y.squared();
  return constants().a * xx + yy == Fr::one() + constants().d * xx * yy;
}

Point multiply(const Point& p, const U256& scalar) { return affine(times(extended(p), scalar)); }

Point multiplyBase(const U256& scalar) { return affine(plusBase(neutral(), Scalar::of(scalar).integer())); }

bool isSum(const Sum& sum) {
  const Extended eightA = timesEight(extended(sum.a));
  if (eightA.x.isZero() && eightA.y == eightA.z) return false;
  const Extended difference = plusBase(times(negated(eightA), sum.h), sum.s);
  return difference.x == sum.r.x * constants().stretch * difference.z && difference.y == sum.r.y * difference.z;
}

void areSums(const Sum* sums, size_t count, bool* out) {
  for (size_t i = 0; i < count;) {
    const size_t some = std::min(count - i, EightSums::LANES);
    if (hasIfma() && some > 1) {
      const uint8_t holds = ifma::areSums(laneCurve(), eightSums(sums + i, some));
      for (size_t k = 0; k < some; k++) out[i + k] = holds >> k & 1;
    } else {
      for (size_t k = i; k < i + some; k++) out[k] = isSum(sums[k]);
    }
    i += some;
  }
}

}  // namespace provega::babyjub

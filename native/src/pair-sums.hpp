/// Sums of many pairs of affine points with one field inversion a block (Montgomery's trick), on any number of lanes.
///
/// V says what is computed with: `Point` (affine, in V's own form, coordinates canonical), `Element` (LANES field elements, not always canonical),
/// `Mask`. `V::difference` subtracts a sum of at most two canonical values; `V::tidy` makes canonical what the formulas here can give.
#pragma once

#include <cstddef>
#include <cstdint>

namespace provega {

/// Points are named by operands: twice their index, plus 1 for the negative.
using Operand = uint32_t;

/// Pairs that share an inversion: enough to hide it, few enough for points and products to stay in a core's own cache.
template <class V>
constexpr size_t BLOCK_GROUPS = 32'768 / (V::LANES * sizeof(typename V::Point) / 64 * 8);

template <class V>
struct PairScratch {
  struct Group {
    typename V::Element denominator, before;
    /// Lanes where the other point is infinity, where both are equal, and where they cancel.
    typename V::Mask leftOnly, rightOnly, doubles, cancels;
  };
  Group group[BLOCK_GROUPS<V>];
};

/// out[i] = points[operands[2 i]] + points[operands[2 i + 1]], complete: infinity, equal and opposite points included.
/// Works in whole groups: `operands` and `out` reach to the next multiple of LANES pairs, and `out` overlaps none of the operands.
template <class V>
void sumPairs(const typename V::Point* points, const Operand* operands, size_t pairs, typename V::Point* out,
              PairScratch<V>& scratch) {
  using Element = typename V::Element;
  using Mask = typename V::Mask;
  constexpr size_t LANES = V::LANES;
  const size_t groups = (pairs + LANES - 1) / LANES;

  for (size_t start = 0; start < groups; start += BLOCK_GROUPS<V>) {
    const size_t count = groups - start < BLOCK_GROUPS<V> ? groups - start : BLOCK_GROUPS<V>;
    const Operand* const operand = operands + 2 * LANES * start;

    Element product = V::one();
    for (size_t g = 0; g < count; g++) {
      auto& group = scratch.group[g];
      const typename V::Places left(points, operand + 2 * LANES * g, 0), right(points, operand + 2 * LANES * g, 1);
      if (g + 4 < count) V::prefetch(points, operand + 2 * LANES * (g + 4));
      const Element x1 = V::x(left), x2 = V::x(right);
      Element denominator = V::difference(x2, x1);
      group.leftOnly = group.rightOnly = group.doubles = group.cancels = Mask{};
      const Mask maybeInfinite1 = V::isZero(x1), maybeInfinite2 = V::isZero(x2), alike = V::equal(x1, x2);
      if (__builtin_expect(V::any(maybeInfinite1) || V::any(maybeInfinite2) || V::any(alike), 0)) {
        const Element y1 = V::tidy(V::y(left)), y2 = V::tidy(V::y(right));
        const Mask infinite1 = maybeInfinite1 & V::isZero(y1), infinite2 = maybeInfinite2 & V::isZero(y2);
        group.rightOnly = infinite1;
        group.leftOnly = V::andNot(infinite2, infinite1);
        const Mask finite = V::andNot(alike, infinite1 | infinite2);
        group.doubles = V::andNot(finite & V::equal(y1, y2), V::isZero(y1));
        group.cancels = V::andNot(finite, group.doubles);
        denominator = V::select(group.doubles, y1 + y1, denominator);
        denominator = V::select(group.leftOnly | group.rightOnly | group.cancels, V::one(), denominator);
      }
      group.denominator = denominator;
      group.before = product;
      product = product * denominator;
    }

    Element inverse = V::inverse(product);
    for (size_t g = count; g-- > 0;) {
      const auto& group = scratch.group[g];
      const typename V::Places left(points, operand + 2 * LANES * g, 0), right(points, operand + 2 * LANES * g, 1);
      const Element x1 = V::x(left), x2 = V::x(right), y1 = V::y(left), y2 = V::y(right);
      Element numerator = V::difference(y2, y1);
      if (__builtin_expect(V::any(group.doubles), 0)) {
        const Element square = x1.squared();
        numerator = V::select(group.doubles, V::tidy(square + square + square), numerator);
      }
      const Element slope = numerator * (inverse * group.before);
      inverse = inverse * group.denominator;
      Element x3 = V::tidy(V::difference(slope.squared(), x1 + x2));
      Element y3 = V::tidy(V::difference(slope * V::difference(x1, x3), y1));
      if (__builtin_expect(V::any(group.leftOnly) || V::any(group.rightOnly) || V::any(group.cancels), 0)) {
        x3 = V::select(group.leftOnly, x1, V::select(group.rightOnly, x2, V::select(group.cancels, V::zero(), x3)));
        y3 = V::select(group.leftOnly, V::tidy(y1),
                       V::select(group.rightOnly, V::tidy(y2), V::select(group.cancels, V::zero(), y3)));
      }
      V::store(out + LANES * (start + g), x3, y3);
    }
  }
}

/// out[i] = twice points[operands[i] / 2], complete. Works in whole groups, as `sumPairs` does.
template <class V>
void doublePoints(const typename V::Point* points, const Operand* operands, size_t count, typename V::Point* out,
                  PairScratch<V>& scratch) {
  using Element = typename V::Element;
  constexpr size_t LANES = V::LANES;
  const size_t groups = (count + LANES - 1) / LANES;

  for (size_t start = 0; start < groups; start += BLOCK_GROUPS<V>) {
    const size_t here = groups - start < BLOCK_GROUPS<V> ? groups - start : BLOCK_GROUPS<V>;
    Element product = V::one();
    for (size_t g = 0; g < here; g++) {
      auto& group = scratch.group[g];
      const typename V::Places places(points, operands + LANES * (start + g));
      const Element y = V::y(places);
      // There is no point of order 2: infinity alone has y = 0, and is its double.
      group.cancels = V::isZero(y);
      group.denominator = V::select(group.cancels, V::one(), y + y);
      group.before = product;
      product = product * group.denominator;
    }

    Element inverse = V::inverse(product);
    for (size_t g = here; g-- > 0;) {
      const auto& group = scratch.group[g];
      const typename V::Places places(points, operands + LANES * (start + g));
      const Element x = V::x(places), y = V::y(places), square = x.squared();
      const Element slope = V::tidy(square + square + square) * (inverse * group.before);
      inverse = inverse * group.denominator;
      Element x3 = V::tidy(V::difference(slope.squared(), x + x));
      Element y3 = V::tidy(V::difference(slope * V::difference(x, x3), y));
      if (__builtin_expect(V::any(group.cancels), 0)) {
        x3 = V::select(group.cancels, V::zero(), x3);
        y3 = V::select(group.cancels, V::zero(), y3);
      }
      V::store(out + LANES * (start + g), x3, y3);
    }
  }
}

}  // namespace provega

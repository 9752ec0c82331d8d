/// Baby Jubjub: 168700 x^2 + y^2 = 1 + 168696 x^2 y^2 over Fr, of order 8 l.
/// Not constant time: the secret of a trader is used on the trader's own machine.
#pragma once

#include <cstddef>
#include <vector>

#include "edwards.hpp"
#include "field.hpp"

namespace provega::babyjub {

/// Order l of the prime subgroup.
struct OrderModulus {
  static constexpr U256 VALUE = {{0x677297dc392126f1, 0xab3eedb83920ee0a, 0x370a08b6d0302b0b, 0x060c89ce5c263405}};
};
/// Integers modulo l.
using Scalar = Field<OrderModulus>;
inline constexpr U256 ORDER = OrderModulus::VALUE;
inline constexpr unsigned ORDER_BITS = 251;

/// In circomlib's coordinates.
struct Point {
  Fr x, y;
  bool operator==(const Point& o) const { return x == o.x && y == o.y; }
  bool isIdentity() const { return x.isZero() && y == Fr::one(); }
};

bool isOnCurve(const Point& p);
/// For points of the curve; `scalar` is not reduced, so the cofactor is honoured.
Point multiply(const Point& p, const U256& scalar);
/// `scalar` times circomlib's generator of the prime subgroup.
Point multiplyBase(const U256& scalar);

/// The equation of a signature, s B == r + h 8 a, of points of the curve and numbers below l.
struct Sum {
  U256 s;
  Point r;
  U256 h;
  Point a;
};
/// Whether it holds and `a` is not of small order.
bool isSum(const Sum& sum);
void areSums(const Sum* sums, size_t count, bool* out);

/// A scalar in signed digits of WIDTH bits, from -2^(WIDTH-1) to 2^(WIDTH-1) - 1, least significant first.
template <unsigned WIDTH>
struct Digits {
  static constexpr unsigned COUNT = 256 / WIDTH + 1;
  int16_t at[COUNT];

  explicit Digits(const U256& scalar) {
    int carry = 0;
    for (unsigned i = 0; i < COUNT; i++) {
      const int digit = static_cast<int>(scalar.bits(i * WIDTH, WIDTH)) + carry;
      carry = (digit + (1 << (WIDTH - 1))) >> WIDTH;
      at[i] = static_cast<int16_t>(digit - (carry << WIDTH));
    }
  }
};

/// Of a point that is not known before.
inline constexpr unsigned WIDTH = 4;
/// Of the generator, whose multiples are kept, 1 to 128 of each digit: half a megabyte, which fits a second cache.
inline constexpr unsigned BASE_WIDTH = 8;
inline constexpr unsigned BASE_DIGITS = ORDER_BITS / BASE_WIDTH + 1, BASE_MULTIPLES = 1 << (BASE_WIDTH - 1);

/// The curve that is computed on, -x'^2 + y^2 = 1 + d x'^2 y^2 with x' = sqrt(-168700) x.
using Extended = edwards::Extended<Fr>;
using AffineSummand = edwards::AffineSummand<Fr>;

/// 2^(8 i) (j + 1) times the generator at 128 i + j. Made when first asked for.
const std::vector<AffineSummand>& baseTable();

/// Made when first asked for: nothing of the field may run before the processor is known to have the instructions.
struct Constants {
  Fr a, d;
  /// x' / x, and its inverse.
  Fr stretch, shrink;
  /// Twice the coefficient of the curve that is computed on.
  Fr twiceD;
  Point base;
};
const Constants& constants();

}  // namespace provega::babyjub

/// Number-theoretic transforms over the scalar field, for the quotient polynomial of Groth16.
///
/// A list of n elements is kept as n / LANES blocks: place (block j, lane l) is number l n / LANES + j. So all but three rounds of a transform
/// treat the lanes alike. Coefficients are in bit-reversed order: nothing is ever sorted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "field.hpp"

namespace provega {

/// V says what is computed with: `Element` (LANES values, below 2 p), `Factor` (one value, stored), `Rotation` (LANES factors).
template <class V>
struct Transform {
  using Element = typename V::Element;
  using Factor = typename V::Factor;

  /// Two rounds on the blocks [0, 4 q), first across 2 q, then across q, on the numbers `begin` to `end` of each quarter.
  /// factors[h + t] is the t-th power of the root of order 2 h.
  static void split(Element* x, const Factor* factors, size_t q, size_t begin, size_t end) {
    for (size_t t = begin; t < end; t++) {
      const Element x0 = x[t], x1 = x[t + q], x2 = x[t + 2 * q], x3 = x[t + 3 * q];
      const Element s0 = x0 + x2, s1 = x1 + x3;
      const Element d0 = V::difference(x0, x2) * V::spread(factors[2 * q + t]);
      const Element d1 = V::difference(x1, x3) * V::spread(factors[3 * q + t]);
      const Element between = V::spread(factors[q + t]);
      x[t] = V::settle(s0 + s1);
      x[t + q] = (s0 - s1) * between;
      x[t + 2 * q] = V::settle(d0 + d1);
      x[t + 3 * q] = V::difference(d0, d1) * between;
    }
  }
  /// One round, across h.
  static void splitOnce(Element* x, const Factor* factors, size_t h) {
    for (size_t t = 0; t < h; t++) {
      const Element a = x[t], b = x[t + h];
      x[t] = V::settle(a + b);
      x[t + h] = V::difference(a, b) * V::spread(factors[h + t]);
    }
  }
  /// All rounds on `size` blocks, a power of two.
  static void splitAll(Element* x, const Factor* factors, size_t size) {
    if (size == 2) splitOnce(x, factors, 1);
    if (size <= 2) return;
    split(x, factors, size / 4, 0, size / 4);
    for (size_t i = 0; i < 4; i++) splitAll(x + i * (size / 4), factors, size / 4);
  }

  /// The same backwards: first across q, then across 2 q.
  static void join(Element* x, const Factor* factors, size_t q, size_t begin, size_t end) {
    for (size_t t = begin; t < end; t++) {
      const Element between = V::spread(factors[q + t]);
      const Element x0 = x[t], x1 = x[t + q] * between, x2 = x[t + 2 * q], x3 = x[t + 3 * q] * between;
      const Element u2 = (x2 + x3) * V::spread(factors[2 * q + t]), u3 = V::difference(x2, x3) * V::spread(factors[3 * q + t]);
      const Element u0 = x0 + x1, u1 = V::difference(x0, x1);
      x[t] = V::settle(u0 + u2);
      x[t + 2 * q] = V::settle(V::difference(u0, u2));
      x[t + q] = V::settle(u1 + u3);
      x[t + 3 * q] = V::settle(V::difference(u1, u3));
    }
  }
  static void joinOnce(Element* x, const Factor* factors, size_t h) {
    for (size_t t = 0; t < h; t++) {
      const Element a = x[t], b = x[t + h] * V::spread(factors[h + t]);
      x[t] = V::settle(a + b);
      x[t + h] = V::settle(V::difference(a, b));
    }
  }
  static void joinAll(Element* x, const Factor* factors, size_t size) {
    if (size <= 1) return;
    if (size == 2) return joinOnce(x, factors, 1);
    for (size_t i = 0; i < 4; i++) joinAll(x + i * (size / 4), factors, size / 4);
    join(x, factors, size / 4, 0, size / 4);
  }
};

/// What a transform of one size needs besides its data. `factors` of a direction as in `Transform::split`.
struct TransformTables {
  const void *inverse, *forward;
  /// By block: (root of order 2 n)^(LANES reversed(j)) / n, which moves to the odd coset.
  const void* coset;
};

/// The arithmetic of transforms, chosen for the processor at run time. Data are opaque blocks of `blockBytes`; `from` and `to` count blocks.
struct TransformKernel {
  size_t lanes, blockBytes, factorBytes;
  /// Stores factors given in R = 2^256.
  void (*tabulate)(const Fr* in, size_t count, void* out);
  /// Blocks of a list of `size` elements in R = 2^256.
  void (*load)(const Fr* in, size_t size, size_t from, size_t to, void* x);
  void (*multiply)(const void* a, const void* b, size_t from, size_t to, void* out);
  /// The rounds across lanes, first of all when splitting, last when joining. `start` and `step`: the lanes' factors at block `from`
  /// and from a block to the next. `eighths`: powers of the root of order LANES.
  void (*splitLanes)(void* x, size_t from, size_t to, const Fr* start, const Fr* step, const Fr* eighths);
  void (*joinLanes)(void* x, size_t from, size_t to, const Fr* start, const Fr* step, const Fr* eighths);
  void (*split)(void* x, const void* factors, size_t q, size_t begin, size_t end);
  void (*splitAll)(void* x, const void* factors, size_t size);
  void (*join)(void* x, const void* factors, size_t q, size_t begin, size_t end);
  void (*joinAll)(void* x, const void* factors, size_t size);
  /// Multiplies block j by coset[j] and lane l by perLane[l].
  void (*shift)(void* x, const void* coset, const Fr* perLane, size_t from, size_t to);
  /// a b - c as integers below r.
  void (*finish)(const void* a, const void* b, const void* c, size_t size, size_t from, size_t to, U256* out);
};

const TransformKernel& transformKernel();
namespace ifma {
extern const TransformKernel TRANSFORM_KERNEL;
}

}  // namespace provega

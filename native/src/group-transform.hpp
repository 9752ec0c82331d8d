/// The Fourier transform of points: from powers of a secret number, times the generator, to Lagrange polynomials at it.
#pragma once

#include <functional>

#include "combinations.hpp"
#include "roots.hpp"

namespace provega {

/// out[i] = scalar points[i], on all cores.
template <class F>
void scaleAll(const Affine<F>* points, size_t count, const U256& scalar, Affine<F>* out) {
  parallelRanges(count, Combinations<F>::shareOf(count), [&](size_t begin, size_t end) {
    Combinations<F> multiples;
    for (size_t i = begin; i < end; i++) multiples.add(static_cast<uint32_t>(i - begin), points[i], scalar);
    multiples.evaluate(end - begin, out + begin);
  });
}

/// Replaces 2^bits points P_k by Q_i = Σ w^(-ik) P_k, where w has order 2^bits: the inverse transform less its
/// division by 2^bits. Cooley and Tukey's, on all cores.
template <class F>
class GroupTransform {
 public:
  /// At most MAX_ROOT_BITS.
  explicit GroupTransform(unsigned bits) : bits_(bits), roots_((size_t{1} << bits) / 2) {
    const Fr step = rootOfUnity(bits).inverse();
    Fr root = Fr::one();
    for (U256& each : roots_) {
      each = root.integer();
      root *= step;
    }
  }

  /// `advance` gets the number of butterflies that have been done since it was last called.
  void run(Affine<F>* points, const std::function<void(uint64_t)>& advance) const {
    const size_t count = size_t{1} << bits_;
    for (size_t i = 0; i < count; i++) {
      const size_t other = reversed(i);
      if (i < other) std::swap(points[i], points[other]);
    }
    for (unsigned stage = 1; stage <= bits_; stage++) {
      parallelRanges(count / 2, Combinations<F>::shareOf(count / 2),
                     [&](size_t begin, size_t end) { butterflies(points, stage, begin, end); });
      advance(count / 2);
    }
  }

 private:
  size_t reversed(size_t i) const {
    size_t out = 0;
    for (unsigned bit = 0; bit < bits_; bit++) out |= (i >> bit & 1) << (bits_ - 1 - bit);
    return out;
  }

  /// Butterflies number `begin` to `end` - 1 of a stage: (u, v) becomes (u + w v, u - w v).
  void butterflies(Affine<F>* points, unsigned stage, size_t begin, size_t end) const {
    const size_t half = size_t{1} << (stage - 1), stride = roots_.size() / half, count = end - begin;
    const auto upper = [&](size_t i) { return (begin + i) / half * 2 * half + (begin + i) % half; };
    Combinations<F> products;
    for (size_t i = 0; i < count; i++)
      products.add(static_cast<uint32_t>(i), points[upper(i) + half], roots_[(begin + i) % half * stride]);
    std::vector<Affine<F>> turned(count);
    products.evaluate(count, turned.data());

    KernelPoints<F> work(4 * count);
    std::vector<Operand> pairs;
    for (size_t i = 0; i < count; i++) {
      work[2 * i] = KernelPoints<F>::entered(points[upper(i)]);
      work[2 * i + 1] = KernelPoints<F>::entered(turned[i]);
      const Operand u = static_cast<Operand>(4 * i), v = u + 2, minusV = u + 3;
      pairs.insert(pairs.end(), {u, v, u, minusV});
    }
    work.sum(pairs, 2 * count);
    for (size_t i = 0; i < count; i++) {
      points[upper(i)] = KernelPoints<F>::left(work[2 * count + 2 * i]);
      points[upper(i) + half] = KernelPoints<F>::left(work[2 * count + 2 * i + 1]);
    }
  }

  unsigned bits_;
  /// w^0, w^-1, ..., half of them.
  std::vector<U256> roots_;
};

}  // namespace provega

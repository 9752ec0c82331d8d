/// Multiples of a generator from a table of its digit multiples: one addition per digit, no doubling.
#pragma once

#include <algorithm>

#include "kernel-points.hpp"
#include "parallel.hpp"

namespace provega {

template <class F>
class FixedBase {
 public:
  /// A table fit for about `count` multiples, made on all cores.
  explicit FixedBase(size_t count) : bits_(windowFor(count)), digits_(digitsFor(bits_)), table_(1 + digits_ * row()) {
    table_[0] = {F::zero(), F::zero()};
    std::vector<Affine<F>> bases(digits_);
    Jacobian<F> base = Jacobian<F>::of(CurveOf<F>::generator());
    for (Affine<F>& each : bases) {
      each = base.affine();
      for (unsigned i = 0; i < bits_; i++) base = base.doubled();
    }
    parallelFor(digits_, [&](size_t digit) { fill(&table_[1 + digit * row()], bases[digit]); });
  }

  /// out[i] = scalars[i] times the generator, for scalars below r. On one core.
  void multiply(const U256* scalars, size_t count, Affine<F>* out) const {
    KernelPoints<F> points((digits_ + 2) * std::min(count, BATCH));
    for (size_t first = 0; first < count; first += BATCH)
      multiplyBatch(scalars + first, std::min(BATCH, count - first), out + first, points);
  }

 private:
  /// For a scalar's 254 bits and the last carry; an even number, so that no digit is left over in the first pairs.
  static constexpr unsigned digitsFor(unsigned bits) { return (254 + 2 * bits) / (2 * bits) * 2; }
  /// Multiples made together: enough to share inversions, few enough for their sums to stay in the cache.
  static constexpr size_t BATCH = 512;
  /// The first entries of a row, made one by one.
  static constexpr size_t FIRST = 8;
  static constexpr unsigned MIN_BITS = 4, MAX_BITS = 16;

  /// The width with the fewest additions for the table and `count` multiples.
  static unsigned windowFor(size_t count) {
    unsigned best = MIN_BITS;
    const auto cost = [&](unsigned bits) { return digitsFor(bits) * (count + (size_t{1} << (bits - 1))); };
    for (unsigned bits = MIN_BITS + 1; bits <= MAX_BITS; bits++)
      if (cost(bits) < cost(best)) best = bits;
    return best;
  }
  size_t row() const { return size_t{1} << (bits_ - 1); }

  /// entries[i] = (i + 1) base. Those that are there, plus the last of them, are as many again.
  void fill(Affine<F>* entries, const Affine<F>& base) {
    Jacobian<F> multiple = Jacobian<F>::of(base);
    for (size_t i = 0; i < FIRST; i++, multiple += base) entries[i] = KernelPoints<F>::entered(multiple.affine());
    KernelPoints<F> sums(row() / 2);
    std::vector<Operand> pairs;
    for (size_t done = FIRST; done < row(); done *= 2) {
      pairs.clear();
      for (size_t i = 0; i < done; i++) {
        pairs.push_back(static_cast<Operand>(2 * i));
        pairs.push_back(static_cast<Operand>(2 * (done - 1)));
      }
      sums.sum(pairs, 0, entries);
      std::copy_n(&sums[0], done, entries + done);
    }
  }

  /// Where the table has each scalar's digits: all scalars' lowest, then all second ones, and so on.
  std::vector<Operand> columnsOf(const U256* scalars, size_t count) const {
    std::vector<Operand> columns(digits_ * count);
    for (size_t i = 0; i < count; i++) {
      size_t carry = 0;
      for (unsigned digit = 0; digit < digits_; digit++) {
        size_t value = scalars[i].bits(digit * bits_, bits_) + carry;
        carry = value > row();
        if (carry) value = 2 * row() - value;
        if (value > 0) columns[digit * count + i] = static_cast<Operand>(2 * (digit * row() + value) + carry);
      }
    }
    return columns;
  }

  /// Columns are summed in pairs until one is left.
  void multiplyBatch(const U256* scalars, size_t count, Affine<F>* out, KernelPoints<F>& points) const {
    std::vector<Operand> columns = columnsOf(scalars, count), pairs;
    const Affine<F>* from = table_.data();
    for (size_t left = digits_, used = 0; left > 1; left = (left + 1) / 2) {
      pairs.clear();
      for (size_t i = 0; i + 1 < left; i += 2)
        for (size_t k = i * count; k < (i + 1) * count; k++)
          pairs.insert(pairs.end(), {columns[k], columns[k + count]});
      points.sum(pairs, used, from);
      from = &points[0];
      const size_t sums = left / 2 * count;
      if (left % 2) std::copy_n(&columns[(left - 1) * count], count, &columns[sums]);
      for (size_t i = 0; i < sums; i++) columns[i] = static_cast<Operand>(2 * used++);
    }
    for (size_t i = 0; i < count; i++) out[i] = KernelPoints<F>::left(points[columns[i] / 2]);
  }

  unsigned bits_, digits_;
  /// Infinity, then for digit i and d = 1 to 2^(bits - 1): d 2^(bits i) times the generator. Digits are signed.
  Aligned<Affine<F>> table_;
};

}  // namespace provega

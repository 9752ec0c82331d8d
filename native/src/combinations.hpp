/// Sums of multiples of points, many sums side by side: each has its own points and scalars, and all share inversions.
#pragma once

#include <algorithm>
#include <array>

#include "endomorphism.hpp"
#include "kernel-points.hpp"
#include "parallel.hpp"

namespace provega {

/// Calls visit(bit, digit) for the digits of x = Σ digit 2^bit, lowest first: odd, below 2^(width - 1) in magnitude,
/// and at least `width` bits apart (wNAF). x is below 2^255.
template <class Visit>
void visitDigits(U256 x, unsigned width, const Visit& visit) {
  const auto shift = [&](unsigned by) {
    for (int i = 0; i < 4; i++) x.w[i] = x.w[i] >> by | (i < 3 ? x.w[i + 1] << 1 << (63 - by) : 0);
  };
  for (unsigned bit = 0; !x.isZero();) {
    if (x.w[0] == 0) {
      x = {{x.w[1], x.w[2], x.w[3], 0}};
      bit += 64;
      continue;
    }
    const unsigned zeros = static_cast<unsigned>(__builtin_ctzll(x.w[0]));
    shift(zeros);
    bit += zeros;
    const int bits = static_cast<int>(x.w[0] & ((1u << width) - 1)), half = 1 << (width - 1);
    const int digit = bits < half ? bits : bits - 2 * half;
    if (digit > 0) subtract(x, x, U256{{static_cast<uint64_t>(digit), 0, 0, 0}});
    else add(x, x, U256{{static_cast<uint64_t>(-digit), 0, 0, 0}});
    visit(bit, digit);
  }
}

/// Straus's method. Bit by bit from the top, every sum is doubled and takes the points whose scalars have a digit
/// there. A thread's workplace: terms come in, `evaluate` gives the sums and forgets them.
template <class F>
class Combinations {
 public:
  /// Most terms and most sums between two evaluations.
  static constexpr size_t CAPACITY = sizeof(F) == sizeof(Fq) ? 2048 : 1024;
  /// Each core's share of so many terms, as far as a workplace takes it.
  static size_t shareOf(size_t terms) { return std::clamp<size_t>(terms / threadCount(), 1, CAPACITY); }

  /// Adds scalar times point, for a scalar below r, to a sum below CAPACITY. Sums come in ascending order. The point is
  /// of order r: of any other, which only a broken file has, some multiple is taken.
  void add(uint32_t sum, const Affine<F>& point, const U256& scalar) {
    terms_++;
    if (point.isInfinity() || scalar.isZero()) return;
    const SignedInteger x = shorter(scalar);
    if (weight(x.magnitude) <= LIGHT) {
      const size_t place = CAPACITY - ++lights_;
      points_[place] = KernelPoints<F>::entered(point);
      addDigits(sum, x, 2, place);
    } else {
      const HalfScalars halves = halve(scalar);
      points_[heavies_] = KernelPoints<F>::entered(point);
      addDigits(sum, halves.low, WIDTH, heavies_);
      addDigits(sum, halves.high, WIDTH, IMAGES * CAPACITY + heavies_);
      heavies_++;
    }
  }

  /// Since the last evaluation.
  size_t terms() const { return terms_; }

  /// The first `count` sums.
  void evaluate(size_t count, Affine<F>* out) {
    makeMultiples();
    state_.assign(count, NONE);
    for (size_t bit = events_.size(); bit-- > 0;) {
      used_ = (bit % 2 ? FIRST_HALF : SECOND_HALF);
      doubleAll();
      takePoints(events_[bit]);
      events_[bit].clear();
    }
    for (size_t i = 0; i < count; i++) out[i] = state_[i] == NONE ? Affine<F>{} : KernelPoints<F>::left(at(state_[i]));
    heavies_ = lights_ = terms_ = 0;
  }

 private:
  struct Event {
    uint32_t sum;
    Operand operand;
  };
  static constexpr Operand NONE = UINT32_MAX;
  /// Digits of a heavy scalar's halves are 1, 3, ..., 15 and their negatives: eight multiples of the point, and the
  /// same of its image under the endomorphism. Row i of the table, of CAPACITY places, has multiple 2 i + 1 of heavy
  /// points, row IMAGES + i that of their images. Scalars with few digits need no multiples: their points fill row 0
  /// from its end.
  static constexpr unsigned WIDTH = 5;
  static constexpr size_t IMAGES = 8, ROWS = 2 * IMAGES;
  static constexpr size_t LIGHT = 8;
  /// The sums so far, and those on the way to them: one bit's in one half, the next bit's in the other.
  static constexpr size_t HALF = 4 * CAPACITY + 16, FIRST_HALF = ROWS * CAPACITY, SECOND_HALF = FIRST_HALF + HALF;

  static SignedInteger shorter(const U256& scalar) {
    U256 negative;
    subtract(negative, Fr::MODULUS, scalar);
    return negative < scalar ? SignedInteger{negative, true} : SignedInteger{scalar, false};
  }
  /// Digits of width 2: where x and 3 x differ.
  static size_t weight(const U256& x) {
    U256 triple;
    provega::add(triple, x, x);
    provega::add(triple, triple, x);
    size_t count = 0;
    for (int i = 0; i < 4; i++) count += static_cast<size_t>(__builtin_popcountll(x.w[i] ^ triple.w[i]));
    return count;
  }
  void addDigits(uint32_t sum, const SignedInteger& x, unsigned width, size_t place) {
    visitDigits(x.magnitude, width, [&](unsigned bit, int digit) {
      const size_t row = static_cast<size_t>(digit < 0 ? -digit : digit) / 2;
      const bool isNegative = (digit < 0) != x.isNegative;
      events_[bit].push_back({sum, static_cast<Operand>(2 * (row * CAPACITY + place) + isNegative)});
    });
  }

  static Operand operand(size_t place) { return static_cast<Operand>(2 * place); }
  Affine<F> at(Operand which) { return which % 2 ? -points_[which / 2] : points_[which / 2]; }

  void makeMultiples() {
    if (heavies_ == 0) return;
    constexpr size_t TWICE = (ROWS - 1) * CAPACITY;  // for now
    left_.clear();
    for (size_t i = 0; i < heavies_; i++) left_.push_back(operand(i));
    points_.twice(left_, TWICE);
    for (size_t row = 1; row < IMAGES; row++) {
      pairs_.clear();
      for (size_t i = 0; i < heavies_; i++)
        pairs_.insert(pairs_.end(), {operand((row - 1) * CAPACITY + i), operand(TWICE + i)});
      points_.sum(pairs_, row * CAPACITY);
    }
    for (size_t row = 0; row < IMAGES; row++)
      for (size_t i = 0; i < heavies_; i++) {
        const Affine<F>& point = points_[row * CAPACITY + i];
        points_[(IMAGES + row) * CAPACITY + i] = {point.x * beta_, point.y};
      }
  }

  void doubleAll() {
    left_.clear();
    for (const Operand each : state_)
      if (each != NONE) left_.push_back(each);
    if (left_.empty()) return;
    points_.twice(left_, used_);
    for (Operand& each : state_)
      if (each != NONE) each = operand(used_++) | (each & 1);
  }

  /// Each sum and what it takes are added in pairs, and the sums of pairs again, until one is left.
  void takePoints(const std::vector<Event>& events) {
    left_.clear();
    groups_.clear();
    for (size_t i = 0; i < events.size();) {
      const uint32_t sum = events[i].sum;
      const size_t start = left_.size();
      if (state_[sum] != NONE) left_.push_back(state_[sum]);
      for (; i < events.size() && events[i].sum == sum; i++) left_.push_back(events[i].operand);
      groups_.push_back({sum, static_cast<uint32_t>(left_.size() - start)});
    }
    for (;;) {
      pairs_.clear();
      next_.clear();
      const Operand* group = left_.data();
      for (Group& each : groups_) {
        for (uint32_t i = 0; i + 1 < each.size; i += 2) {
          next_.push_back(operand(used_ + pairs_.size() / 2));
          pairs_.insert(pairs_.end(), {group[i], group[i + 1]});
        }
        if (each.size % 2) next_.push_back(group[each.size - 1]);
        group += each.size;
        each.size = (each.size + 1) / 2;
      }
      if (pairs_.empty()) break;
      points_.sum(pairs_, used_);
      used_ += pairs_.size() / 2;
      left_.swap(next_);
    }
    for (size_t i = 0; i < groups_.size(); i++) state_[groups_[i].sum] = left_[i];
  }

  struct Group {
    uint32_t sum, size;
  };

  const Fq beta_ = Endomorphism<F>::beta();
  KernelPoints<F> points_{ROWS * CAPACITY + 2 * HALF};
  size_t heavies_ = 0, lights_ = 0, terms_ = 0, used_ = 0;
  std::array<std::vector<Event>, 256> events_;
  std::vector<Operand> state_, left_, next_, pairs_;
  std::vector<Group> groups_;
};

}  // namespace provega

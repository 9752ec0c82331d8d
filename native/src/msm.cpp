#include "msm.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "pair-kernel.hpp"
#include "parallel.hpp"
#include "stopwatch.hpp"

/// Pippenger's buckets with signed digits. The points of a bucket are summed as a tree of pairs in affine coordinates, many buckets
/// at a time, so that one inversion serves thousands of additions.
namespace provega {
namespace {

constexpr unsigned MAX_WINDOW = 15;
/// Points that are worked on at a time, so that they stay in a core's cache.
constexpr size_t GROUP_ENTRIES = 16'384;
/// Terms that a thread prepares at a time.
constexpr size_t PART = 4'096;
/// Parts of a window's buckets that are summed side by side.
constexpr size_t SEGMENTS = 64;

using Digit = int16_t;

/// The shorter of s and r - s.
struct Magnitude {
  U256 value;
  bool isNegative;

  explicit Magnitude(const U256& scalar) : value(scalar), isNegative(HALF < scalar) {
    if (isNegative) subtract(value, Fr::MODULUS, scalar);
  }

 private:
  /// (r - 1) / 2
  static constexpr U256 HALF = [] {
    U256 half = Fr::MODULUS;
    for (int i = 0; i < 4; i++) half.w[i] = half.w[i] >> 1 | (i < 3 ? half.w[i + 1] << 63 : 0);
    return half;
  }();
};

/// The terms that matter: neither scalar nor point is zero.
struct Terms {
  std::vector<uint32_t> chosen;
  /// How many scalars have that many bits.
  size_t lengths[257] = {};

  unsigned longest() const {
    unsigned bits = 256;
    while (bits > 0 && lengths[bits] == 0) bits--;
    return bits;
  }
};

template <class F>
Terms choose(const uint8_t* bases, const U256* scalars, size_t count) {
  static constexpr uint8_t INFINITY_BYTES[sizeof(Affine<F>)] = {};
  std::vector<Terms> parts((count + PART - 1) / PART);
  parallelRanges(count, PART, [&](size_t begin, size_t end) {
    Terms& part = parts[begin / PART];
    for (size_t i = begin; i < end; i++) {
      if (scalars[i].isZero() || std::memcmp(bases + i * sizeof(Affine<F>), INFINITY_BYTES, sizeof(Affine<F>)) == 0) continue;
      part.chosen.push_back(static_cast<uint32_t>(i));
      part.lengths[Magnitude(scalars[i]).value.bitLength()]++;
    }
  });
  Terms all;
  for (const Terms& part : parts) {
    all.chosen.insert(all.chosen.end(), part.chosen.begin(), part.chosen.end());
    for (size_t bits = 0; bits <= 256; bits++) all.lengths[bits] += part.lengths[bits];
  }
  return all;
}

/// Digits of a scalar: one bit for the sign, and one so that the top digit, which is not negative, can take a carry.
unsigned windowCount(unsigned bits, unsigned width) { return (bits + 1) / width + 1; }

/// The width with the fewest additions: one a digit, and two a bucket.
unsigned chooseWidth(const Terms& terms) {
  const unsigned longest = terms.longest();
  unsigned best = 2;
  size_t least = SIZE_MAX;
  for (unsigned width = 2; width <= MAX_WINDOW; width++) {
    size_t cost = windowCount(longest, width) * (size_t{2} << (width - 1));
    for (unsigned bits = 1; bits <= longest; bits++) cost += terms.lengths[bits] * windowCount(bits, width);
    if (cost < least) least = cost, best = width;
  }
  return best;
}

template <class F>
class Multiplication {
 public:
  Multiplication(const uint8_t* bases, const U256* scalars, const Terms& terms)
      : count_(terms.chosen.size()),
        width_(chooseWidth(terms)),
        buckets_(size_t{1} << (width_ - 1)),
        windows_(windowCount(terms.longest(), width_)) {
    enter(bases, terms.chosen);
    recode(scalars, terms.chosen);
  }

  Jacobian<F> run(SumTimes& times) {
    Stopwatch watch;
    sums_ = points(windows_ * buckets_);
    std::vector<Jacobian<F>> windows(windows_, Jacobian<F>::infinity());
    std::vector<uint8_t> isEmpty(windows_);
    parallelFor(windows_, [&](size_t window) { isEmpty[window] = !fillBuckets(window); });
    times.fill = watch.lap();
    std::vector<size_t> full;
    for (size_t window = 0; window < windows_; window++)
      if (!isEmpty[window]) full.push_back(window);
    const size_t share = (full.size() + threadCount() - 1) / threadCount();
    if (share > 0)
      parallelRanges(full.size(), share, [&](size_t begin, size_t end) { sumBuckets(&full[begin], end - begin, windows); });

    times.reduce = watch.lap();
    times.additions = additions_ + 2 * full.size() * buckets_;

    Jacobian<F> sum = Jacobian<F>::infinity();
    for (size_t window = windows_; window-- > 0;) {
      for (unsigned i = 0; i < width_; i++) sum = sum.doubled();
      sum += windows[window];
    }
    return sum;
  }

 private:
  struct Free {
    void operator()(Affine<F>* points) const { ::operator delete[](points, std::align_val_t{64}); }
  };
  using Points = std::unique_ptr<Affine<F>[], Free>;
  static Points points(size_t count) {
    return Points(static_cast<Affine<F>*>(::operator new[](count * sizeof(Affine<F>), std::align_val_t{64})));
  }

  /// Copies the points into the kernel's form.
  void enter(const uint8_t* bases, const std::vector<uint32_t>& chosen) {
    points_ = points(count_);
    parallelRanges(count_, PART, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) {
        Affine<F> point = Affine<F>::load(bases + chosen[i] * sizeof(Affine<F>));
        for (int k = 0; k < kernel_.doublings; k++) point = {point.x.doubled(), point.y.doubled()};
        points_[i] = point;
      }
    });
  }
  Affine<F> leave(const Affine<F>& point) const { return {point.x * leave_, point.y * leave_}; }

  /// Digits from -2^(width - 1) to 2^(width - 1), window by window. Half a window is added to every window of the scalar but the
  /// top one, and taken away from its digit: so no digit waits for another's carry.
  void recode(const U256* scalars, const std::vector<uint32_t>& chosen) {
    digits_.resize(windows_ * count_);
    U256 halves{};
    for (unsigned bit = width_ - 1; bit < (windows_ - 1) * width_; bit += width_) halves.w[bit / 64] |= uint64_t{1} << bit % 64;
    parallelRanges(count_, PART, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) {
        const Magnitude magnitude(scalars[chosen[i]]);
        U256 raised;
        add(raised, magnitude.value, halves);
        for (unsigned window = 0; window < windows_; window++) {
          const int half = window + 1 < windows_ ? static_cast<int>(buckets_) : 0;
          const int digit = static_cast<int>(raised.bits(window * width_, width_)) - half;
          digits_[window * count_ + i] = static_cast<Digit>(magnitude.isNegative ? -digit : digit);
        }
      }
    });
  }

  /// Sums of the points that have digit 1, 2, ... in a window. False if there are none.
  bool fillBuckets(size_t window) {
    const Digit* digits = &digits_[window * count_];
    Affine<F>* sums = &sums_[window * buckets_];
    std::vector<uint32_t> sizes(buckets_);
    for (size_t i = 0; i < count_; i++)
      if (digits[i]) sizes[static_cast<size_t>(std::abs(digits[i]) - 1)]++;
    std::vector<uint32_t> starts(buckets_);
    uint32_t total = 0;
    for (size_t bucket = 0; bucket < buckets_; bucket++) {
      starts[bucket] = total;
      total += sizes[bucket];
    }
    if (total == 0) return false;
    additions_ += total;
    std::vector<Operand> operands(total);
    for (size_t i = 0; i < count_; i++)
      if (digits[i]) operands[starts[static_cast<size_t>(std::abs(digits[i]) - 1)]++] = static_cast<Operand>(2 * i + (digits[i] < 0));

    Tree tree(*this);
    const Operand* operand = operands.data();
    for (size_t bucket = 0; bucket < buckets_;) {
      size_t end = bucket, entries = 0;
      do entries += sizes[end++];
      while (end < buckets_ && entries + sizes[end] <= GROUP_ENTRIES);
      tree.collapse(operand, &sizes[bucket], end - bucket, entries, sums + bucket);
      operand += entries;
      bucket = end;
    }
    return true;
  }

  /// Buffers of one thread's sums.
  struct Tree {
    const Multiplication& of;
    Points arena;
    size_t capacity = 0;
    std::vector<Operand> current, next, pairs;
    std::unique_ptr<uint8_t[], void (*)(uint8_t*)> scratch;

    explicit Tree(const Multiplication& multiplication)
        : of(multiplication),
          scratch(static_cast<uint8_t*>(::operator new[](of.kernel_.scratchBytes, std::align_val_t{64})),
                  [](uint8_t* bytes) { ::operator delete[](bytes, std::align_val_t{64}); }) {}

    /// The first `count` of `pairs`, of points in `from`.
    void add(const Affine<F>* from, size_t count, Affine<F>* out) {
      while (pairs.size() % (2 * of.kernel_.lanes)) pairs.push_back(0);
      of.kernel_.sums(from, pairs.data(), count, out, scratch.get());
    }

    /// Sums every bucket's operands, which `sizes` counts; `sizes` is used up.
    void collapse(const Operand* operands, uint32_t* sizes, size_t buckets, size_t entries, Affine<F>* out) {
      // Sums and leftovers of the first round are at most as many as the entries, later sums fewer; a last group may be padded.
      const size_t needed = 2 * entries + 16;
      if (capacity < needed) arena = points(capacity = needed);
      current.assign(operands, operands + entries);
      const Affine<F>* from = of.points_.get();
      size_t used = 0;
      for (bool isFirst = true; isFirst || std::any_of(sizes, sizes + buckets, [](uint32_t size) { return size > 1; }); isFirst = false) {
        pairs.clear();
        const Operand* at = current.data();
        for (size_t bucket = 0; bucket < buckets; at += sizes[bucket++]) pairs.insert(pairs.end(), at, at + (sizes[bucket] & ~1u));
        const size_t count = pairs.size() / 2;
        add(from, count, &arena[used]);
        size_t sum = used;
        used += count;
        next.clear();
        at = current.data();
        for (size_t bucket = 0; bucket < buckets; bucket++) {
          const uint32_t size = sizes[bucket];
          for (uint32_t i = 0; i < size / 2; i++) next.push_back(static_cast<Operand>(2 * sum++));
          if (size & 1) {
            const Operand left = at[size - 1];
            if (isFirst) {
              next.push_back(static_cast<Operand>(2 * used));
              arena[used++] = left & 1 ? -from[left >> 1] : from[left >> 1];
            } else {
              next.push_back(left);
            }
          }
          at += size;
          sizes[bucket] = (size + 1) / 2;
        }
        current.swap(next);
        from = arena.get();
      }
      const Operand* at = current.data();
      for (size_t bucket = 0; bucket < buckets; bucket++) out[bucket] = sizes[bucket] ? arena[*at++ >> 1] : Affine<F>{F::zero(), F::zero()};
    }
  };

  /// The sum of i times bucket i, for several windows at a time. A window's buckets are cut into segments; in each, two running sums
  /// go down from the top: of the buckets, and of the first sum's values.
  void sumBuckets(const size_t* which, size_t windows, std::vector<Jacobian<F>>& out) {
    const size_t segments = std::min(SEGMENTS, buckets_), length = buckets_ / segments, count = windows * segments;
    Tree tree(*this);
    const auto bucketOf = [&](size_t i, size_t place) -> const Affine<F>& {
      return sums_[which[i / segments] * buckets_ + i % segments * length + place];
    };
    Points memory = points(3 * (count + 8) + 2 * count);
    Affine<F>*runs = memory.get(), *totals = runs + count + 8, *next = totals + count + 8, *pairs = next + count + 8;
    for (size_t i = 0; i < count; i++) runs[i] = totals[i] = bucketOf(i, length - 1);
    tree.pairs.clear();
    for (size_t i = 0; i < 2 * count; i++) tree.pairs.push_back(static_cast<Operand>(2 * i));
    const auto add = [&](Affine<F>*& left, const auto& right) {
      for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = left[i];
        pairs[2 * i + 1] = right(i);
      }
      tree.add(pairs, count, next);
      std::swap(left, next);
    };
    for (size_t place = length - 1; place-- > 0;) {
      add(runs, [&](size_t i) { return bucketOf(i, place); });
      add(totals, [&](size_t i) { return runs[i]; });
    }
    for (size_t w = 0; w < windows; w++) {
      // Segment s weighs its buckets by s * length more than its own total does.
      Jacobian<F> run = Jacobian<F>::infinity(), weighted = run, sum = run;
      for (size_t s = segments; s-- > 0;) {
        weighted += run;
        run += leave(runs[w * segments + s]);
        sum += leave(totals[w * segments + s]);
      }
      for (size_t i = 1; i < length; i *= 2) weighted = weighted.doubled();
      out[which[w]] = sum + weighted;
    }
  }

  const PairKernel<F>& kernel_ = pairKernel<F>();
  const Fq leave_ = Fq::of(uint64_t{1} << kernel_.doublings).inverse();
  size_t count_;
  unsigned width_;
  size_t buckets_;
  unsigned windows_;
  Points points_, sums_;
  std::vector<Digit> digits_;
  std::atomic<size_t> additions_{0};
};

template <class F>
Jacobian<F> multiply(const uint8_t* bases, const U256* scalars, size_t count, SumTimes* times) {
  SumTimes spent{};
  Stopwatch watch;
  const Terms terms = choose<F>(bases, scalars, count);
  spent.choose = watch.lap();
  Jacobian<F> sum = Jacobian<F>::infinity();
  if (!terms.chosen.empty()) {
    Multiplication<F> multiplication(bases, scalars, terms);
    spent.prepare = watch.lap();
    sum = multiplication.run(spent);
  }
  if (times) *times = spent;
  return sum;
}

}  // namespace

Jacobian<Fq> multiplyG1(const uint8_t* bases, const U256* scalars, size_t count, SumTimes* times) {
  return multiply<Fq>(bases, scalars, count, times);
}
Jacobian<Fq2> multiplyG2(const uint8_t* bases, const U256* scalars, size_t count, SumTimes* times) {
  return multiply<Fq2>(bases, scalars, count, times);
}

}  // namespace provega

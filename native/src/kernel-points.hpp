/// A thread's workplace for long sequences of additions by the pair kernel.
#pragma once

#include <memory>
#include <new>
#include <vector>

#include "pair-kernel.hpp"

namespace provega {

/// Memory on cache lines that the kernel may fill.
template <class T>
class Aligned {
 public:
  explicit Aligned(size_t count) : data_(static_cast<T*>(::operator new[](count * sizeof(T), LINE))) {}
  T* data() const { return data_.get(); }
  T& operator[](size_t i) const { return data_[i]; }

 private:
  static constexpr std::align_val_t LINE{64};
  struct Free {
    void operator()(T* data) const { ::operator delete[](data, LINE); }
  };
  std::unique_ptr<T[], Free> data_;
};

/// Points in the kernel's own form: see PairKernel.
template <class F>
class KernelPoints {
 public:
  explicit KernelPoints(size_t capacity) : points_(capacity + SLACK), scratch_(kernel().scratchBytes) {}

  Affine<F>& operator[](size_t i) { return points_[i]; }

  static Affine<F> entered(Affine<F> point) {
    for (int i = 0; i < kernel().doublings; i++) point = {point.x.doubled(), point.y.doubled()};
    return point;
  }
  static Affine<F> left(const Affine<F>& point) {
    static const Fq factor = Fq::of(uint64_t{1} << kernel().doublings).inverse();
    return {point.x * factor, point.y * factor};
  }

  /// Points out, out + 1, ... become the sums of the pairs of operands. The points are these, or those of a list given.
  void sum(std::vector<Operand>& operands, size_t out) { sum(operands, out, points_.data()); }
  void sum(std::vector<Operand>& operands, size_t out, const Affine<F>* of) {
    const size_t pairs = operands.size() / 2;
    while (operands.size() % (2 * kernel().lanes)) operands.push_back(operands.front());
    kernel().sums(of, operands.data(), pairs, &points_[out], scratch_.data());
    operands.resize(2 * pairs);
  }
  /// Points out, out + 1, ... become twice the points that the operands name, whatever their signs.
  void twice(std::vector<Operand>& operands, size_t out) {
    const size_t count = operands.size();
    while (operands.size() % kernel().lanes) operands.push_back(operands.front());
    kernel().doubles(points_.data(), operands.data(), count, &points_[out], scratch_.data());
    operands.resize(count);
  }

 private:
  static const PairKernel<F>& kernel() { return pairKernel<F>(); }
  /// The kernel writes whole groups.
  static constexpr size_t SLACK = 16;

  Aligned<Affine<F>> points_;
  Aligned<uint8_t> scratch_;
};

}  // namespace provega

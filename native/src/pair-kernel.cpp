#include "pair-kernel.hpp"

#include "cpu.hpp"

namespace provega {
namespace {

/// One pair at a time, on the scalar fields.
template <class F>
struct One {
  using Point = Affine<F>;
  using Element = F;
  using Mask = uint8_t;
  static constexpr size_t LANES = 1;

  struct Places {
    const Point* at;
    bool negative;
    Places(const Point* points, const Operand* operands) : at(points + (*operands >> 1)), negative(false) {}
    Places(const Point* points, const Operand* operands, int side)
        : at(points + (operands[side] >> 1)), negative(operands[side] & 1) {}
  };
  static void prefetch(const Point* points, const Operand* operands) {
    for (int i = 0; i < 2; i++) __builtin_prefetch(points + (operands[i] >> 1));
  }
  static Element zero() { return F::zero(); }
  static Element one() { return F::one(); }
  static Element x(const Places& places) { return places.at->x; }
  static Element y(const Places& places) { return places.negative ? -places.at->y : places.at->y; }
  static void store(Point* out, const Element& x, const Element& y) { *out = {x, y}; }
  static bool any(Mask mask) { return mask; }
  static Mask andNot(Mask a, Mask b) { return a & static_cast<Mask>(~b); }
  static Mask isZero(const Element& x) { return x.isZero(); }
  static Mask equal(const Element& x, const Element& y) { return x == y; }
  static const Element& select(Mask mask, const Element& yes, const Element& no) { return mask ? yes : no; }
  static Element difference(const Element& a, const Element& b) { return a - b; }
  static const Element& tidy(const Element& x) { return x; }
  static Element inverse(const Element& x) { return x.inverse(); }
};

template <class F>
constexpr PairKernel<F> SCALAR = {
    1, sizeof(PairScratch<One<F>>), 0,
    [](const Affine<F>* points, const Operand* operands, size_t pairs, Affine<F>* out, void* scratch) {
      sumPairs<One<F>>(points, operands, pairs, out, *static_cast<PairScratch<One<F>>*>(scratch));
    },
    [](const Affine<F>* points, const Operand* operands, size_t count, Affine<F>* out, void* scratch) {
      doublePoints<One<F>>(points, operands, count, out, *static_cast<PairScratch<One<F>>*>(scratch));
    }};

/// What reads as y R with R = 2^256 is x R with R = 2^260 for y = 16 x; 1 / y must become what reads as 16 / x = 256 / y.
template <class F>
void invertSixteenfold(F* elements, size_t count) {
  F scratch[8];
  const Fq factor = Fq::of(256);
  for (size_t start = 0; start < count; start += 8) {
    const size_t here = count - start < 8 ? count - start : 8;
    invertAll(elements + start, scratch, here);
    for (size_t i = start; i < start + here; i++) elements[i] = elements[i] * factor;
  }
}

}  // namespace

namespace ifma {
void invertInLanesForm(Fq* elements, size_t count) { invertSixteenfold(elements, count); }
void invertInLanesForm(Fq2* elements, size_t count) { invertSixteenfold(elements, count); }
}  // namespace ifma

#if defined(PROVEGA_IFMA)
template <>
const PairKernel<Fq>& pairKernel<Fq>() {
  return hasIfma() ? ifma::PAIR_KERNEL_G1 : SCALAR<Fq>;
}
template <>
const PairKernel<Fq2>& pairKernel<Fq2>() {
  return hasIfma() ? ifma::PAIR_KERNEL_G2 : SCALAR<Fq2>;
}
#else
template <>
const PairKernel<Fq>& pairKernel<Fq>() {
  return SCALAR<Fq>;
}
template <>
const PairKernel<Fq2>& pairKernel<Fq2>() {
  return SCALAR<Fq2>;
}
#endif

}  // namespace provega

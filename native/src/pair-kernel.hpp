/// The arithmetic under multi-scalar multiplication, chosen for the processor at run time.
#pragma once

#include "curve.hpp"
#include "pair-sums.hpp"

namespace provega {

/// Sums of pairs of points in the kernel's own form: coordinates are those of the point, doubled `doublings` times (which is what
/// moving from R = 2^256 to R = 2^260 is, if the words are read as before).
template <class F>
struct PairKernel {
  size_t lanes;
  size_t scratchBytes;
  int doublings;
  /// See `sumPairs`.
  void (*sums)(const Affine<F>* points, const Operand* operands, size_t pairs, Affine<F>* out, void* scratch);
  /// See `doublePoints`.
  void (*doubles)(const Affine<F>* points, const Operand* operands, size_t count, Affine<F>* out, void* scratch);
};

/// The best that runs here.
template <class F>
const PairKernel<F>& pairKernel();

namespace ifma {
extern const PairKernel<Fq> PAIR_KERNEL_G1;
extern const PairKernel<Fq2> PAIR_KERNEL_G2;

/// Inverts elements in R = 2^260 form; compiled without the vector flags.
void invertInLanesForm(Fq* elements, size_t count);
void invertInLanesForm(Fq2* elements, size_t count);
}  // namespace ifma

}  // namespace provega

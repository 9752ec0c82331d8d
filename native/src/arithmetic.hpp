/// The field operations laid open, for tests and for the benchmark.
#pragma once

#include "field.hpp"

namespace provega {

/// What `count` pairs give; all are Montgomery forms with R = 2^256 of canonical elements.
template <class F>
struct Results {
  F *sum, *difference, *product, *square;
};

/// On eight lanes; `count` is a multiple of 8.
namespace ifma {
void compute(const Fr* a, const Fr* b, size_t count, const Results<Fr>& out);
void compute(const Fq* a, const Fq* b, size_t count, const Results<Fq>& out);
/// x = x y, `times` times on four independent sets of eight lanes.
void multiplyRepeatedly(Fq* x, const Fq* y, size_t times);
}  // namespace ifma

}  // namespace provega

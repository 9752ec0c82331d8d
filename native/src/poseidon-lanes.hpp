/// Eight permutations at a time, on processors with AVX-512 IFMA.
#pragma once

#include "lane-constant.hpp"
#include "poseidon-permutation.hpp"

namespace provega {

namespace ifma {

/// `state` holds elements 0 of eight states, then elements 1, and so on; out[i] becomes element 0 of state i.
void poseidonEight(const PoseidonTables<LaneConstant>& tables, const Fr* state, Fr* out);

}  // namespace ifma
}  // namespace provega

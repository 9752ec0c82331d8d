/// The optimal ate pairing on BN254, and verification of Groth16 proofs with it.
#pragma once

#include <vector>

#include "groth16.hpp"

namespace provega {

/// Whether the product of e(g1[i], g2[i]) is 1. Infinity counts as 1. The points are on their curves, those of G2 in the subgroup.
bool pairsToOne(const std::vector<G1>& g1, const std::vector<G2>& g2);

/// On the twist and of order r, or infinity.
bool inSubgroup(const G2& point);

struct VerifyingKey {
  G1 alpha;
  G2 beta, gamma, delta;
  /// Of the constant and of every public input.
  std::vector<G1> ic;
};

/// The equation e(a, b) = e(alpha, beta) e(sum of ic, gamma) e(c, delta); false too for points that are off their curve or outside the
/// subgroup. `publics`: as many as `ic` less one.
bool verify(const VerifyingKey& key, const std::vector<Fr>& publics, const Proof& proof);

}  // namespace provega

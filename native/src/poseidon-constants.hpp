/// The constants of circomlib's Poseidon, worked out from the permutation's definition.
#pragma once

#include <vector>

#include "field.hpp"
#include "poseidon-lanes.hpp"
#include "poseidon-permutation.hpp"

namespace provega {

/// The definition: a round adds its constants, applies the S-box, multiplies by the matrix.
struct PoseidonDefinition {
  unsigned width;
  unsigned partialRounds;
  /// `width` a round.
  std::vector<Fr> constants;
  /// Row by row.
  std::vector<Fr> matrix;
};

PoseidonDefinition poseidonDefinition(unsigned width);

/// Worked out when a width is first asked for, in some ten milliseconds for the widest.
const PoseidonTables<Fr>& poseidonTables(unsigned width);
/// The same for eight lanes.
const PoseidonTables<LaneConstant>& poseidonLaneTables(unsigned width);

}  // namespace provega

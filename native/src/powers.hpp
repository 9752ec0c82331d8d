/// Powers of tau, the first phase of a ceremony: its heavy parts, in snarkjs's file format.
#pragma once

#include "progress.hpp"
#include "ptau.hpp"

namespace provega {

/// Adds the Lagrange bases that phase 2 needs, as `snarkjs powersoftau prepare phase2` does. Phase 0 of the progress counts
/// butterflies. Throws as Ptau and SectionWriter do.
void preparePowers(const std::string& powers, const std::string& prepared, const Progress& progress);

}  // namespace provega

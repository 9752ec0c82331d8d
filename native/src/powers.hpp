/// Powers of tau, the first phase of a ceremony: its heavy parts, in snarkjs's file format.
#pragma once

#include "contribution-terms.hpp"
#include "progress.hpp"

namespace provega {

/// Begins a ceremony: tau, alpha and beta are 1, which anyone knows. `power` is 1 to 28.
void beginPowers(unsigned power, const std::string& powers);

/// Writes `before` with all its points multiplied by powers of three more secrets, and without Lagrange bases; returns
/// the hash of the contributor's response. Progress: "contribution". Throws as Ptau and SectionWriter do.
Blake2b::Digest contributeToPowers(const std::string& before, const std::string& after, const ContributionTerms& terms,
                                   const Progress& progress);

/// Adds the Lagrange bases that phase 2 needs, as `snarkjs powersoftau prepare phase2` does. Progress: "prepare".
/// Throws as Ptau and SectionWriter do.
void preparePowers(const std::string& powers, const std::string& prepared, const Progress& progress);

}  // namespace provega

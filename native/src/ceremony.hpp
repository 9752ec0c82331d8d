/// The second phase of a ceremony: a circuit's key out of powers of tau, and contributions to it. All as snarkjs does
/// it, in its file format and with its hashes, so that `snarkjs zkey verify` accepts what comes out.
#pragma once

#include "contribution-terms.hpp"
#include "progress.hpp"

namespace provega {

/// Writes the key without contributions, which is good for nothing else; returns the hash of the circuit. Progress:
/// "initial key". Throws as R1cs, Ptau and SectionWriter do; BadPtau also if the powers are not prepared or too few.
Blake2b::Digest beginKey(const std::string& r1cs, const std::string& powers, const std::string& key,
                         const Progress& progress);

/// Writes `before` with one more contribution; returns the contribution's hash. Progress: "contribution". Throws as
/// Zkey and SectionWriter do.
Blake2b::Digest contributeToKey(const std::string& before, const std::string& after, const ContributionTerms& terms,
                                const Progress& progress);

}  // namespace provega

/// The dev path of the set-up: a Groth16 key straight from its secret, worth nothing on a public chain.
#pragma once

#include "qap.hpp"

namespace provega {

/// Writes the key of a circuit, marked as insecure: byte for byte the one that prover/setup/dev-key.ts writes.
/// `circuitHash` is 64 bytes. Progress: "constraints", then "points". Throws as R1cs and SectionWriter do, and
/// BadSecret.
void writeDevKey(const std::string& r1cs, const std::string& zkey, const Secret& secret, const uint8_t* circuitHash,
                 const Progress& progress);

}  // namespace provega

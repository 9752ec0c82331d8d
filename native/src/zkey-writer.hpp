/// The parts of a proving key that every set-up writes alike.
#pragma once

#include "r1cs.hpp"
#include "section-writer.hpp"
#include "zkey.hpp"

namespace provega {

namespace zkey_section {
enum : uint32_t { PROTOCOL = 1, HEADER, IC, COEFFICIENTS, A, B1, B2, C, H, CONTRIBUTIONS };
}

/// Content of the header section.
struct KeyHeader {
  uint32_t wires, publicWires, domain;
  G1 alpha1, beta1;
  G2 beta2, gamma2;
  G1 delta1;
  G2 delta2;
};

/// Section 1: Groth16.
void writeProtocol(SectionWriter& file);
/// Section 2.
void writeHeader(SectionWriter& file, const KeyHeader& header);
/// Section 4: the coefficients of A and B, and a row more for the constant and each public wire: see Columns. Terms are
/// believed: the caller has called `check`.
void writeCoefficients(SectionWriter& file, const R1cs& r1cs);
/// Section 10: 64 bytes that stand for the circuit, and the contributions.
void writeContributions(SectionWriter& file, const uint8_t* circuitHash, const std::vector<KeyContribution>& all);

}  // namespace provega

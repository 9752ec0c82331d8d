/// Fuzzes native/src/r1cs.cpp.
#include "../src/r1cs.hpp"

#include "harness.hpp"

namespace provega::fuzz {

const FileKind KIND = FileKind::R1cs;

static uint32_t readConstraints(const Constraints& constraints) {
  uint32_t count = 0;
  for (const Constraint& each : constraints) {
    for (const Packed<Term>& terms : {each.a, each.b, each.c}) readAll(terms);
    count++;
  }
  return count;
}

void exercise(const SectionFile& file) {
  const R1cs circuit(file);
  if (circuit.domainBits() < 1 || circuit.domainBits() > MAX_DOMAIN_BITS) std::abort();
  uint32_t count = 0;
  for (size_t i = 0; i < circuit.pieces(); i++) {
    if (circuit.piece(i).first() != count) std::abort();
    count += readConstraints(circuit.piece(i));
  }
  if (count != circuit.constraintCount || count != readConstraints(circuit.constraints())) std::abort();
  circuit.check();
}

}  // namespace provega::fuzz

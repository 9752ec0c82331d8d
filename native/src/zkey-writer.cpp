#include "zkey-writer.hpp"

#include <algorithm>

#include "contribution-terms.hpp"

namespace provega {

namespace {

template <class T>
void writeField(SectionWriter& file) {
  file.u32(sizeof(U256));
  file.write(&T::MODULUS, sizeof(U256));
}

template <class P>
void writePoint(SectionWriter& file, const P& point) {
  file.write(&point, sizeof point);
}

void writeContribution(SectionWriter& file, const KeyContribution& each) {
  writePoint(file, each.deltaAfter);
  writePoint(file, each.s);
  writePoint(file, each.sx);
  writePoint(file, each.spx);
  file.write(each.transcript, 64);
  writeTerms(file, each.type, each.name, each.beaconIterations, each.beacon);
}

constexpr size_t COEFFICIENT = STORED_BYTES<Coefficient>;
/// Pieces of the constraints between two writes: about 65,000 rows.
constexpr size_t PIECES = 64;
/// R^3: a factor is a plain integer, and its Montgomery product with this is in double Montgomery form, as a key has it.
/// Made when first asked for: nothing of the field may run before the processor is known to have the instructions.
const Fr& cube() {
  static const Fr value = Fr{Fr::POWER_512} * Fr{Fr::POWER_512};
  return value;
}

uint8_t* store(uint8_t* at, const Coefficient& each) {
  const uint32_t indices[3] = {each.matrix, each.constraint, each.signal};
  std::memcpy(at, indices, sizeof indices);
  each.value.v.store(at + sizeof indices);
  return at + COEFFICIENT;
}

size_t coefficientsOf(const Constraints& constraints) {
  size_t count = 0;
  for (const Constraint& each : constraints) count += each.a.count + each.b.count;
  return count;
}

void storeCoefficients(const Constraints& constraints, uint8_t* out) {
  uint32_t row = constraints.first();
  for (const Constraint& each : constraints) {
    const Packed<Term> lists[2] = {each.a, each.b};
    for (uint32_t matrix = 0; matrix < 2; matrix++)
      for (size_t i = 0; i < lists[matrix].count; i++) {
        const Term term = lists[matrix][i];
        out = store(out, {matrix, row, term.wire, Fr{term.factor} * cube()});
      }
    row++;
  }
}

}  // namespace

void writeProtocol(SectionWriter& file) {
  file.section(zkey_section::PROTOCOL);
  file.u32(1);
}

void writeHeader(SectionWriter& file, const KeyHeader& header) {
  file.section(zkey_section::HEADER);
  writeField<Fq>(file);
  writeField<Fr>(file);
  file.u32(header.wires);
  file.u32(header.publicWires);
  file.u32(header.domain);
  writePoint(file, header.alpha1);
  writePoint(file, header.beta1);
  writePoint(file, header.beta2);
  writePoint(file, header.gamma2);
  writePoint(file, header.delta1);
  writePoint(file, header.delta2);
}

void writeCoefficients(SectionWriter& file, const R1cs& r1cs) {
  file.section(zkey_section::COEFFICIENTS);
  const uint64_t start = file.position();
  file.u32(0);
  std::vector<uint8_t> records;
  for (size_t first = 0; first < r1cs.pieces(); first += PIECES) {
    const size_t count = std::min(PIECES, r1cs.pieces() - first);
    size_t offsets[PIECES + 1] = {};
    for (size_t i = 0; i < count; i++)
      offsets[i + 1] = offsets[i] + COEFFICIENT * coefficientsOf(r1cs.piece(first + i));
    records.resize(offsets[count]);
    parallelFor(count, [&](size_t i) { storeCoefficients(r1cs.piece(first + i), records.data() + offsets[i]); });
    file.write(records.data(), records.size());
  }
  for (uint32_t wire = 0; wire <= r1cs.publicWires(); wire++) {
    uint8_t record[COEFFICIENT];
    store(record, {0, r1cs.constraintCount + wire, wire, Fr{Fr::POWER_512}});
    file.write(record, COEFFICIENT);
  }
  const uint32_t count = static_cast<uint32_t>((file.position() - start - sizeof(uint32_t)) / COEFFICIENT);
  file.overwrite(start, &count, sizeof count);
}

void writeContributions(SectionWriter& file, const uint8_t* circuitHash, const std::vector<KeyContribution>& all) {
  file.section(zkey_section::CONTRIBUTIONS);
  file.write(circuitHash, 64);
  file.u32(static_cast<uint32_t>(all.size()));
  for (const KeyContribution& each : all) writeContribution(file, each);
}

}  // namespace provega

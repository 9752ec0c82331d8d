#include "r1cs.hpp"

#include <algorithm>

namespace provega {

namespace {

enum : uint32_t { HEADER = 1, CONSTRAINTS = 2, CUSTOM_GATES = 4, CUSTOM_GATE_USES = 5 };
constexpr uint32_t PIECE = 1024;

uint32_t lengthAt(const uint8_t* at) {
  uint32_t length;
  std::memcpy(&length, at, 4);
  return length;
}

}  // namespace

void Constraints::Iterator::read() {
  if (left_ == 0) return;
  for (Packed<Term>* list : {&current_.a, &current_.b, &current_.c}) {
    *list = {at_ + 4, lengthAt(at_)};
    at_ = list->at(list->count);
  }
}

R1cs::R1cs(SectionFile file) : file_(std::move(file)) {
  readHeader();
  readLengths();
}

void R1cs::readHeader() {
  for (const uint32_t id : {CUSTOM_GATES, CUSTOM_GATE_USES})
    if (file_.has(id)) file_.refuse(file_.section(id).offset, "custom gates, which Groth16 has not");
  SectionCursor header(file_, HEADER);
  requireField<ScalarModulus>(file_, header, "the scalar field");
  const uint8_t* at = header.at();
  wires = header.u32("the number of wires");
  outputs = header.u32("the number of outputs");
  publicInputs = header.u32("the number of public inputs");
  privateInputs = header.u32("the number of private inputs");
  labels = header.u64("the number of labels");
  if (uint64_t{1} + outputs + publicInputs + privateInputs > wires)
    file_.refuse(at, std::to_string(wires) + " wires, fewer than the constant, outputs and inputs");
  at = header.at();
  constraintCount = header.u32("the number of constraints");
  header.end();
  if (rows() > uint64_t{1} << MAX_DOMAIN_BITS)
    file_.refuse(at, std::to_string(constraintCount) + " constraints, more than fit 2^28 rows");
}

void R1cs::readLengths() {
  SectionCursor cursor(file_, CONSTRAINTS);
  list_ = cursor.at();
  for (uint32_t i = 0; i < constraintCount; i++) {
    if (i % PIECE == 0) pieces_.push_back(cursor.at());
    for (int list = 0; list < 3; list++) {
      const uint64_t length = cursor.u32("the length of a list of terms");
      cursor.take(length * STORED_BYTES<Term>, "a list of terms");
    }
  }
  cursor.end();
}

unsigned R1cs::domainBits() const { return static_cast<unsigned>(std::bit_width(std::max<uint64_t>(2, rows()) - 1)); }

Constraints R1cs::piece(size_t i) const {
  const uint32_t first = static_cast<uint32_t>(i) * PIECE;
  return {pieces_[i], first, std::min(PIECE, constraintCount - first)};
}

void R1cs::check() const {
  parallelFor(pieces(), [&](size_t i) {
    uint32_t row = piece(i).first();
    for (const Constraint& each : piece(i)) {
      for (const Packed<Term>& terms : {each.a, each.b, each.c}) checkTerms(terms, row);
      row++;
    }
  });
}

void R1cs::checkTerms(Packed<Term> terms, uint32_t constraint) const {
  for (size_t i = 0; i < terms.count; i++) {
    const Term each = terms[i];
    if (each.wire >= wires)
      file_.refuse(terms.at(i), "constraint " + std::to_string(constraint) + ": wire " + std::to_string(each.wire) +
                                    ", expected below " + std::to_string(wires));
    if (!(each.factor < ScalarModulus::VALUE))
      file_.refuse(terms.at(i) + 4, "constraint " + std::to_string(constraint) + ": factor beyond the field's modulus");
  }
}

}  // namespace provega

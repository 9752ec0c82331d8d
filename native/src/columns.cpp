#include "columns.hpp"

#include <atomic>

namespace provega {

namespace {

constexpr uint8_t ONE[32] = {1};

}  // namespace

Columns::Columns(const R1cs& r1cs, Matrix matrix, bool isExtended) : starts_(r1cs.wires + size_t{1}) {
  const uint32_t extension = isExtended ? r1cs.publicWires() + 1 : 0;
  std::vector<std::atomic<uint64_t>> next(r1cs.wires);
  const auto visit = [&](const auto& act) {
    parallelFor(r1cs.pieces(), [&](size_t piece) {
      uint32_t row = r1cs.piece(piece).first();
      for (const Constraint& each : r1cs.piece(piece)) {
        const Packed<Term>& terms = each.*matrix;
        for (size_t i = 0; i < terms.count; i++) act(terms[i].wire, row, terms.at(i) + sizeof(uint32_t));
        row++;
      }
    });
    for (uint32_t wire = 0; wire < extension; wire++) act(wire, r1cs.constraintCount + wire, ONE);
  };
  visit([&](uint32_t wire, uint32_t, const uint8_t*) { next[wire].fetch_add(1, std::memory_order_relaxed); });
  for (size_t wire = 0; wire < r1cs.wires; wire++) {
    starts_[wire + 1] = starts_[wire] + next[wire];
    next[wire] = starts_[wire];
  }
  rows_.resize(count());
  factors_.resize(count());
  visit([&](uint32_t wire, uint32_t row, const uint8_t* factor) {
    const uint64_t at = next[wire].fetch_add(1, std::memory_order_relaxed);
    rows_[at] = row;
    factors_[at] = factor;
  });
}

}  // namespace provega

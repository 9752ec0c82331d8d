/// A circuit's matrices by wire instead of by constraint.
#pragma once

#include "r1cs.hpp"

namespace provega {

/// One of the matrices A, B and C.
class Columns {
 public:
  using Matrix = Packed<Term> Constraint::*;

  /// If `isExtended`, with a row more for the constant and each public wire that has just this wire, after the others:
  /// as A has it, which keeps the public inputs linearly independent.
  Columns(const R1cs& r1cs, Matrix matrix, bool isExtended);

  struct Entry {
    uint32_t row;
    U256 factor;
  };
  uint64_t count() const { return starts_.back(); }
  uint64_t count(uint32_t wire) const { return starts_[wire + 1] - starts_[wire]; }
  Entry entry(uint32_t wire, uint64_t i) const {
    const uint64_t at = starts_[wire] + i;
    return {rows_[at], U256::load(factors_[at])};
  }

 private:
  /// The entries of a wire are from its start to the next wire's.
  std::vector<uint64_t> starts_;
  std::vector<uint32_t> rows_;
  std::vector<const uint8_t*> factors_;
};

}  // namespace provega

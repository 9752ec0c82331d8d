/// circom's constraint files: rows (Σ a_i w_i) (Σ b_i w_i) = Σ c_i w_i over the wires w.
#pragma once

#include "packed.hpp"

namespace provega {

struct Term {
  uint32_t wire;
  /// A plain integer below the modulus.
  U256 factor;

  static Term load(const uint8_t* bytes) {
    Term out;
    std::memcpy(&out.wire, bytes, 4);
    out.factor = U256::load(bytes + 4);
    return out;
  }
};
template <>
inline constexpr size_t STORED_BYTES<Term> = 36;

struct Constraint {
  Packed<Term> a, b, c;
};

/// Consecutive constraints, for a range-based `for`.
class Constraints {
 public:
  class Iterator {
   public:
    Iterator(const uint8_t* at, uint32_t left) : at_(at), left_(left) { read(); }
    const Constraint& operator*() const { return current_; }
    Iterator& operator++() {
      left_--;
      read();
      return *this;
    }
    bool operator!=(const Iterator& o) const { return left_ != o.left_; }

   private:
    void read();
    const uint8_t* at_;
    uint32_t left_;
    Constraint current_;
  };

  Constraints(const uint8_t* data, uint32_t first, uint32_t count) : data_(data), first_(first), count_(count) {}
  /// Number of the first one in the circuit.
  uint32_t first() const { return first_; }
  uint32_t count() const { return count_; }
  Iterator begin() const { return {data_, count_}; }
  Iterator end() const { return {data_, 0}; }

 private:
  const uint8_t* data_;
  uint32_t first_, count_;
};

class R1cs {
 public:
  /// Checks the header and walks over the lengths of all constraints; `check` looks at their terms.
  explicit R1cs(SectionFile file);

  const SectionFile& file() const { return file_; }

  /// Wire 0 is the constant 1, then come outputs, public inputs, private inputs and the rest.
  uint32_t wires, outputs, publicInputs, privateInputs;
  uint64_t labels;
  uint32_t publicWires() const { return outputs + publicInputs; }
  /// log2 of the evaluation domain: the least power of two that holds a row per constraint, one per public wire and one
  /// for the constant; at least 2, at most 2^28.
  unsigned domainBits() const;

  uint32_t constraintCount;
  Constraints constraints() const { return {list_, 0, constraintCount}; }
  /// The same in pieces of 1,024, for many cores.
  size_t pieces() const { return pieces_.size(); }
  Constraints piece(size_t i) const;

  /// Asks of every term that its wire exist and its factor be canonical, on all cores.
  void check() const;

 private:
  uint64_t rows() const { return uint64_t{constraintCount} + publicWires() + 1; }
  void readHeader();
  void readLengths();
  void checkTerms(Packed<Term> terms, uint32_t constraint) const;

  SectionFile file_;
  const uint8_t* list_ = nullptr;
  std::vector<const uint8_t*> pieces_;
};

}  // namespace provega

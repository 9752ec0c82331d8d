/// Witness files: the value of every wire of a circuit.
#pragma once

#include "packed.hpp"

namespace provega {

class Wtns {
 public:
  /// Checks everything. Where the bytes are JavaScript's, nobody may write to them before the work is done.
  explicit Wtns(SectionFile file);

  const SectionFile& file() const { return file_; }

  /// By wire: plain integers below the modulus, not in Montgomery form.
  Packed<U256> values;

 private:
  SectionFile file_;
};

/// The values without the container. Throws BadWtns.
Packed<U256> witnessValues(const uint8_t* data, size_t size);

}  // namespace provega

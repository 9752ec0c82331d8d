/// Fuzzes native/src/wtns.cpp.
#include "../src/wtns.hpp"

#include "harness.hpp"

namespace provega::fuzz {

const FileKind KIND = FileKind::Wtns;

void exercise(const SectionFile& file) {
  const Packed<U256> values = Wtns(file).values;
  readAll(values);
  if (witnessValues(values.data, values.count * sizeof(U256)).count != values.count) std::abort();
}

}  // namespace provega::fuzz

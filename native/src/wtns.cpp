#include "wtns.hpp"

namespace provega {

namespace {
enum : uint32_t { HEADER = 1, VALUES = 2 };
}

Wtns::Wtns(SectionFile file) : file_(std::move(file)) {
  SectionCursor header(file_, HEADER);
  requireField<ScalarModulus>(file_, header, "the scalar field");
  const uint32_t count = header.u32("the number of values");
  header.end();
  values = packedSection<U256>(file_, VALUES, count, "values");
  requireCanonical<ScalarModulus>(file_, values, "value");
}

Packed<U256> witnessValues(const uint8_t* data, size_t size) {
  const Packed<U256> values{data, size / sizeof(U256)};
  if (size % sizeof(U256) != 0) throw Error("BadWtns", "witness of " + std::to_string(size) + " bytes");
  const size_t i = findBeyond<ScalarModulus>(values);
  if (i != values.count) throw Error("BadWtns", "wire " + std::to_string(i) + " beyond the field's modulus");
  return values;
}

}  // namespace provega

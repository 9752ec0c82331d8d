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

}  // namespace provega

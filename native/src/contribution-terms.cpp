#include "contribution-terms.hpp"

namespace provega {

void writeTerms(SectionWriter& file, uint32_t type, std::string_view name, uint32_t beaconIterations,
                std::string_view beacon) {
  // Led by their types: 1 is the name, 2 and 3 are a beacon's iterations and value.
  std::string parameters;
  const auto text = [&](char kind, std::string_view value) {
    parameters += {kind, static_cast<char>(value.size())};
    parameters += value;
  };
  if (!name.empty()) text(1, name);
  if (type == 1) {
    parameters += {2, static_cast<char>(beaconIterations)};
    text(3, beacon);
  }
  file.u32(type);
  file.u32(static_cast<uint32_t>(parameters.size()));
  file.write(parameters.data(), parameters.size());
}

}  // namespace provega

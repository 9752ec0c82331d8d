/// What a contributor to a ceremony brings, in either phase, and how files record it.
#pragma once

#include <string>
#include <string_view>

#include "blake2b.hpp"
#include "section-writer.hpp"

namespace provega {

struct ContributionTerms {
  /// 32 bytes that nobody else knows, or what a beacon gives.
  std::string seed;
  /// At most 255 bytes.
  std::string name;
  /// At most 255 bytes, and the times that they were hashed, as a power of 2. Empty for a person.
  std::string beacon;
  uint8_t beaconIterations = 0;
};

/// The end of a contribution's record: a person (0) or a beacon (1), and what is known of it.
void writeTerms(SectionWriter& file, uint32_t type, std::string_view name, uint32_t beaconIterations,
                std::string_view beacon);

}  // namespace provega

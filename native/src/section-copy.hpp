/// Sections that a new file takes over from an old one.
#pragma once

#include "section-writer.hpp"

namespace provega {

inline void copySection(const SectionFile& from, uint32_t id, SectionWriter& to) {
  const Section& section = from.section(id);
  to.section(id);
  to.write(from.content(section), section.size);
}

}  // namespace provega

/// Sections of a powers-of-tau file.
#pragma once

#include <cstdint>

namespace provega::ptau_section {

/// That of a Lagrange basis has the number of its powers' section and LAGRANGE more.
enum : uint32_t { HEADER = 1, TAU_1, TAU_2, ALPHA_TAU_1, BETA_TAU_1, BETA_2, CONTRIBUTIONS, LAGRANGE = 10 };

}  // namespace provega::ptau_section

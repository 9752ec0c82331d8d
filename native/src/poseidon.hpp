/// circomlib's Poseidon over Fr, and what protocol/hash.ts builds on it.
#pragma once

#include <cstddef>

#include "field.hpp"

namespace provega {

/// Inputs of one permutation: 1 to this many.
inline constexpr unsigned MAX_INPUTS = 16;

/// First element of the permutation of [capacity, ...inputs].
Fr poseidon(const Fr& capacity, const Fr* inputs, unsigned count);

enum class Cores { One, All };

/// out[i] = poseidon(capacity, inputs + i count, count), for i below `n`.
void poseidonMany(const Fr& capacity, const Fr* inputs, unsigned count, Fr* out, size_t n, Cores cores = Cores::One);

/// The first 16 values, then 15 at a time behind the digest so far. `count` is at least 1.
Fr poseidonList(const Fr& tag, const Fr* values, size_t count);

}  // namespace provega

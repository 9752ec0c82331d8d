/// Roots of unity of the scalar field, as snarkjs chooses them.
#pragma once

#include "field.hpp"

namespace provega {

/// 2^28 divides r - 1.
inline constexpr unsigned MAX_ROOT_BITS = 28;

/// Of order 2^bits, for at most 28 bits: a power of 5, the least non-residue.
inline Fr rootOfUnity(unsigned bits) {
  U256 odd = Fr::MODULUS;  // becomes (r - 1) / 2^28
  for (int i = 0; i < 4; i++) odd.w[i] = odd.w[i] >> MAX_ROOT_BITS | (i < 3 ? odd.w[i + 1] << (64 - MAX_ROOT_BITS) : 0);
  Fr root = Fr::of(5).pow(odd);
  for (unsigned i = MAX_ROOT_BITS; i > bits; i--) root = root.squared();
  return root;
}

}  // namespace provega

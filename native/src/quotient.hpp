/// The quotient polynomial of Groth16.
#pragma once

#include "field.hpp"

namespace provega {

/// For the polynomials A, B and C of degree below n = 2^bits with A and B given on the roots of order n, and C = A B there: A B - C on those
/// points times the root of order 2 n, as integers below r, in `out`. snarkjs's keys have their section 9 for these values.
/// `a` and `b`: R = 2^256. At most 2^27 points. Uses all cores.
void quotient(const Fr* a, const Fr* b, unsigned bits, U256* out);

}  // namespace provega

/// The quadratic program of a circuit, evaluated at a secret point: for every wire the scalars whose multiples of the
/// generators make up a Groth16 key.
#pragma once

#include "progress.hpp"
#include "r1cs.hpp"
#include "wiped.hpp"

namespace provega {

/// What a trusted set-up must forget: plain integers in [1, r). `delta` is the circuit's own, the rest is shared by all
/// circuits of a deployment.
struct Secret {
  U256 tau, alpha, beta, gamma, delta;
};

/// Plain integers below r.
struct KeyScalars {
  /// Of every wire.
  Wiped<U256> a, b;
  /// (beta a + alpha b + c) / gamma of the public wires, then the same / delta of the private ones.
  Wiped<U256> k;
  /// Odd half of the Lagrange basis over twice the domain, / delta: snarkjs's convention for the quotient.
  Wiped<U256> h;
};

/// Terms are believed: the caller has called `check`. Progress: "constraints". Throws BadSecret if tau is a root of
/// unity, and BadR1cs if the constraints are too many.
KeyScalars evaluate(const R1cs& r1cs, const Secret& secret, const Progress& progress);

}  // namespace provega

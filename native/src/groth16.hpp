/// Groth16 proofs (J. Groth, eprint 2016/260) from snarkjs's keys.
#pragma once

#include <memory>

#include "zkey.hpp"

namespace provega {

struct Proof {
  G1 a;
  G2 b;
  G1 c;
};

/// Two scalars that hide the witness: drawn anew for every proof, or the proof tells of it.
struct Blinding {
  Fr r, s;
  /// From the system's random source. Throws NoRandomness.
  static Blinding draw();
};

/// Milliseconds of a proof's phases.
struct ProofTimes {
  double matrices, quotient, a, b1, b2, c, h;
};

/// A key that was checked and may be used many times, by several threads.
class ProvingKey {
 public:
  /// Maps the file and checks it; kept for the next call as long as the file is the same. Throws FileUnreadable or BadZkey.
  static std::shared_ptr<const ProvingKey> open(const std::string& path);

  explicit ProvingKey(SectionFile file);
  const Zkey& zkey() const { return zkey_; }

  /// `witness`: one plain integer a wire. Throws BadWitness for one that is not for this key. That it satisfies the circuit is not
  /// asked: `verify` tells. Uses all cores.
  Proof prove(const std::vector<U256>& witness, const Blinding& blinding, ProofTimes* times = nullptr) const;

 private:
  void multiplyMatrices(const std::vector<U256>& witness, Fr* a, Fr* b) const;

  Zkey zkey_;
  /// Coefficients of a constraint follow each other, as snarkjs writes them: then cores can share them out.
  bool isSorted_;
};

}  // namespace provega

/// Groth16 proving keys as snarkjs writes them.
#pragma once

#include <string_view>

#include "packed.hpp"

namespace provega {

/// An entry of the matrices A (0) and B (1).
struct Coefficient {
  uint32_t matrix, constraint, signal;
  /// Montgomery twice (value * R^2): its Montgomery product with a plain witness value is in Montgomery form.
  Fr value;

  static Coefficient load(const uint8_t* bytes) {
    Coefficient out;
    std::memcpy(&out.matrix, bytes, 4);
    std::memcpy(&out.constraint, bytes + 4, 4);
    std::memcpy(&out.signal, bytes + 8, 4);
    out.value = Fr::load(bytes + 12);
    return out;
  }
};
template <>
inline constexpr size_t STORED_BYTES<Coefficient> = 44;

/// One step of the second phase of a ceremony.
struct KeyContribution {
  G1 deltaAfter;
  /// Proof that the contributor knew a factor x: s, s*x in G1, and spx in G2.
  G1 s, sx;
  G2 spx;
  /// 64 bytes.
  const uint8_t* transcript;
  /// 0 for a person, 1 for a beacon.
  uint32_t type;
  /// As chosen by the contributor: any bytes.
  std::string_view name;
  /// Of a beacon: hashed 2^iterations times.
  uint32_t beaconIterations;
  std::string_view beacon;
};

class Zkey {
 public:
  /// Checks the header, the verifying key's points and the length of every section; `check` looks at their content.
  explicit Zkey(SectionFile file);

  const SectionFile& file() const { return file_; }

  uint32_t wires, publicWires;
  /// A power of two, at most 2^28.
  uint32_t domain;
  unsigned domainBits() const { return static_cast<unsigned>(std::countr_zero(domain)); }

  /// Not infinity. Affine and in Montgomery form, like all points of the file, in which infinity is (0, 0).
  G1 alpha1, beta1, delta1;
  G2 beta2, gamma2, delta2;

  Packed<Coefficient> coefficients;
  /// Of the constant and the public wires.
  Packed<G1> ic;
  /// Of every wire.
  Packed<G1> a, b1;
  Packed<G2> b2;
  /// Of the private wires.
  Packed<G1> c;
  /// Of every row of the domain.
  Packed<G1> h;

  /// Asks of every coefficient that its indices be in range and its value canonical, and `points` of every point. Once
  /// per opened key, on all cores: a prover relies on it.
  void check(PointCheck points) const;

  /// 64 bytes: hash of the circuit, to which the contributions belong.
  const uint8_t* circuitHash() const;
  /// Read only here, for a prover has no use for them.
  std::vector<KeyContribution> contributions() const;

 private:
  void checkCoefficients() const;

  SectionFile file_;
};

}  // namespace provega

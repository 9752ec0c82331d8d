/// Random elements as snarkjs draws them, so that whoever knows a beacon, or a hash, can draw the same.
#pragma once

#include <array>

#include "curve.hpp"

namespace provega {

/// ChaCha with 20 rounds, a 64-bit counter in the place of the nonce's first half too, and no nonce.
class CeremonyRandom {
 public:
  static constexpr size_t SEED = 32;
  explicit CeremonyRandom(const uint8_t* seed);
  ~CeremonyRandom();

  Fr scalar();
  G1 pointG1();
  G2 pointG2();

 private:
  uint32_t word();
  void refill();
  template <class Modulus>
  Field<Modulus> element();
  template <class F>
  F coordinate();
  template <class F>
  Affine<F> pointOnCurve();

  std::array<uint32_t, 16> state_, block_{};
  size_t used_ = 16;
};

}  // namespace provega

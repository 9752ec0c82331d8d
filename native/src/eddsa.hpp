/// EdDSA-Poseidon as circomlib and protocol/signature.ts define it: S B8 = R8 + 8 h A, h = Poseidon(R8, A, message).
#pragma once

#include <array>

#include "babyjub.hpp"
#include "poseidon.hpp"

namespace provega::eddsa {

constexpr size_t SECRET_BYTES = 32, ELEMENT_BYTES = 32, POINT_BYTES = 64, SIGNATURE_BYTES = 96;
/// Key, message and signature one after another.
constexpr size_t CLAIM_BYTES = POINT_BYTES + ELEMENT_BYTES + SIGNATURE_BYTES;

/// R8, then S.
using Signature = std::array<uint8_t, SIGNATURE_BYTES>;

babyjub::Point publicKey(const uint8_t* secret);

/// Deterministic. `message` is an integer below r.
Signature sign(const uint8_t* secret, const U256& message);

enum class Verdict : uint8_t {
  Refused,
  Accepted,
  /// Nothing is wrong with key and signature, but the message is not below r.
  NotInField,
};

/// The equation, R8 and the key canonical and on the curve, S < l, 8 A not the identity.
Verdict verify(const uint8_t* claim);

/// verdicts[i] for the claim at claims + CLAIM_BYTES i.
void verifyMany(const uint8_t* claims, size_t count, Verdict* verdicts, Cores cores = Cores::One);

}  // namespace provega::eddsa

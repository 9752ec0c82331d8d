#include "eddsa.hpp"

#include <algorithm>
#include <memory>

#include "blake512.hpp"
#include "parallel.hpp"

namespace provega::eddsa {

namespace {

using babyjub::Point;
using babyjub::Scalar;

/// A secret's scalar over 8, and the seed of its nonces.
struct Expanded {
  U256 eighth;
  uint8_t seed[32];
};

Expanded expand(const uint8_t* secret) {
  const std::array<uint8_t, 64> digest = blake512(secret, SECRET_BYTES);
  // Bits 0, 1, 2 and 255 are cleared and bit 254 is set.
  U256 scalar = U256::load(digest.data());
  scalar.w[3] = (scalar.w[3] & ~uint64_t{0} >> 1) | uint64_t{1} << 62;
  Expanded out;
  for (int i = 0; i < 4; i++) out.eighth.w[i] = scalar.w[i] >> 3 | (i < 3 ? scalar.w[i + 1] << 61 : 0);
  std::copy(digest.begin() + 32, digest.end(), out.seed);
  return out;
}

constexpr unsigned PREIMAGE = 5;

/// What is hashed, under capacity 0, is circomlib's.
std::array<Fr, PREIMAGE> preimage(const Point& r8, const Point& key, const Fr& message) {
  return {r8.x, r8.y, key.x, key.y, message};
}
/// Below l. The twin multiplies 8 A by all of it: the same point, for 8 A has order l.
U256 challenge(const Fr& digest) {
  U256 out = digest.integer();
  while (!(out < babyjub::ORDER)) subtract(out, out, babyjub::ORDER);
  return out;
}

struct Claim {
  U256 message, s;
  Point r8, key;
  /// S < l, both points canonical and on the curve.
  bool isWellFormed;

  explicit Claim(const uint8_t* bytes)
      : message(U256::load(bytes + POINT_BYTES)), s(U256::load(bytes + CLAIM_BYTES - ELEMENT_BYTES)) {
    isWellFormed = s < babyjub::ORDER && read(r8, bytes + POINT_BYTES + ELEMENT_BYTES) && read(key, bytes);
  }
  bool isInField() const { return message < Fr::MODULUS; }
  std::array<Fr, PREIMAGE> preimage() const { return eddsa::preimage(r8, key, Fr::of(message)); }

 private:
  static bool read(Point& out, const uint8_t* bytes) {
    const U256 x = U256::load(bytes), y = U256::load(bytes + ELEMENT_BYTES);
    if (!(x < Fr::MODULUS && y < Fr::MODULUS)) return false;
    out = {Fr::of(x), Fr::of(y)};
    return isOnCurve(out);
  }
};

/// Of a claim with which something is wrong before its equation; checks are in the order of protocol/signature.ts.
Verdict refusal(const Claim& claim) {
  const bool isMessageToBlame = claim.isWellFormed && !multiply(claim.key, U256{{8}}).isIdentity();
  return isMessageToBlame ? Verdict::NotInField : Verdict::Refused;
}

Verdict verdict(bool holds) { return holds ? Verdict::Accepted : Verdict::Refused; }

void verifyRange(const uint8_t* claims, size_t count, Verdict* verdicts) {
  std::vector<size_t> places;
  std::vector<Fr> preimages;
  std::vector<babyjub::Sum> sums;
  for (size_t i = 0; i < count; i++) {
    const Claim claim(claims + i * CLAIM_BYTES);
    if (!claim.isWellFormed || !claim.isInField()) {
      verdicts[i] = refusal(claim);
      continue;
    }
    const auto hashed = claim.preimage();
    places.push_back(i);
    preimages.insert(preimages.end(), hashed.begin(), hashed.end());
    sums.push_back({claim.s, claim.r8, {}, claim.key});
  }
  std::vector<Fr> digests(sums.size());
  poseidonMany(Fr::zero(), preimages.data(), PREIMAGE, digests.data(), digests.size());
  for (size_t i = 0; i < sums.size(); i++) sums[i].h = challenge(digests[i]);
  const std::unique_ptr<bool[]> hold(new bool[sums.size()]);
  areSums(sums.data(), sums.size(), hold.get());
  for (size_t i = 0; i < sums.size(); i++) verdicts[places[i]] = verdict(hold[i]);
}

/// Claims worked on together: a multiple of the lanes, few enough to stay in the cache.
constexpr size_t TOGETHER = 64;

}  // namespace

Point publicKey(const uint8_t* secret) { return babyjub::multiplyBase(expand(secret).eighth); }

Signature sign(const uint8_t* secret, const U256& message) {
  const Expanded expanded = expand(secret);
  uint8_t seeded[64];
  std::copy(expanded.seed, expanded.seed + 32, seeded);
  message.store(seeded + 32);
  const std::array<uint8_t, 64> digest = blake512(seeded, sizeof seeded);
  // 512 bits modulo l: lower + 2^256 upper.
  const Scalar nonce = Scalar::of(U256::load(digest.data())) +
                       Scalar::of(U256::load(digest.data() + 32)) * Scalar{Scalar::POWER_512};
  const Point r8 = babyjub::multiplyBase(nonce.integer()), key = babyjub::multiplyBase(expanded.eighth);
  const auto hashed = preimage(r8, key, Fr::of(message));
  const Scalar h = Scalar::of(poseidon(Fr::zero(), hashed.data(), PREIMAGE).integer());
  const Scalar s = nonce + h * Scalar::of(expanded.eighth) * Scalar::of(8);
  Signature out;
  r8.x.integer().store(out.data());
  r8.y.integer().store(out.data() + 32);
  s.integer().store(out.data() + 64);
  return out;
}

Verdict verify(const uint8_t* bytes) {
  const Claim claim(bytes);
  if (!claim.isWellFormed || !claim.isInField()) return refusal(claim);
  const U256 h = challenge(poseidon(Fr::zero(), claim.preimage().data(), PREIMAGE));
  return verdict(babyjub::isSum({claim.s, claim.r8, h, claim.key}));
}

void verifyMany(const uint8_t* claims, size_t count, Verdict* verdicts, Cores cores) {
  const auto range = [&](size_t begin, size_t end) {
    verifyRange(claims + begin * CLAIM_BYTES, end - begin, verdicts + begin);
  };
  if (cores == Cores::All) return parallelRanges(count, TOGETHER, range);
  for (size_t begin = 0; begin < count; begin += TOGETHER) range(begin, std::min(count, begin + TOGETHER));
}

}  // namespace provega::eddsa

#include "ceremony-random.hpp"

#include <bit>
#include <optional>
#include <type_traits>

#include "point-hash.hpp"

namespace provega {

namespace {

/// Points of the twist times this are in the subgroup of order r.
constexpr U256 COFACTOR_G2 = {{0x345f2299c0f9fa8d, 0x06ceecda572a2489, 0xb85045b68181585e, 0x30644e72e131a029}};
/// (q + 1) / 4: q is 3 modulo 4.
constexpr U256 ROOT_EXPONENT = [] {
  U256 x = Fq::MODULUS;
  add(x, x, U256{{1, 0, 0, 0}});
  for (int i = 0; i < 4; i++) x.w[i] = x.w[i] >> 2 | (i < 3 ? x.w[i + 1] << 62 : 0);
  return x;
}();

std::optional<Fq> squareRoot(const Fq& x) {
  const Fq root = x.pow(ROOT_EXPONENT);
  if (root.squared() == x) return root;
  return {};
}

/// (c + d u)^2 = a + b u: c^2 is (a + s) / 2 or (a - s) / 2, where s^2 is the norm a^2 + b^2.
std::optional<Fq2> squareRoot(const Fq2& x) {
  if (x.b.isZero()) {
    if (const auto root = squareRoot(x.a)) return Fq2{*root, Fq::zero()};
    return Fq2{Fq::zero(), *squareRoot(-x.a)};
  }
  const auto norm = squareRoot(x.a.squared() + x.b.squared());
  if (!norm) return {};
  const Fq half = Fq::of(2).inverse();
  auto c = squareRoot((x.a + *norm) * half);
  if (!c) c = squareRoot((x.a - *norm) * half);
  return Fq2{*c, x.b * half * c->inverse()};
}

}  // namespace

CeremonyRandom::CeremonyRandom(const uint8_t* seed) : state_{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574} {
  for (size_t i = 0; i < SEED; i++) state_[4 + i / 4] = state_[4 + i / 4] << 8 | seed[i];
}

CeremonyRandom::~CeremonyRandom() {
  explicit_bzero(state_.data(), sizeof state_);
  explicit_bzero(block_.data(), sizeof block_);
}

void CeremonyRandom::refill() {
  const auto quarter = [&](size_t a, size_t b, size_t c, size_t d) {
    auto& x = block_;
    x[d] = std::rotl(x[d] ^ (x[a] += x[b]), 16);
    x[b] = std::rotl(x[b] ^ (x[c] += x[d]), 12);
    x[d] = std::rotl(x[d] ^ (x[a] += x[b]), 8);
    x[b] = std::rotl(x[b] ^ (x[c] += x[d]), 7);
  };
  block_ = state_;
  for (int round = 0; round < 10; round++) {
    for (size_t i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (size_t i = 0; i < 4; i++) quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  for (size_t i = 0; i < 16; i++) block_[i] += state_[i];
  state_[12]++;  // no key or point needs 2^32 blocks
  used_ = 0;
}

uint32_t CeremonyRandom::word() {
  if (used_ == block_.size()) refill();
  return block_[used_++];
}

/// 254 bits, drawn until they are below the modulus, and taken for the Montgomery form.
template <class Modulus>
Field<Modulus> CeremonyRandom::element() {
  Field<Modulus> out;
  do {
    for (uint64_t& limb : out.v.w) {
      const uint64_t high = word();
      limb = high << 32 | word();
    }
    out.v.w[3] &= ~uint64_t{0} >> 2;
  } while (!(out.v < Modulus::VALUE));
  return out;
}

Fr CeremonyRandom::scalar() { return element<ScalarModulus>(); }

template <class F>
F CeremonyRandom::coordinate() {
  if constexpr (std::is_same_v<F, Fq>) {
    return element<BaseModulus>();
  } else {
    const Fq a = element<BaseModulus>();
    return {a, element<BaseModulus>()};
  }
}

template <class F>
Affine<F> CeremonyRandom::pointOnCurve() {
  for (;;) {
    const F x = coordinate<F>();
    const bool wantsGreater = word() & 1;
    const auto y = squareRoot(x.squared() * x + CurveOf<F>::b());
    if (y) return {x, isGreater(*y) == wantsGreater ? *y : -*y};
  }
}

G1 CeremonyRandom::pointG1() { return pointOnCurve<Fq>(); }
G2 CeremonyRandom::pointG2() { return (Jacobian<Fq2>::of(pointOnCurve<Fq2>()) * COFACTOR_G2).affine(); }

}  // namespace provega

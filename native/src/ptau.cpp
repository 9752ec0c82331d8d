#include "ptau.hpp"

#include <algorithm>

namespace provega {

namespace {

enum : uint32_t {
  HEADER = 1,
  TAU_1 = 2,
  TAU_2 = 3,
  ALPHA_TAU_1 = 4,
  BETA_TAU_1 = 5,
  BETA_2 = 6,
  LAGRANGE_TAU_1 = 12,
  LAGRANGE_TAU_2 = 13,
  LAGRANGE_ALPHA_TAU_1 = 14,
  LAGRANGE_BETA_TAU_1 = 15,
};
constexpr uint32_t LAGRANGE[] = {LAGRANGE_TAU_1, LAGRANGE_TAU_2, LAGRANGE_ALPHA_TAU_1, LAGRANGE_BETA_TAU_1};

}  // namespace

Ptau::Ptau(SectionFile file) : file_(std::move(file)) {
  SectionCursor header(file_, HEADER);
  requireField<BaseModulus>(file_, header, "the base field");
  const uint8_t* at = header.at();
  power = header.u32("the power");
  if (power < 1 || power > MAX_DOMAIN_BITS) file_.refuse(at, "power " + std::to_string(power) + ", expected 1 to 28");
  at = header.at();
  ceremonyPower = header.u32("the ceremony's power");
  if (ceremonyPower < power || ceremonyPower > MAX_DOMAIN_BITS)
    file_.refuse(at, "ceremony of power " + std::to_string(ceremonyPower) + ", expected " + std::to_string(power) +
                         " to 28");
  header.end();

  const uint64_t count = uint64_t{1} << power;
  tau1 = packedSection<G1>(file_, TAU_1, 2 * count - 1, "points tau in G1");
  tau2 = packedSection<G2>(file_, TAU_2, count, "points tau in G2");
  alphaTau1 = packedSection<G1>(file_, ALPHA_TAU_1, count, "points alpha tau");
  betaTau1 = packedSection<G1>(file_, BETA_TAU_1, count, "points beta tau");
  const auto beta = packedSection<G2>(file_, BETA_2, 1, "point beta in G2");
  checkPoints(file_, beta, PointCheck::Canonical, "beta in G2");
  beta2 = beta[0];

  if (std::none_of(std::begin(LAGRANGE), std::end(LAGRANGE), [&](uint32_t id) { return file_.has(id); })) return;
  lagrangeTau1_ = packedSection<G1>(file_, LAGRANGE_TAU_1, 4 * count - 1, "points of Lagrange bases");
  lagrangeTau2_ = packedSection<G2>(file_, LAGRANGE_TAU_2, 2 * count - 1, "points of Lagrange bases");
  lagrangeAlphaTau1_ = packedSection<G1>(file_, LAGRANGE_ALPHA_TAU_1, 2 * count - 1, "points of Lagrange bases");
  lagrangeBetaTau1_ = packedSection<G1>(file_, LAGRANGE_BETA_TAU_1, 2 * count - 1, "points of Lagrange bases");
}

template <class P>
Packed<P> Ptau::level(Packed<P> all, unsigned bits, unsigned limit) const {
  if (!isPrepared()) file_.refuse(uint64_t{8}, "not prepared for phase 2");
  if (bits > limit)
    file_.refuse(all.data, "no Lagrange basis of 2^" + std::to_string(bits) + ", expected at most " +
                               std::to_string(limit));
  return all.slice((size_t{1} << bits) - 1, size_t{1} << bits);
}

Packed<G1> Ptau::lagrangeTau1(unsigned bits) const { return level(lagrangeTau1_, bits, power + 1); }
Packed<G2> Ptau::lagrangeTau2(unsigned bits) const { return level(lagrangeTau2_, bits, power); }
Packed<G1> Ptau::lagrangeAlphaTau1(unsigned bits) const { return level(lagrangeAlphaTau1_, bits, power); }
Packed<G1> Ptau::lagrangeBetaTau1(unsigned bits) const { return level(lagrangeBetaTau1_, bits, power); }

void Ptau::check(PointCheck points) const {
  checkPoints(file_, tau1, points, "point tau in G1");
  checkPoints(file_, tau2, points, "point tau in G2");
  checkPoints(file_, alphaTau1, points, "point alpha tau");
  checkPoints(file_, betaTau1, points, "point beta tau");
  checkPoints(file_, packedSection<G2>(file_, BETA_2, 1, "point beta in G2"), points, "beta in G2");
  checkPoints(file_, lagrangeTau1_, points, "point of a Lagrange basis");
  checkPoints(file_, lagrangeTau2_, points, "point of a Lagrange basis");
  checkPoints(file_, lagrangeAlphaTau1_, points, "point of a Lagrange basis");
  checkPoints(file_, lagrangeBetaTau1_, points, "point of a Lagrange basis");
}

}  // namespace provega

#include "pairing.hpp"

namespace provega {
namespace {

/// 9 + u, which has no sixth root in Fq2.
Fq2 timesXi(const Fq2& x) {
  const Fq2 eight = x.doubled().doubled().doubled();
  return {eight.a + x.a - x.b, eight.b + x.b + x.a};
}
Fq2 xi() { return {Fq::of(9), Fq::one()}; }

/// Fq12 = Fq2[w] / (w^6 - xi).
struct Fq12 {
  Fq2 c[6];

  static Fq12 one() {
    Fq12 out{};
    out.c[0] = Fq2::one();
    return out;
  }
  bool operator==(const Fq12& o) const {
    for (int i = 0; i < 6; i++)
      if (!(c[i] == o.c[i])) return false;
    return true;
  }
  Fq12 operator*(const Fq12& o) const {
    Fq2 wide[11] = {};
    for (int i = 0; i < 6; i++)
      for (int j = 0; j < 6; j++) wide[i + j] += c[i] * o.c[j];
    Fq12 out;
    for (int i = 0; i < 6; i++) out.c[i] = i < 5 ? wide[i] + timesXi(wide[i + 6]) : wide[i];
    return out;
  }
  /// By a line, which has three coefficients.
  Fq12 timesLine(const Fq2& l0, const Fq2& l1, const Fq2& l3) const {
    Fq2 wide[9] = {};
    for (int i = 0; i < 6; i++) {
      wide[i] += c[i] * l0;
      wide[i + 1] += c[i] * l1;
      wide[i + 3] += c[i] * l3;
    }
    Fq12 out;
    for (int i = 0; i < 6; i++) out.c[i] = i < 3 ? wide[i] + timesXi(wide[i + 6]) : wide[i];
    return out;
  }
  /// To the power q^6: w becomes -w.
  Fq12 conjugate() const { return {{c[0], -c[1], c[2], -c[3], c[4], -c[5]}}; }
  /// x times its conjugate is a + b v + c v^2 with v = w^2; what follows inverts that.
  Fq12 inverse() const {
    const Fq12 other = conjugate(), norm = *this * other;
    const Fq2 &a = norm.c[0], &b = norm.c[2], &d = norm.c[4];
    const Fq2 x = a.squared() - timesXi(b * d), y = timesXi(d.squared()) - a * b, z = b.squared() - a * d;
    const Fq2 scale = (a * x + timesXi(d * y + b * z)).inverse();
    const Fq12 inverted{{x * scale, Fq2::zero(), y * scale, Fq2::zero(), z * scale, Fq2::zero()}};
    return other * inverted;
  }
};

/// xi^(i (q - 1) / 6): what w^i is multiplied by when it is raised to the power q.
const Fq2* frobeniusFactors() {
  static const auto factors = [] {
    // (q - 1) / 6
    U256 exponent{};
    u128 rest = 0;
    for (int i = 3; i >= 0; i--) {
      rest = rest << 64 | (i == 0 ? Fq::MODULUS.w[0] - 1 : Fq::MODULUS.w[i]);
      exponent.w[i] = static_cast<uint64_t>(rest / 6);
      rest %= 6;
    }
    Fq2 first = Fq2::one();
    for (int i = static_cast<int>(exponent.bitLength()) - 1; i >= 0; i--) {
      first = first.squared();
      if (exponent.bit(static_cast<unsigned>(i))) first *= xi();
    }
    std::vector<Fq2> out = {Fq2::one()};
    for (int i = 1; i < 6; i++) out.push_back(out.back() * first);
    return out;
  }();
  return factors.data();
}

/// To the power q.
Fq12 frobenius(const Fq12& x) {
  Fq12 out;
  for (int i = 0; i < 6; i++) out.c[i] = x.c[i].conjugate() * frobeniusFactors()[i];
  return out;
}
/// The same on the twist, whose points stand for (x w^2, y w^3).
G2 frobenius(const G2& p) { return {p.x.conjugate() * frobeniusFactors()[2], p.y.conjugate() * frobeniusFactors()[3]}; }

/// 6 x + 2 with BN254's x = 4965661367192848881: 65 bits, of which the top one is not in the word.
constexpr uint64_t LOOP = 0x9d797039be763ba8;

/// (q^4 - q^2 + 1) / r
constexpr uint64_t HARD_EXPONENT[] = {0xe81bb482ccdf42b1, 0x5abf5cc4f49c36d4, 0xf1154e7e1da014fd, 0xdcc7b44c87cdbacf,
                                      0xaaa441e3954bcf8a, 0x6b887d56d5095f23, 0x79581e16f3fd90c6, 0x3b1b1355d189227d,
                                      0x4e529a5861876f6b, 0x6c0eb522d5b12278, 0x331ec15183177faf, 0x01baaa710b0759ad};

struct Miller {
  G1 p;
  G2 q, t;

  /// Multiplies f by the line through t with the slope, taken at p, and replaces t by the third point's opposite.
  void step(Fq12& f, const Fq2& slope, const G2& other) {
    f = f.timesLine({p.y, Fq::zero()}, -(slope * p.x), slope * t.x - t.y);
    const Fq2 x = slope.squared() - t.x - other.x;
    t = {x, slope * (t.x - x) - t.y};
  }
  void twice(Fq12& f) {
    const Fq2 square = t.x.squared();
    step(f, (square.doubled() + square) * t.y.doubled().inverse(), t);
  }
  void add(Fq12& f, const G2& other) { step(f, (other.y - t.y) * (other.x - t.x).inverse(), other); }
};

Fq12 finalPower(const Fq12& f) {
  const Fq12 unit = f.conjugate() * f.inverse();
  const Fq12 easy = frobenius(frobenius(unit)) * unit;
  Fq12 out = Fq12::one();
  for (int i = 64 * 12 - 1; i >= 0; i--) {
    out = out * out;
    if (HARD_EXPONENT[i / 64] >> (i % 64) & 1) out = out * easy;
  }
  return out;
}

}  // namespace

bool pairsToOne(const std::vector<G1>& g1, const std::vector<G2>& g2) {
  std::vector<Miller> pairs;
  for (size_t i = 0; i < g1.size(); i++)
    if (!g1[i].isInfinity() && !g2[i].isInfinity()) pairs.push_back({g1[i], g2[i], g2[i]});
  Fq12 f = Fq12::one();
  for (int i = 63; i >= 0; i--) {
    f = f * f;
    for (Miller& pair : pairs) {
      pair.twice(f);
      if (LOOP >> i & 1) pair.add(f, pair.q);
    }
  }
  for (Miller& pair : pairs) {
    const G2 once = frobenius(pair.q), again = frobenius(once);
    pair.add(f, once);
    pair.add(f, -again);
  }
  return finalPower(f) == Fq12::one();
}

bool inSubgroup(const G2& point) { return isOnCurve(point) && (Jacobian<Fq2>::of(point) * Fr::MODULUS).isInfinity(); }

bool verify(const VerifyingKey& key, const std::vector<Fr>& publics, const Proof& proof) {
  if (publics.size() + 1 != key.ic.size()) return false;
  for (const G1& point : key.ic)
    if (!isOnCurve(point)) return false;
  for (const G1& point : {key.alpha, proof.a, proof.c})
    if (!isOnCurve(point)) return false;
  for (const G2& point : {key.beta, key.gamma, key.delta, proof.b})
    if (!inSubgroup(point)) return false;
  auto sum = Jacobian<Fq>::of(key.ic[0]);
  for (size_t i = 0; i < publics.size(); i++) sum += Jacobian<Fq>::of(key.ic[i + 1]) * publics[i].integer();
  return pairsToOne({-proof.a, key.alpha, sum.affine(), proof.c}, {proof.b, key.beta, key.gamma, key.delta});
}

}  // namespace provega

#include <algorithm>

#include "ceremony-random.hpp"
#include "combinations.hpp"
#include "point-hash.hpp"
#include "powers.hpp"
#include "ptau-sections.hpp"
#include "ptau.hpp"
#include "wiped.hpp"

namespace provega {

namespace {

using namespace ptau_section;

/// Points between two writes.
constexpr size_t BLOCK = size_t{1} << 16;
constexpr size_t HASH = std::tuple_size_v<Blake2b::Digest>;

/// A point of G2 that follows from what it is to prove knowledge of, and when.
G2 challengePoint(uint8_t secret, const Blake2b::Digest& challenge, const G1& s, const G1& sx) {
  Blake2b hash;
  hash.update(&secret, 1);
  hash.update(challenge.data(), HASH);
  hashPoint(hash, s);
  hashPoint(hash, sx);
  return CeremonyRandom(hash.digest().data()).pointG2();
}

template <class F>
Affine<F> times(const Affine<F>& point, const Fr& scalar) {
  return (Jacobian<F>::of(point) * scalar.integer()).affine();
}

/// Proof that the contributor knows a secret x: s, x s, and x times a point that follows from them.
struct SecretProof {
  G1 s, sx;
  G2 spx;
};

/// The three secrets of a contribution, and the proofs.
struct PowersKey {
  Wiped<Fr> secrets{3};
  const Fr &tau = secrets[0], &alpha = secrets[1], &beta = secrets[2];
  SecretProof proofs[3];

  PowersKey(CeremonyRandom&& random, const Blake2b::Digest& challenge) {
    for (size_t i = 0; i < 3; i++) secrets[i] = random.scalar();
    for (uint8_t i = 0; i < 3; i++) {
      SecretProof& proof = proofs[i];
      proof.s = random.pointG1();
      proof.sx = times(proof.s, secrets[i]);
      proof.spx = times(challengePoint(i, challenge, proof.s, proof.sx), secrets[i]);
    }
  }

  /// In the order of files and hashes.
  template <class Visit1, class Visit2>
  void visit(const Visit1& inG1, const Visit2& inG2) const {
    for (const SecretProof& each : proofs) {
      inG1(each.s);
      inG1(each.sx);
    }
    for (const SecretProof& each : proofs) inG2(each.spx);
  }
};

/// The records of earlier contributions, as they are in the file.
struct History {
  uint32_t count;
  const uint8_t* data;
  size_t size;
  /// What the next contributor answers to.
  Blake2b::Digest challenge;
};

/// Of a file without contributions, in which all points are generators.
Blake2b::Digest firstChallenge(unsigned power) {
  const size_t count = size_t{1} << power;
  Blake2b hash;
  const Blake2b::Digest nothing = Blake2b().digest();
  hash.update(nothing.data(), HASH);
  const auto repeat = [&](const auto& point, size_t times) {
    const std::vector<std::decay_t<decltype(point)>> points(std::min(times, BLOCK), point);
    for (size_t done = 0; done < times; done += BLOCK) hashPoints(hash, points.data(), std::min(BLOCK, times - done));
  };
  repeat(CurveOf<Fq>::generator(), 2 * count - 1);
  repeat(CurveOf<Fq2>::generator(), count);
  repeat(CurveOf<Fq>::generator(), 2 * count);
  repeat(CurveOf<Fq2>::generator(), 1);
  return hash.digest();
}

History historyOf(const Ptau& ptau) {
  /// tau, alpha, beta and their proofs; then come a snapshot of the response's hash, the next challenge and the terms.
  constexpr uint64_t POINTS = 3 * sizeof(G1) + 2 * sizeof(G2) + 3 * (2 * sizeof(G1) + sizeof(G2));
  SectionCursor cursor(ptau.file(), CONTRIBUTIONS);
  History out{};
  out.count = cursor.u32("the number of contributions");
  out.data = cursor.at();
  const uint8_t* challenge = nullptr;
  for (uint32_t i = 0; i < out.count; i++) {
    cursor.take(POINTS + sizeof(Blake2b::Snapshot), "a contribution");
    challenge = cursor.take(HASH, "a contribution's challenge");
    cursor.u32("a contribution's type");
    cursor.take(cursor.u32("the size of a contribution's terms"), "a contribution's terms");
  }
  cursor.end();
  out.size = static_cast<size_t>(cursor.at() - out.data);
  if (challenge) std::copy_n(challenge, HASH, out.challenge.begin());
  else out.challenge = firstChallenge(ptau.power);
  return out;
}

/// In units of a point in G1.
template <class F>
constexpr uint64_t COST = sizeof(F) == sizeof(Fq) ? 1 : 3;

class Contribution {
 public:
  Contribution(const Ptau& ptau, SectionWriter& file, const Progress& progress)
      : ptau_(ptau), file_(file), progress_(progress), history_(historyOf(ptau)),
        total_((4 + COST<Fq2>) * ptau.tau2.count) {}

  Blake2b::Digest run(const ContributionTerms& terms) {
    const PowersKey key(CeremonyRandom(reinterpret_cast<const uint8_t*>(terms.seed.data())), history_.challenge);
    response_.update(history_.challenge.data(), HASH);
    // The next challenge begins with the hash of the response, which ends with these: so all are kept.
    const auto tau1 = write(TAU_1, ptau_.tau1, Fr::one(), key.tau);
    const auto tau2 = write(TAU_2, ptau_.tau2, Fr::one(), key.tau);
    const auto alphaTau1 = write(ALPHA_TAU_1, ptau_.alphaTau1, key.alpha, key.tau);
    const auto betaTau1 = write(BETA_TAU_1, ptau_.betaTau1, key.beta, key.tau);
    const auto beta2 = write(BETA_2, packedSection<G2>(ptau_.file(), BETA_2, 1, "point beta in G2"), key.beta, key.tau);
    const Blake2b::Snapshot snapshot = response_.snapshot();
    const auto hash = [&](const auto& point) { hashPoint(response_, point); };
    key.visit(hash, hash);
    const Blake2b::Digest response = response_.digest();

    Blake2b challenge;
    challenge.update(response.data(), HASH);
    hashPoints(challenge, tau1.data(), tau1.size());
    hashPoints(challenge, tau2.data(), tau2.size());
    hashPoints(challenge, alphaTau1.data(), alphaTau1.size());
    hashPoints(challenge, betaTau1.data(), betaTau1.size());
    hashPoint(challenge, beta2[0]);
    const Blake2b::Digest nextChallenge = challenge.digest();

    file_.section(CONTRIBUTIONS);
    file_.u32(history_.count + 1);
    file_.write(history_.data, history_.size);
    const auto point = [&](const auto& each) { file_.write(&each, sizeof each); };
    point(tau1[1]);
    point(tau2[1]);
    point(alphaTau1[0]);
    point(betaTau1[0]);
    point(beta2[0]);
    key.visit(point, point);
    file_.write(snapshot.data(), snapshot.size());
    file_.write(nextChallenge.data(), HASH);
    writeTerms(file_, terms.beacon.empty() ? 0 : 1, terms.name, terms.beaconIterations, terms.beacon);
    return response;
  }

 private:
  /// Writes a section: point i becomes first step^i times itself.
  template <class F>
  std::vector<Affine<F>> write(uint32_t section, Packed<Affine<F>> points, const Fr& first, const Fr& step) {
    std::vector<Affine<F>> out(points.count);
    file_.section(section);
    for (size_t start = 0; start < points.count; start += BLOCK) {
      const size_t count = std::min(BLOCK, points.count - start);
      parallelRanges(count, Combinations<F>::shareOf(count), [&](size_t begin, size_t end) {
        Combinations<F> multiples;
        Fr scalar = first * step.pow(U256{{start + begin, 0, 0, 0}});
        for (size_t i = begin; i < end; i++, scalar *= step)
          multiples.add(static_cast<uint32_t>(i - begin), points[start + i], scalar.integer());
        multiples.evaluate(end - begin, &out[start + begin]);
      });
      file_.write(&out[start], count * sizeof(Affine<F>));
      hashCompressed(response_, &out[start], count);
      done_ += count * COST<F>;
      progress_("contribution", std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)));
    }
    return out;
  }

  const Ptau& ptau_;
  SectionWriter& file_;
  const Progress& progress_;
  const History history_;
  Blake2b response_;
  uint64_t done_ = 0, total_;
};

void writePowersHeader(SectionWriter& file, uint32_t power) {
  file.section(HEADER);
  file.u32(sizeof(U256));
  file.write(&Fq::MODULUS, sizeof(U256));
  file.u32(power);
  file.u32(power);
}

}  // namespace

void beginPowers(unsigned power, const std::string& powers) {
  SectionWriter file(powers, FileKind::Ptau);
  writePowersHeader(file, power);
  const auto repeat = [&](uint32_t section, const auto& point, size_t times) {
    file.section(section);
    for (size_t i = 0; i < times; i++) file.write(&point, sizeof point);
  };
  const G1 one1 = CurveOf<Fq>::generator();
  const G2 one2 = CurveOf<Fq2>::generator();
  const size_t count = size_t{1} << power;
  repeat(TAU_1, one1, 2 * count - 1);
  repeat(TAU_2, one2, count);
  repeat(ALPHA_TAU_1, one1, count);
  repeat(BETA_TAU_1, one1, count);
  repeat(BETA_2, one2, 1);
  file.section(CONTRIBUTIONS);
  file.u32(0);
  file.commit();
}

Blake2b::Digest contributeToPowers(const std::string& before, const std::string& after, const ContributionTerms& terms,
                                   const Progress& progress) {
  const Ptau ptau(SectionFile::open(before, FileKind::Ptau));
  if (ptau.power != ptau.ceremonyPower)
    throw Error("BadPtau", before + " has but the first powers of a ceremony, to which nobody can contribute any more");
  ptau.check(PointCheck::Canonical);
  SectionWriter file(after, FileKind::Ptau);
  writePowersHeader(file, ptau.power);
  const Blake2b::Digest response = Contribution(ptau, file, progress).run(terms);
  file.commit();
  return response;
}

}  // namespace provega

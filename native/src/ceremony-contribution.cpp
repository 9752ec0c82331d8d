#include <algorithm>

#include "ceremony-random.hpp"
#include "ceremony.hpp"
#include "group-transform.hpp"
#include "point-hash.hpp"
#include "section-copy.hpp"
#include "wiped.hpp"
#include "zkey-writer.hpp"

namespace provega {

namespace {

/// Points between two writes.
constexpr size_t BLOCK = size_t{1} << 16;

void hashContribution(Blake2b& hash, const KeyContribution& each) {
  hashPoint(hash, each.deltaAfter);
  hashPoint(hash, each.s);
  hashPoint(hash, each.sx);
  hashPoint(hash, each.spx);
  hash.update(each.transcript, std::tuple_size_v<Blake2b::Digest>);
}

template <class F>
Affine<F> times(const Affine<F>& point, const U256& scalar) {
  return (Jacobian<F>::of(point) * scalar).affine();
}

/// Writes a section's points times `scalar`, and tells how many that makes.
void writeScaled(SectionWriter& file, uint32_t section, Packed<G1> points, const U256& scalar,
                 const std::function<void(size_t)>& advance) {
  file.section(section);
  std::vector<G1> in, out;
  for (size_t first = 0; first < points.count; first += BLOCK) {
    const size_t count = std::min(BLOCK, points.count - first);
    in.resize(count);
    out.resize(count);
    for (size_t i = 0; i < count; i++) in[i] = points[first + i];
    scaleAll(in.data(), count, scalar, out.data());
    file.write(out.data(), count * sizeof(G1));
    advance(count);
  }
}

}  // namespace

Blake2b::Digest contributeToKey(const std::string& before, const std::string& after, const ContributionTerms& terms,
                                const Progress& progress) {
  const Zkey key(SectionFile::open(before, FileKind::Zkey));
  key.check(PointCheck::Canonical);
  std::vector<KeyContribution> all = key.contributions();

  // The contributor's secret x, and a proof of knowing it: s, x s, and x times a point that follows from these and from
  // all contributions so far.
  CeremonyRandom random(reinterpret_cast<const uint8_t*>(terms.seed.data()));
  Wiped<Fr> secret(1);
  const Fr& x = secret[0] = random.scalar();
  Blake2b transcript;
  transcript.update(key.circuitHash(), std::tuple_size_v<Blake2b::Digest>);
  for (const KeyContribution& each : all) hashContribution(transcript, each);
  KeyContribution mine{};
  mine.s = random.pointG1();
  mine.sx = times(mine.s, x.integer());
  hashPoint(transcript, mine.s);
  hashPoint(transcript, mine.sx);
  const Blake2b::Digest digest = transcript.digest();
  mine.transcript = digest.data();
  mine.spx = times(CeremonyRandom(digest.data()).pointG2(), x.integer());
  mine.deltaAfter = times(key.delta1, x.integer());
  mine.type = terms.beacon.empty() ? 0 : 1;
  mine.name = terms.name;
  mine.beaconIterations = terms.beaconIterations;
  mine.beacon = terms.beacon;
  all.push_back(mine);

  SectionWriter file(after, FileKind::Zkey);
  writeProtocol(file);
  writeHeader(file, {key.wires, key.publicWires, key.domain, key.alpha1, key.beta1, key.beta2, key.gamma2,
                     mine.deltaAfter, times(key.delta2, x.integer())});
  for (const uint32_t id : {zkey_section::IC, zkey_section::COEFFICIENTS, zkey_section::A, zkey_section::B1,
                            zkey_section::B2})
    copySection(key.file(), id, file);
  const U256 inverse = x.inverse().integer();
  size_t done = 0;
  const auto advance = [&](size_t more) {
    done += more;
    progress("contribution", static_cast<double>(done) / static_cast<double>(key.c.count + key.h.count));
  };
  writeScaled(file, zkey_section::C, key.c, inverse, advance);
  writeScaled(file, zkey_section::H, key.h, inverse, advance);
  writeContributions(file, key.circuitHash(), all);
  file.commit();

  Blake2b hash;
  hashContribution(hash, mine);
  return hash.digest();
}

}  // namespace provega

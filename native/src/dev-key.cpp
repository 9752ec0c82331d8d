#include "dev-key.hpp"

#include <algorithm>

#include "fixed-base.hpp"
#include "zkey-writer.hpp"

namespace provega {

namespace {

/// Of the one contribution in a key whose secret a single process knew; prover/setup/zkey.ts looks for it.
constexpr char INSECURE[] = "INSECURE DEV KEY";
/// Points for one core at a time, and points between two writes.
constexpr size_t PIECE = size_t{1} << 13, BLOCK = size_t{1} << 17;

/// In units of a point in G1.
template <class F>
constexpr uint64_t COST = sizeof(F) == sizeof(Fq) ? 1 : 3;

/// Counts what is done of all points.
class Meter {
 public:
  Meter(uint64_t total, const Progress& progress) : total_(total), progress_(progress) {}
  void advance(uint64_t by) {
    done_ += by;
    progress_("points", static_cast<double>(done_) / static_cast<double>(total_));
  }

 private:
  uint64_t done_ = 0, total_;
  const Progress& progress_;
};

template <class F>
Affine<F> multiple(const U256& scalar) {
  return (Jacobian<F>::of(CurveOf<F>::generator()) * scalar).affine();
}

/// The multiples by scalars[from] to scalars[to - 1] into the section, block by block.
template <class F>
void writeMultiples(SectionWriter& section, const FixedBase<F>& table, const Wiped<U256>& scalars, size_t from,
                    size_t to, Meter& meter) {
  std::vector<Affine<F>> points(std::min(BLOCK, to - from));
  for (size_t first = from; first < to; first += BLOCK) {
    const size_t count = std::min(BLOCK, to - first);
    parallelRanges(count, PIECE, [&](size_t begin, size_t end) {
      table.multiply(&scalars[first + begin], end - begin, &points[begin]);
    });
    section.write(points.data(), count * sizeof(Affine<F>));
    meter.advance(count * COST<F>);
  }
}

}  // namespace

void writeDevKey(const std::string& r1csPath, const std::string& zkeyPath, const Secret& secret,
                 const uint8_t* circuitHash, const Progress& progress) {
  const R1cs r1cs(SectionFile::open(r1csPath, FileKind::R1cs));
  r1cs.check();
  SectionWriter file(zkeyPath, FileKind::Zkey);
  writeProtocol(file);
  writeCoefficients(file, r1cs);
  const KeyScalars scalars = evaluate(r1cs, secret, progress);
  const size_t wires = r1cs.wires, publicEnd = r1cs.publicWires() + size_t{1}, domain = scalars.h.size();

  const G1 delta1 = multiple<Fq>(secret.delta);
  const G2 delta2 = multiple<Fq2>(secret.delta);
  writeHeader(file, {r1cs.wires, r1cs.publicWires(), static_cast<uint32_t>(domain), multiple<Fq>(secret.alpha),
                     multiple<Fq>(secret.beta), multiple<Fq2>(secret.beta), multiple<Fq2>(secret.gamma), delta1,
                     delta2});
  const FixedBase<Fq> table1(3 * wires + domain);
  const FixedBase<Fq2> table2(wires);
  Meter meter((3 * wires + domain) * COST<Fq> + wires * COST<Fq2>, progress);
  const auto write = [&](uint32_t section, const auto& table, const Wiped<U256>& list, size_t from) {
    file.section(section);
    writeMultiples(file, table, list, from, list.size(), meter);
  };
  file.section(zkey_section::IC);
  writeMultiples(file, table1, scalars.k, 0, publicEnd, meter);
  write(zkey_section::A, table1, scalars.a, 0);
  write(zkey_section::B1, table1, scalars.b, 0);
  write(zkey_section::B2, table2, scalars.b, 0);
  write(zkey_section::C, table1, scalars.k, publicEnd);
  write(zkey_section::H, table1, scalars.h, 0);

  // What an honest contributor would write, less the transcript: `zkey verify` refuses the key, as it should.
  const uint8_t transcript[64] = {};
  KeyContribution origin{};
  origin.deltaAfter = origin.sx = delta1;
  origin.s = CurveOf<Fq>::generator();
  origin.spx = delta2;
  origin.transcript = transcript;
  origin.name = INSECURE;
  writeContributions(file, circuitHash, {origin});
  file.commit();
}

}  // namespace provega

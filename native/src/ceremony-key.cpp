#include <algorithm>

#include "ceremony.hpp"
#include "columns.hpp"
#include "combinations.hpp"
#include "overread.hpp"
#include "point-hash.hpp"
#include "ptau-sections.hpp"
#include "ptau.hpp"
#include "zkey-writer.hpp"

namespace provega {

namespace {

/// A matrix, and the points that its rows stand for.
template <class F>
struct Source {
  const Columns& columns;
  Packed<Affine<F>> basis;
};

/// A term's share of the work, in units of one in G1.
template <class F>
constexpr uint64_t COST = sizeof(F) == sizeof(Fq) ? 1 : 3;

/// The terms [from, to) of all those that a wire has in the sources, one source after the other.
struct Piece {
  uint32_t wire;
  uint64_t from, to;
};

/// Σ factor · basis point over the entries of each wire in all sources.
template <class F>
class WireSums {
 public:
  explicit WireSums(std::vector<Source<F>> sources) : sources_(std::move(sources)) {}

  uint64_t terms(uint32_t wire) const {
    uint64_t count = 0;
    for (const Source<F>& each : sources_) count += each.columns.count(wire);
    return count;
  }

  /// Of wires first to first + count - 1; returns the number of terms.
  uint64_t evaluate(uint32_t first, uint32_t count, Affine<F>* out) const {
    const std::vector<Piece> pieces = cut(first, count);
    const std::vector<size_t> batches = batchesOf(pieces);
    std::vector<Affine<F>> sums(pieces.size());
    parallelFor(batches.size() - 1, [&](size_t i) {
      Combinations<F> combinations;
      const size_t begin = batches[i], size = batches[i + 1] - begin;
      for (size_t k = 0; k < size; k++) addTerms(combinations, static_cast<uint32_t>(k), pieces[begin + k]);
      combinations.evaluate(size, &sums[begin]);
    });
    uint64_t terms = 0;
    std::fill_n(out, count, Affine<F>{});
    for (size_t i = 0; i < pieces.size(); i++) {
      Affine<F>& sum = out[pieces[i].wire - first];
      sum = pieces[i].from == 0 ? sums[i] : (Jacobian<F>::of(sum) + sums[i]).affine();
      terms += pieces[i].to - pieces[i].from;
    }
    return terms;
  }

 private:
  /// The constant is in very many terms: no piece has more than this, so that many threads share them.
  static constexpr size_t LONGEST = Combinations<F>::CAPACITY / 4;

  std::vector<Piece> cut(uint32_t first, uint32_t count) const {
    std::vector<Piece> pieces;
    for (uint32_t wire = first; wire < first + count; wire++) {
      const uint64_t all = terms(wire);
      for (uint64_t from = 0; from < all; from += LONGEST)
        pieces.push_back({wire, from, std::min(from + LONGEST, all)});
    }
    return pieces;
  }

  /// Where each batch begins, and where the last one ends: as many pieces as a workplace takes.
  static std::vector<size_t> batchesOf(const std::vector<Piece>& pieces) {
    uint64_t all = 0, terms = 0;
    for (const Piece& each : pieces) all += each.to - each.from;
    const size_t share = std::max(LONGEST, Combinations<F>::shareOf(all));
    std::vector<size_t> starts = {0};
    for (size_t i = 0; i < pieces.size(); i++) {
      const uint64_t more = pieces[i].to - pieces[i].from;
      if (terms + more > share) {
        starts.push_back(i);
        terms = 0;
      }
      terms += more;
    }
    if (!pieces.empty()) starts.push_back(pieces.size());
    return starts;
  }

  void addTerms(Combinations<F>& combinations, uint32_t sum, const Piece& piece) const {
    uint64_t before = 0;
    for (const Source<F>& each : sources_) {
      const uint64_t here = each.columns.count(piece.wire);
      for (uint64_t i = std::max(piece.from, before); i < std::min(piece.to, before + here); i++) {
        const Columns::Entry entry = each.columns.entry(piece.wire, i - before);
        combinations.add(sum, each.basis[entry.row], entry.factor);
      }
      before += here;
    }
  }

  std::vector<Source<F>> sources_;
};

/// Makes the sections of a new key and the hash of the circuit, which takes them in another order than the file.
class Beginning {
 public:
  Beginning(const R1cs& r1cs, const Ptau& ptau, SectionWriter& file, const Progress& progress)
      : r1cs_(r1cs), ptau_(ptau), file_(file), progress_(progress),
        total_(2 * a_.count() + (2 + COST<Fq2>) * b_.count() + c_.count()) {}

  Blake2b::Digest run() {
    writeProtocol(file_);
    writeVerifyingKey();
    writeCoefficients(file_, r1cs_);
    const Packed<G1> tau = ptau_.lagrangeTau1(bits_);
    const WireSums<Fq> all({{a_, ptau_.lagrangeBetaTau1(bits_)}, {b_, ptau_.lagrangeAlphaTau1(bits_)}, {c_, tau}});
    const uint32_t publicEnd = r1cs_.publicWires() + 1, wires = r1cs_.wires;
    write(zkey_section::IC, all, 0, publicEnd);
    writeQuotientPoints();
    write(zkey_section::C, all, publicEnd, wires);
    write(zkey_section::A, WireSums<Fq>({{a_, tau}}), 0, wires);
    write(zkey_section::B1, WireSums<Fq>({{b_, tau}}), 0, wires);
    write(zkey_section::B2, WireSums<Fq2>({{b_, ptau_.lagrangeTau2(bits_)}}), 0, wires);
    const Blake2b::Digest circuit = hash_.digest();
    writeContributions(file_, circuit.data(), {});
    return circuit;
  }

 private:
  /// Points between two writes.
  static constexpr uint32_t BLOCK = 1 << 16;
  /// snarkjs hashes differences of powers so many at a time.
  static constexpr size_t HASHED_AT_ONCE = size_t{1} << 14;

  /// gamma and delta are 1.
  void writeVerifyingKey() {
    const G1 one1 = CurveOf<Fq>::generator();
    const G2 one2 = CurveOf<Fq2>::generator();
    const KeyHeader header{r1cs_.wires,        r1cs_.publicWires(), uint32_t{1} << bits_, ptau_.alphaTau1[0],
                           ptau_.betaTau1[0],  ptau_.beta2,         one2,                 one1,
                           one2};
    writeHeader(file_, header);
    hashPoint(hash_, header.alpha1);
    hashPoint(hash_, header.beta1);
    hashPoint(hash_, header.beta2);
    hashPoint(hash_, header.gamma2);
    hashPoint(hash_, header.delta1);
    hashPoint(hash_, header.delta2);
  }

  template <class F>
  void write(uint32_t section, const WireSums<F>& sums, uint32_t from, uint32_t to) {
    file_.section(section);
    hashCount(to - from);
    std::vector<Affine<F>> points(std::min(BLOCK, to - from));
    for (uint32_t first = from; first < to; first += std::min(BLOCK, to - first)) {
      const uint32_t count = std::min(BLOCK, to - first);
      done_ += COST<F> * sums.evaluate(first, count, points.data());
      file_.write(points.data(), count * sizeof(Affine<F>));
      hashPoints(hash_, points.data(), count);
      progress_("initial key", static_cast<double>(done_) / static_cast<double>(total_));
    }
  }

  /// Odd half of the Lagrange basis over twice the domain. What is hashed are differences tau^(n + i) - tau^i.
  void writeQuotientPoints() {
    const size_t domain = size_t{1} << bits_;
    const Packed<G1> basis = ptau_.lagrangeTau1(bits_ + 1);
    file_.section(zkey_section::H);
    for (size_t i = 0; i < domain; i++) file_.write(basis.at(2 * i + 1), sizeof(G1));

    hashCount(static_cast<uint32_t>(domain - 1));
    const size_t hashed = domain > HASHED_AT_ONCE ? domain : domain - 1;
    std::vector<G1> differences(hashed);
    const size_t proper = std::min(hashed, ptau_.tau1.count - domain);
    parallelRanges(proper, Combinations<Fq>::shareOf(proper),
                   [&](size_t begin, size_t end) { subtractPowers(begin, end, domain, &differences[begin]); });
    if (domain + hashed > ptau_.tau1.count) differences.back() = overread(domain);
    hashPoints(hash_, differences.data(), hashed);
  }

  void subtractPowers(size_t begin, size_t end, size_t domain, G1* out) const {
    const size_t count = end - begin;
    KernelPoints<Fq> points(3 * count);
    std::vector<Operand> pairs;
    for (size_t i = 0; i < count; i++) {
      points[2 * i] = KernelPoints<Fq>::entered(ptau_.tau1[begin + i + domain]);
      points[2 * i + 1] = KernelPoints<Fq>::entered(ptau_.tau1[begin + i]);
      pairs.insert(pairs.end(), {static_cast<Operand>(4 * i), static_cast<Operand>(4 * i + 3)});
    }
    points.sum(pairs, 2 * count);
    for (size_t i = 0; i < count; i++) out[i] = KernelPoints<Fq>::left(points[2 * count + i]);
  }

  /// In the place of tau^(2 n - 1), if the file ends before it: see overread.hpp.
  G1 overread(size_t domain) const {
    constexpr uint64_t HEAD = 12;  // of a section
    const SectionFile& file = ptau_.file();
    const Section& powers = file.section(ptau_section::TAU_1);
    const uint64_t end = powers.offset + powers.size;
    for (const Section& each : file.sections())
      if (each.offset == end + HEAD && each.size + HEAD >= sizeof(G1))
        return overreadDifference(file.content(each) - HEAD, ptau_.tau1[domain - 1]);
    file.refuse(end, "expected another section behind the powers of tau");
  }

  void hashCount(uint32_t count) {
    const uint32_t bytes = __builtin_bswap32(count);
    hash_.update(&bytes, sizeof bytes);
  }

  const R1cs& r1cs_;
  const Ptau& ptau_;
  SectionWriter& file_;
  const Progress& progress_;
  const unsigned bits_ = r1cs_.domainBits();
  const Columns a_{r1cs_, &Constraint::a, true}, b_{r1cs_, &Constraint::b, false}, c_{r1cs_, &Constraint::c, false};
  Blake2b hash_;
  uint64_t done_ = 0, total_;
};

}  // namespace

Blake2b::Digest beginKey(const std::string& r1csPath, const std::string& powers, const std::string& key,
                         const Progress& progress) {
  const R1cs r1cs(SectionFile::open(r1csPath, FileKind::R1cs));
  if (r1cs.domainBits() == MAX_DOMAIN_BITS)  // whose odd half would be in a larger one
    throw Error("BadR1cs", r1csPath + " has too many constraints");
  r1cs.check();
  const Ptau ptau(SectionFile::open(powers, FileKind::Ptau));
  ptau.check(PointCheck::Canonical);
  SectionWriter file(key, FileKind::Zkey);
  const Blake2b::Digest circuit = Beginning(r1cs, ptau, file, progress).run();
  file.commit();
  return circuit;
}

}  // namespace provega

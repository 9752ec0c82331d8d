#include "qap.hpp"

#include <array>
#include <atomic>

#include "roots.hpp"
#include "zkey.hpp"

namespace provega {

namespace {

/// Phase of the progress.
constexpr uint32_t CONSTRAINTS = 0;
/// Elements that share an inversion.
constexpr size_t BATCH = 1024;
/// Pieces of the constraints between two writes: about 65,000 rows.
constexpr size_t PIECES = 64;

/// `scale` times Lagrange polynomials over the domain of 2^bits, at `tau`: 2^countBits of them, all when `countBits` is
/// `bits`, the odd ones when it is one less. With w the root, L_i = w^i (tau^n - 1) / (n (tau - w^i)).
Wiped<Fr> lagrange(const Fr& tau, unsigned bits, unsigned countBits, const Fr& scale) {
  Fr order = Fr::one(), vanishing = tau;
  for (unsigned i = 0; i < bits; i++) {
    order = order.doubled();
    vanishing = vanishing.squared();
  }
  vanishing -= Fr::one();
  if (vanishing.isZero()) throw Error("BadSecret", "tau is a root of unity");
  const Fr factor = vanishing * order.inverse() * scale, step = rootOfUnity(countBits);
  const Fr first = bits == countBits ? Fr::one() : rootOfUnity(bits);
  Wiped<Fr> basis(size_t{1} << countBits);
  parallelRanges(basis.size(), BATCH, [&](size_t begin, size_t end) {
    const size_t count = end - begin;
    Wiped<Fr> nodes(count), scratch(count);
    Fr node = first * step.pow(U256{{begin, 0, 0, 0}});
    for (size_t i = 0; i < count; i++) {
      nodes[i] = node;
      basis[begin + i] = tau - node;
      node *= step;
    }
    invertAll(&basis[begin], scratch.data(), count);
    for (size_t i = 0; i < count; i++) basis[begin + i] *= nodes[i] * factor;
  });
  return basis;
}

/// A factor of a term is a plain integer. Its Montgomery product with an element is plain too; with R^3 it is the
/// factor's double Montgomery form, which section 4 wants.
Fr plain(const U256& integer) { return Fr{integer}; }
const Fr CUBE = Fr{Fr::POWER_512} * Fr{Fr::POWER_512};

/// Plain sums, one for every wire, that many threads add to. Two of them seldom want the same one: `accumulate` keeps
/// the constant wire apart.
class Sums {
 public:
  explicit Sums(size_t wires) : sums_(wires) {}

  void add(uint32_t wire, const Fr& value) {
    std::atomic_flag& lock = locks_[wire % LOCKS];
    while (lock.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
    sums_[wire] = (plain(sums_[wire]) + value).v;
    lock.clear(std::memory_order_release);
  }
  Wiped<U256> take() { return std::move(sums_); }

 private:
  static constexpr size_t LOCKS = 4096;
  Wiped<U256> sums_;
  std::array<std::atomic_flag, LOCKS> locks_{};
};

constexpr size_t COEFFICIENT = STORED_BYTES<Coefficient>;

uint8_t* storeCoefficient(uint8_t* at, uint32_t matrix, uint32_t row, uint32_t wire, const Fr& value) {
  const uint32_t indices[3] = {matrix, row, wire};
  std::memcpy(at, indices, sizeof indices);
  value.v.store(at + sizeof indices);
  return at + COEFFICIENT;
}

size_t coefficientsOf(const Constraints& constraints) {
  size_t count = 0;
  for (const Constraint& each : constraints) count += each.a.count + each.b.count;
  return count;
}

/// Adds every factor times its row's basis element to its wire, in A, B and C, and stores the coefficients of A and B.
void accumulate(const Constraints& constraints, const Wiped<Fr>& basis, std::array<Sums, 3>& sums, uint8_t* out) {
  constexpr uint32_t MATRIX_C = 2;
  Fr constant[3] = {};  // of wire 0, which rows with a constant all name
  uint32_t row = constraints.first();
  for (const Constraint& each : constraints) {
    const Packed<Term> lists[3] = {each.a, each.b, each.c};
    for (uint32_t matrix = 0; matrix < 3; matrix++) {
      for (size_t i = 0; i < lists[matrix].count; i++) {
        const Term term = lists[matrix][i];
        const Fr product = plain(term.factor) * basis[row];
        if (term.wire == 0)
          constant[matrix] += product;
        else
          sums[matrix].add(term.wire, product);
        if (matrix != MATRIX_C) out = storeCoefficient(out, matrix, row, term.wire, plain(term.factor) * CUBE);
      }
    }
    row++;
  }
  for (uint32_t matrix = 0; matrix < 3; matrix++) sums[matrix].add(0, constant[matrix]);
}

/// All constraints, some pieces at a time, and their coefficients into the section.
void accumulateAll(const R1cs& r1cs, const Wiped<Fr>& basis, std::array<Sums, 3>& sums, SectionWriter& section,
                   const Progress& progress) {
  const uint64_t start = section.position();
  section.u32(0);
  std::vector<uint8_t> records;
  for (size_t first = 0; first < r1cs.pieces(); first += PIECES) {
    const size_t count = std::min(PIECES, r1cs.pieces() - first);
    size_t offsets[PIECES + 1] = {};
    for (size_t i = 0; i < count; i++)
      offsets[i + 1] = offsets[i] + COEFFICIENT * coefficientsOf(r1cs.piece(first + i));
    records.resize(offsets[count]);
    parallelFor(count, [&](size_t i) { accumulate(r1cs.piece(first + i), basis, sums, &records[offsets[i]]); });
    section.write(records.data(), records.size());
    const Constraints last = r1cs.piece(first + count - 1);
    progress(CONSTRAINTS, last.first() + last.count(), r1cs.constraintCount);
  }
  // One more row for the constant and each public wire keeps the public inputs linearly independent; see snarkjs.
  for (uint32_t wire = 0; wire <= r1cs.publicWires(); wire++) {
    const uint32_t row = r1cs.constraintCount + wire;
    uint8_t record[COEFFICIENT];
    storeCoefficient(record, 0, row, wire, Fr{Fr::POWER_512});
    section.write(record, COEFFICIENT);
    sums[0].add(wire, plain(basis[row].integer()));
  }
  const uint32_t total = static_cast<uint32_t>((section.position() - start - 4) / COEFFICIENT);
  section.overwrite(start, &total, sizeof total);
}

}  // namespace

KeyScalars evaluate(const R1cs& r1cs, const Secret& secret, SectionWriter& coefficients, const Progress& progress) {
  const unsigned bits = r1cs.domainBits();
  if (bits == MAX_DOMAIN_BITS) throw Error("BadR1cs", r1cs.file().name() + " has too many constraints for a dev key");
  const Fr tau = Fr::of(secret.tau), byDelta = Fr::of(secret.delta).inverse();
  std::array<Sums, 3> sums{Sums(r1cs.wires), Sums(r1cs.wires), Sums(r1cs.wires)};
  {
    const Wiped<Fr> basis = lagrange(tau, bits, bits, Fr::one());
    accumulateAll(r1cs, basis, sums, coefficients, progress);
  }
  KeyScalars out{sums[0].take(), sums[1].take(), sums[2].take(), Wiped<U256>(size_t{1} << bits)};

  const Fr alpha = Fr::of(secret.alpha), beta = Fr::of(secret.beta), byGamma = Fr::of(secret.gamma).inverse();
  parallelRanges(out.k.size(), BATCH, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const Fr sum = plain(out.k[i]) + plain(out.a[i]) * beta + plain(out.b[i]) * alpha;
      out.k[i] = (sum * (i <= r1cs.publicWires() ? byGamma : byDelta)).v;
    }
  });
  const Wiped<Fr> odd = lagrange(tau, bits + 1, bits, byDelta);
  parallelRanges(odd.size(), BATCH, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) out.h[i] = odd[i].integer();
  });
  return out;
}

}  // namespace provega

#include "qap.hpp"

#include <array>
#include <atomic>

#include "roots.hpp"

namespace provega {

namespace {

/// Elements that share an inversion.
constexpr size_t BATCH = 1024;
/// Pieces of the constraints between two reports: about 65,000 rows.
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

/// Factors of terms and the sums are plain integers: a plain integer's Montgomery product with an element is plain.
Fr plain(const U256& integer) { return Fr{integer}; }

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

/// Adds every factor times its row's basis element to its wire, in A, B and C.
void accumulate(const Constraints& constraints, const Wiped<Fr>& basis, std::array<Sums, 3>& sums) {
  Fr constant[3] = {};  // of wire 0, which rows with a constant all name
  uint32_t row = constraints.first();
  for (const Constraint& each : constraints) {
    const Packed<Term> lists[3] = {each.a, each.b, each.c};
    for (size_t matrix = 0; matrix < 3; matrix++) {
      for (size_t i = 0; i < lists[matrix].count; i++) {
        const Term term = lists[matrix][i];
        const Fr product = plain(term.factor) * basis[row];
        if (term.wire == 0)
          constant[matrix] += product;
        else
          sums[matrix].add(term.wire, product);
      }
    }
    row++;
  }
  for (size_t matrix = 0; matrix < 3; matrix++) sums[matrix].add(0, constant[matrix]);
}

void accumulateAll(const R1cs& r1cs, const Wiped<Fr>& basis, std::array<Sums, 3>& sums, const Progress& progress) {
  for (size_t first = 0; first < r1cs.pieces(); first += PIECES) {
    const size_t end = std::min(first + PIECES, r1cs.pieces());
    parallelFor(end - first, [&](size_t i) { accumulate(r1cs.piece(first + i), basis, sums); });
    progress("constraints", static_cast<double>(end) / static_cast<double>(r1cs.pieces()));
  }
  // A has one more row for the constant and each public wire: see Columns.
  for (uint32_t wire = 0; wire <= r1cs.publicWires(); wire++)
    sums[0].add(wire, plain(basis[r1cs.constraintCount + wire].integer()));
}

}  // namespace

KeyScalars evaluate(const R1cs& r1cs, const Secret& secret, const Progress& progress) {
  const unsigned bits = r1cs.domainBits();
  if (bits == MAX_DOMAIN_BITS) throw Error("BadR1cs", r1cs.file().name() + " has too many constraints for a dev key");
  const Fr tau = Fr::of(secret.tau), byDelta = Fr::of(secret.delta).inverse();
  std::array<Sums, 3> sums{Sums(r1cs.wires), Sums(r1cs.wires), Sums(r1cs.wires)};
  {
    const Wiped<Fr> basis = lagrange(tau, bits, bits, Fr::one());
    accumulateAll(r1cs, basis, sums, progress);
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

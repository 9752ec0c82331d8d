#include "groth16.hpp"

#include <sys/random.h>
#include <sys/stat.h>

#include <list>

#include "msm.hpp"
#include "quotient.hpp"
#include "stopwatch.hpp"

namespace provega {
namespace {

/// Coefficients that a core takes at a time.
constexpr size_t PART = 16'384;
/// Keys of one deployment, and a few of the one before.
constexpr size_t KEPT_KEYS = 4;

/// 512 random bits: the remainder is uniform for all that anyone can tell.
Fr drawScalar() {
  uint8_t bytes[64];
  for (size_t have = 0; have < sizeof bytes;) {
    const ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
    if (got <= 0) throw Error{"NoRandomness", "the system gives no random bytes"};
    have += static_cast<size_t>(got);
  }
  return Fr::of(U256::load(bytes)) * Fr{Fr::POWER_512} + Fr::of(U256::load(bytes + 32));
}

}  // namespace

Blinding Blinding::draw() { return {drawScalar(), drawScalar()}; }

ProvingKey::ProvingKey(SectionFile file) : zkey_(std::move(file)) {
  zkey_.check(PointCheck::Canonical);
  std::atomic<bool> isSorted{true};
  const auto& coefficients = zkey_.coefficients;
  parallelRanges(coefficients.count, CHECKED_AT_ONCE, [&](size_t begin, size_t end) {
    for (size_t i = begin ? begin : 1; i < end; i++)
      if (coefficients[i].constraint < coefficients[i - 1].constraint) isSorted = false;
  });
  isSorted_ = isSorted;
  zkey_.file().release();
}

std::shared_ptr<const ProvingKey> ProvingKey::open(const std::string& path) {
  struct Known {
    std::string path;
    struct stat status;
    std::shared_ptr<const ProvingKey> key;
  };
  static std::mutex guard;
  static std::list<Known> known;
  struct stat now {};
  const bool exists = stat(path.c_str(), &now) == 0;
  const std::lock_guard<std::mutex> lock(guard);
  for (auto at = known.begin(); at != known.end(); ++at) {
    if (at->path != path) continue;
    const struct stat& then = at->status;
    if (exists && then.st_dev == now.st_dev && then.st_ino == now.st_ino && then.st_size == now.st_size &&
        then.st_mtim.tv_sec == now.st_mtim.tv_sec && then.st_mtim.tv_nsec == now.st_mtim.tv_nsec) {
      known.splice(known.begin(), known, at);
      return known.front().key;
    }
    known.erase(at);
    break;
  }
  known.push_front({path, now, std::make_shared<const ProvingKey>(SectionFile::open(path, FileKind::Zkey))});
  if (known.size() > KEPT_KEYS) known.pop_back();
  return known.front().key;
}

void ProvingKey::multiplyMatrices(const std::vector<U256>& witness, Fr* a, Fr* b) const {
  const auto& coefficients = zkey_.coefficients;
  const auto add = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const Coefficient each = coefficients[i];
      const U256& value = witness[each.signal];
      if (!value.isZero()) (each.matrix ? b : a)[each.constraint] += each.value * Fr{value};
    }
  };
  if (!isSorted_) return add(0, coefficients.count);
  // A constraint belongs to the part in which it begins.
  const auto boundary = [&](size_t i) {
    while (i > 0 && i < coefficients.count && coefficients[i].constraint == coefficients[i - 1].constraint) i++;
    return i;
  };
  parallelRanges(coefficients.count, PART, [&](size_t begin, size_t end) { add(boundary(begin), boundary(end)); });
}

Proof ProvingKey::prove(const std::vector<U256>& witness, const Blinding& blinding, ProofTimes* times) const {
  if (witness.size() != zkey_.wires)
    throw Error{"BadWitness", "the key is for " + std::to_string(zkey_.wires) + " wires, the witness has " + std::to_string(witness.size())};
  if (!(witness[0] == U256{{1, 0, 0, 0}})) throw Error{"BadWitness", "wire 0 must be 1"};
  for (size_t i = 0; i < witness.size(); i++)
    if (!(witness[i] < Fr::MODULUS)) throw Error{"BadWitness", "wire " + std::to_string(i) + " is not below the modulus"};

  ProofTimes spent{};
  Stopwatch watch;
  // A large key is most of what a proof needs memory for: of what is done with, nothing stays.
  const auto endPhase = [&](double& time) {
    zkey_.file().release();
    time = watch.lap();
  };
  std::vector<U256> h(zkey_.domain);
  {
    std::vector<Fr> a(zkey_.domain, Fr::zero()), b(zkey_.domain, Fr::zero());
    multiplyMatrices(witness, a.data(), b.data());
    endPhase(spent.matrices);
    quotient(a.data(), b.data(), zkey_.domainBits(), h.data());
    spent.quotient = watch.lap();
  }
  const size_t publicWires = size_t{zkey_.publicWires} + 1;
  const Jacobian<Fq> sumH = multiplyG1(zkey_.h.data, h.data(), zkey_.h.count);
  endPhase(spent.h);
  h = {};
  const Jacobian<Fq> sumA = multiplyG1(zkey_.a.data, witness.data(), witness.size());
  endPhase(spent.a);
  const Jacobian<Fq> sumB1 = multiplyG1(zkey_.b1.data, witness.data(), witness.size());
  endPhase(spent.b1);
  const Jacobian<Fq2> sumB2 = multiplyG2(zkey_.b2.data, witness.data(), witness.size());
  endPhase(spent.b2);
  const Jacobian<Fq> sumC = multiplyG1(zkey_.c.data, witness.data() + publicWires, zkey_.c.count);
  endPhase(spent.c);
  if (times) *times = spent;

  const U256 r = blinding.r.integer(), s = blinding.s.integer();
  const auto delta1 = Jacobian<Fq>::of(zkey_.delta1);
  const Jacobian<Fq> a = sumA + zkey_.alpha1 + delta1 * r, b1 = sumB1 + zkey_.beta1 + delta1 * s;
  const Jacobian<Fq2> b = sumB2 + zkey_.beta2 + Jacobian<Fq2>::of(zkey_.delta2) * s;
  const Jacobian<Fq> c = sumC + sumH + a * s + b1 * r + -(delta1 * (blinding.r * blinding.s).integer());
  return {a.affine(), b.affine(), c.affine()};
}

}  // namespace provega

#include "quotient.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cpu.hpp"
#include "parallel.hpp"
#include "roots.hpp"
#include "transform-kernel.hpp"

namespace provega {
namespace {

struct One {
  using Element = Fr;
  using Factor = Fr;
  static constexpr size_t LANES = 1;
  static const Fr& spread(const Fr& factor) { return factor; }
  static Fr factor(const Fr& x) { return x; }
  static Fr difference(const Fr& a, const Fr& b) { return a - b; }
  static const Fr& settle(const Fr& x) { return x; }
  static Fr enter(const Fr* one) { return *one; }
  static Fr load(const Fr* in, size_t) { return *in; }
  static void store(const Fr& x, U256* out, size_t) { *out = x.integer(); }
  struct Rotation {
    explicit Rotation(const Fr*) {}
    const Fr& split(const Fr& x) const { return x; }
    const Fr& join(const Fr& x) const { return x; }
  };
};
constexpr TransformKernel SCALAR = transformKernelOf<One>();

/// Blocks that a core transforms to the end before it goes to the next: they fit its own cache.
constexpr size_t LOCAL_BYTES = size_t{1} << 19;
constexpr size_t PART = 256;

unsigned reversed(size_t i, unsigned bits) {
  size_t out = 0;
  for (unsigned k = 0; k < bits; k++) out |= (i >> k & 1) << (bits - 1 - k);
  return static_cast<unsigned>(out);
}

unsigned bitsOf(size_t powerOfTwo) { return static_cast<unsigned>(__builtin_ctzll(powerOfTwo)); }

class Memory {
 public:
  explicit Memory(size_t bytes) : bytes_(static_cast<uint8_t*>(::operator new[](bytes, LINE))) {}
  void* get() const { return bytes_.get(); }

 private:
  static constexpr std::align_val_t LINE{64};
  struct Free {
    void operator()(uint8_t* bytes) const { ::operator delete[](bytes, LINE); }
  };
  std::unique_ptr<uint8_t[], Free> bytes_;
};

/// Everything about transforms of one size: made once, kept for the next proof.
class Domain {
 public:
  Domain(const TransformKernel& kernel, unsigned bits)
      : kernel_(kernel),
        bits_(bits),
        blocks_((size_t{1} << bits) / kernel.lanes),
        inverse_(blocks_ * kernel.factorBytes),
        forward_(blocks_ * kernel.factorBytes),
        coset_(blocks_ * kernel.factorBytes) {
    const Fr root = rootOfUnity(bits), lanesRoot = rootOfUnity(bitsOf(kernel.lanes));
    tabulateRounds(inverse_, rootOfUnity(bitsOf(blocks_)).inverse());
    tabulateRounds(forward_, rootOfUnity(bitsOf(blocks_)));
    const Fr odd = rootOfUnity(bits + 1);
    tabulateCoset(odd);
    for (size_t lane = 0; lane < kernel.lanes; lane++) {
      const U256 frequency{{reversed(lane, bitsOf(kernel.lanes)), 0, 0, 0}};
      perLane_.push_back(odd.pow(frequency));
      forwardLanes_.push_back(root.pow(frequency));
      inverseLanes_.push_back(forwardLanes_.back().inverse());
    }
    for (uint64_t i = 0; i < std::max<size_t>(kernel.lanes / 2, 1); i++) {
      forwardEighths_.push_back(lanesRoot.pow({{i, 0, 0, 0}}));
      inverseEighths_.push_back(forwardEighths_.back().inverse());
    }
  }

  size_t bytes() const { return blocks_ * kernel_.blockBytes; }

  void load(const Fr* in, void* x) const {
    over([&](size_t from, size_t to) { kernel_.load(in, size_t{1} << bits_, from, to, x); });
  }
  void multiply(const void* a, const void* b, void* out) const {
    over([&](size_t from, size_t to) { kernel_.multiply(a, b, from, to, out); });
  }
  void finish(const void* a, const void* b, const void* c, U256* out) const {
    over([&](size_t from, size_t to) { kernel_.finish(a, b, c, size_t{1} << bits_, from, to, out); });
  }

  /// From values on the roots of unity to values on the odd coset, in place.
  void toCoset(void* x) const {
    const size_t local = std::min(blocks_, LOCAL_BYTES / kernel_.blockBytes / 2);
    over([&](size_t from, size_t to) {
      const std::vector<Fr> start = powers(inverseLanes_, from);
      kernel_.splitLanes(x, from, to, start.data(), inverseLanes_.data(), inverseEighths_.data());
    });
    size_t size = blocks_;
    for (; size > local; size /= 4)
      overQuarters(size, [&](void* at, size_t begin, size_t end) { kernel_.split(at, inverse_.get(), size / 4, begin, end); }, x);
    parallelFor(blocks_ / size, [&](size_t i) {
      void* at = place(x, i * size);
      kernel_.splitAll(at, inverse_.get(), size);
      kernel_.shift(at, static_cast<const uint8_t*>(coset_.get()) + i * size * kernel_.factorBytes, perLane_.data(), 0, size);
      kernel_.joinAll(at, forward_.get(), size);
    });
    for (size *= 4; size <= blocks_; size *= 4)
      overQuarters(size, [&](void* at, size_t begin, size_t end) { kernel_.join(at, forward_.get(), size / 4, begin, end); }, x);
    over([&](size_t from, size_t to) {
      const std::vector<Fr> start = powers(forwardLanes_, from);
      kernel_.joinLanes(x, from, to, start.data(), forwardLanes_.data(), forwardEighths_.data());
    });
  }

 private:
  void* place(void* x, size_t block) const { return static_cast<uint8_t*>(x) + block * kernel_.blockBytes; }

  template <class Task>
  void over(const Task& task) const {
    parallelRanges(blocks_, std::max(PART, blocks_ / 64), task);
  }
  /// Two rounds over every `size` blocks.
  template <class Task>
  void overQuarters(size_t size, const Task& task, void* x) const {
    const size_t part = std::min(PART, size / 4), parts = size / 4 / part;
    parallelFor(blocks_ / size * parts,
                [&](size_t i) { task(place(x, i / parts * size), i % parts * part, (i % parts + 1) * part); });
  }

  static std::vector<Fr> powers(const std::vector<Fr>& bases, size_t exponent) {
    std::vector<Fr> out;
    for (const Fr& base : bases) out.push_back(base.pow({{exponent, 0, 0, 0}}));
    return out;
  }

  void tabulateRounds(const Memory& table, const Fr& root) {
    std::vector<Fr> factors(blocks_, Fr::one());
    // The t-th power for h is the 2 t-th for 2 h.
    const size_t top = blocks_ / 2;
    for (size_t t = 1; t < top; t++) factors[top + t] = factors[top + t - 1] * root;
    for (size_t h = top / 2; h > 0; h /= 2)
      for (size_t t = 0; t < h; t++) factors[h + t] = factors[2 * h + 2 * t];
    kernel_.tabulate(factors.data(), blocks_, table.get());
  }

  void tabulateCoset(const Fr& odd) {
    const unsigned blockBits = bitsOf(blocks_);
    const Fr step = odd.pow({{kernel_.lanes, 0, 0, 0}});
    std::vector<Fr> factors(blocks_);
    Fr factor = Fr::of(uint64_t{1} << bits_).inverse();
    for (size_t i = 0; i < blocks_; i++, factor *= step) factors[reversed(i, blockBits)] = factor;
    kernel_.tabulate(factors.data(), blocks_, coset_.get());
  }

  const TransformKernel& kernel_;
  unsigned bits_;
  size_t blocks_;
  Memory inverse_, forward_, coset_;
  std::vector<Fr> perLane_, inverseLanes_, forwardLanes_, inverseEighths_, forwardEighths_;
};

std::shared_ptr<const Domain> domainOf(unsigned bits) {
  static std::mutex guard;
  static std::map<unsigned, std::shared_ptr<const Domain>> known;
  const std::lock_guard<std::mutex> lock(guard);
  std::shared_ptr<const Domain>& domain = known[bits];
  // Eight lanes need eight elements.
  if (!domain) domain = std::make_shared<Domain>(bits < 3 ? SCALAR : transformKernel(), bits);
  return domain;
}

}  // namespace

const TransformKernel& transformKernel() {
#if defined(PROVEGA_IFMA)
  if (hasIfma()) return ifma::TRANSFORM_KERNEL;
#endif
  return SCALAR;
}

void quotient(const Fr* a, const Fr* b, unsigned bits, U256* out) {
  const std::shared_ptr<const Domain> domain = domainOf(bits);
  const Memory blocksA(domain->bytes()), blocksB(domain->bytes()), blocksC(domain->bytes());
  domain->load(a, blocksA.get());
  domain->load(b, blocksB.get());
  domain->multiply(blocksA.get(), blocksB.get(), blocksC.get());
  for (void* each : {blocksA.get(), blocksB.get(), blocksC.get()}) domain->toCoset(each);
  domain->finish(blocksA.get(), blocksB.get(), blocksC.get(), out);
}

}  // namespace provega

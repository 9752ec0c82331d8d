/// Sums of pairs on eight lanes.
#include "lanes.hpp"
#include "pair-kernel.hpp"

namespace provega::ifma {
namespace {

using Base = Lanes<BaseModulus>;

/// Elements of Fq2, a + b u. Products of components below 4 p stay below 2.2 p.
struct Pairs {
  Base a, b;

  Pairs operator+(const Pairs& o) const { return {a + o.a, b + o.b}; }
  Pairs operator-(const Pairs& o) const { return {a - o.a, b - o.b}; }
  Pairs operator*(const Pairs& o) const {
    const Base::Wide aa = Base::product(a, o.a), bb = Base::product(b, o.b);
    return {(aa - bb).reducedSigned(), (Base::product(a + b, o.a + o.b) - aa - bb).reduced()};
  }
  Pairs squared() const { return {(a + b) * (a - b), (a + a) * b}; }
};

Mask isZero(const Base& x) {
  Vec any = x.v[0];
  for (int i = 1; i < 5; i++) any = _mm512_or_si512(any, x.v[i]);
  return _mm512_testn_epi64_mask(any, any);
}
Mask isZero(const Pairs& x) { return isZero(x.a) & isZero(x.b); }
Mask equal(const Base& x, const Base& y) {
  Mask same = 0xff;
  for (int i = 0; i < 5; i++) same &= _mm512_cmpeq_epi64_mask(x.v[i], y.v[i]);
  return same;
}
Mask equal(const Pairs& x, const Pairs& y) { return equal(x.a, y.a) & equal(x.b, y.b); }
Base select(Mask mask, const Base& yes, const Base& no) { return Base::select(mask, yes, no); }
Pairs select(Mask mask, const Pairs& yes, const Pairs& no) {
  return {Base::select(mask, yes.a, no.a), Base::select(mask, yes.b, no.b)};
}
Base difference(const Base& x, const Base& y) { return x.lessSmall(y); }
Pairs difference(const Pairs& x, const Pairs& y) { return {x.a.lessSmall(y.a), x.b.lessSmall(y.b)}; }
/// Below 1.2 p + 2 p in Fq, 2.2 p + 2 p in Fq2; three times a square is below 3.3 p and 6.6 p.
Base tidy(const Base& x) { return x.canonicalBelow4(); }
Pairs tidy(const Pairs& x) { return {x.a.canonical(), x.b.canonical()}; }
Base negatedWhere(Mask mask, const Base& x) { return x.negatedWhere(mask); }
Pairs negatedWhere(Mask mask, const Pairs& x) { return {x.a.negatedWhere(mask), x.b.negatedWhere(mask)}; }

template <class F, class E>
struct Eight {
  using Point = Affine<F>;
  using Element = E;
  using Mask = ifma::Mask;
  static constexpr size_t LANES = 8;

  /// Where the left or right points of eight pairs are.
  struct Places {
    const uint8_t* at[8];
    Mask negative = 0;
    Places(const Point* points, const Operand* operands) {
      for (unsigned i = 0; i < 8; i++) at[i] = reinterpret_cast<const uint8_t*>(points + (operands[i] >> 1));
    }
    Places(const Point* points, const Operand* operands, int side) {
      for (unsigned i = 0; i < 8; i++) {
        const Operand operand = operands[2 * i + static_cast<unsigned>(side)];
        at[i] = reinterpret_cast<const uint8_t*>(points + (operand >> 1));
        negative = static_cast<Mask>(negative | (operand & 1) << i);
      }
    }
  };
  static void prefetch(const Point* points, const Operand* operands) {
    for (int i = 0; i < 16; i++) {
      const char* at = reinterpret_cast<const char*>(points + (operands[i] >> 1));
      for (size_t line = 0; line < sizeof(Point); line += 64) _mm_prefetch(at + line, _MM_HINT_T0);
    }
  }

  static Element zero() { return constant({}); }
  static Element one() { return constant(Base::POWER_260); }
  static Element x(const Places& places) { return coordinate(places, 0); }
  static Element y(const Places& places) { return negatedWhere(places.negative, coordinate(places, sizeof(F))); }
  static void store(Point* out, const Element& x, const Element& y) {
    put(reinterpret_cast<uint8_t*>(out), x);
    put(reinterpret_cast<uint8_t*>(out) + sizeof(F), y);
  }

  static bool any(Mask mask) { return mask != 0; }
  static Mask andNot(Mask a, Mask b) { return static_cast<Mask>(a & ~b); }
  static Mask isZero(const Element& x) { return ifma::isZero(x); }
  static Mask equal(const Element& x, const Element& y) { return ifma::equal(x, y); }
  static Element select(Mask mask, const Element& yes, const Element& no) { return ifma::select(mask, yes, no); }
  static Element difference(const Element& a, const Element& b) { return ifma::difference(a, b); }
  static Element tidy(const Element& x) { return ifma::tidy(x); }
  static Element inverse(const Element& x) {
    alignas(64) F eight[8];
    spill(eight, tidy(x));
    invertInLanesForm(eight, 8);
    return fill(eight);
  }

 private:
  static Element constant(const Limbs& limbs) {
    if constexpr (sizeof(E) == sizeof(Base)) return Base::constant(limbs);
    else return {Base::constant(limbs), Base::zero()};
  }
  static Base gather(const Places& places, size_t offset) {
    Vec r[4];
    for (int i = 0; i < 4; i++) {
      const __m256i left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(places.at[2 * i] + offset));
      const __m256i right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(places.at[2 * i + 1] + offset));
      r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(left), right, 1);
    }
    return Base::ofPairs(r);
  }
  static Element coordinate(const Places& places, size_t offset) {
    if constexpr (sizeof(E) == sizeof(Base)) return gather(places, offset);
    else return {gather(places, offset), gather(places, offset + 32)};
  }
  static void scatter(uint8_t* to, size_t stride, const Base& x) {
    Vec r[4];
    x.toPairs(r);
    for (size_t i = 0; i < 4; i++) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 2 * i * stride), _mm512_castsi512_si256(r[i]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + (2 * i + 1) * stride), _mm512_extracti64x4_epi64(r[i], 1));
    }
  }
  static void put(uint8_t* to, const Base& x) { scatter(to, sizeof(Point), x); }
  static void put(uint8_t* to, const Pairs& x) {
    scatter(to, sizeof(Point), x.a);
    scatter(to + 32, sizeof(Point), x.b);
  }
  static void spill(Fq* to, const Base& x) { x.store(to); }
  static void spill(Fq2* to, const Pairs& x) {
    scatter(reinterpret_cast<uint8_t*>(to), sizeof(Fq2), x.a);
    scatter(reinterpret_cast<uint8_t*>(to) + 32, sizeof(Fq2), x.b);
  }
  static Element fill(const F* from) {
    Places places(nullptr, NO_OPERANDS, 0);
    for (int i = 0; i < 8; i++) places.at[i] = reinterpret_cast<const uint8_t*>(from + i);
    return coordinate(places, 0);
  }
  static constexpr Operand NO_OPERANDS[16] = {};
};

template <class F, class E>
void sums(const Affine<F>* points, const Operand* operands, size_t pairs, Affine<F>* out, void* scratch) {
  using V = Eight<F, E>;
  sumPairs<V>(points, operands, pairs, out, *static_cast<PairScratch<V>*>(scratch));
}

template <class F, class E>
void doubles(const Affine<F>* points, const Operand* operands, size_t count, Affine<F>* out, void* scratch) {
  using V = Eight<F, E>;
  doublePoints<V>(points, operands, count, out, *static_cast<PairScratch<V>*>(scratch));
}

}  // namespace

const PairKernel<Fq> PAIR_KERNEL_G1 = {8, sizeof(PairScratch<Eight<Fq, Base>>), 4, sums<Fq, Base>, doubles<Fq, Base>};
const PairKernel<Fq2> PAIR_KERNEL_G2 = {8, sizeof(PairScratch<Eight<Fq2, Pairs>>), 4, sums<Fq2, Pairs>,
                                        doubles<Fq2, Pairs>};

}  // namespace provega::ifma

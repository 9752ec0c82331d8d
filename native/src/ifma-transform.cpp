/// Transforms on eight lanes.
#include "lanes.hpp"
#include "transform-kernel.hpp"

namespace provega::ifma {
namespace {

struct Eight {
  using Element = Lanes<ScalarModulus>;
  using Factor = Limbs;
  static constexpr size_t LANES = 8;

  static Element spread(const Factor& factor) { return Element::constant(factor); }
  /// x R with R = 2^260 is 16 times x R with R = 2^256.
  static Factor factor(Fr x) {
    for (int i = 0; i < 4; i++) {
      U256 twice{}, less{};
      provega::add(twice, x.v, x.v);
      x.v = provega::subtract(less, twice, Fr::MODULUS) ? twice : less;
    }
    return limbsOf(x.v);
  }
  static Element difference(const Element& a, const Element& b) { return a.lessSmall(b); }
  /// From below 8 p to below 2 p.
  static Element settle(const Element& x) { return x.lessAtMost<4>().lessAtMost<2>(); }

  static Element enter(const Fr* eight) { return Element::load(eight).entered(); }
  static Element load(const Fr* in, size_t stride) {
    Vec r[4];
    for (size_t i = 0; i < 4; i++) {
      const __m256i left = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 2 * i * stride));
      const __m256i right = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + (2 * i + 1) * stride));
      r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(left), right, 1);
    }
    return Element::ofPairs(r).entered();
  }
  /// The plain integers: what Montgomery's reduction makes of a product with 1.
  static void store(const Element& x, U256* out, size_t stride) {
    Vec r[4];
    (x * Element::constant({{1, 0, 0, 0, 0}})).canonicalBelow2().toPairs(r);
    for (size_t i = 0; i < 4; i++) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 2 * i * stride), _mm512_castsi512_si256(r[i]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + (2 * i + 1) * stride), _mm512_extracti64x4_epi64(r[i], 1));
    }
  }

  /// The three rounds within a vector: across 4, 2 and 1 lanes.
  struct Rotation {
    Element across4, across2;

    explicit Rotation(const Fr* eighths) {
      const Fr one = eighths[0];
      const Fr first[8] = {one, one, one, one, eighths[0], eighths[1], eighths[2], eighths[3]};
      const Fr second[8] = {one, one, eighths[0], eighths[2], one, one, eighths[0], eighths[2]};
      across4 = enter(first);
      across2 = enter(second);
    }

    static Element swapped4(const Element& x) {
      Element out;
      for (int i = 0; i < 5; i++) out.v[i] = _mm512_shuffle_i64x2(x.v[i], x.v[i], 0x4e);
      return out;
    }
    static Element swapped2(const Element& x) {
      Element out;
      for (int i = 0; i < 5; i++) out.v[i] = _mm512_permutex_epi64(x.v[i], 0x4e);
      return out;
    }
    static Element swapped1(const Element& x) {
      Element out;
      for (int i = 0; i < 5; i++) out.v[i] = _mm512_permutex_epi64(x.v[i], 0xb1);
      return out;
    }
    /// Sums in the lower lanes, differences in the upper ones, of values below 2 p: below 4 p.
    static Element butterfly(const Element& x, const Element& partner, Mask upper) {
      return Element::select(upper, partner.lessSmall(x), x + partner);
    }

    Element split(const Element& x) const {
      const Element a = butterfly(x, swapped4(x), 0xf0) * across4;
      const Element b = butterfly(a, swapped2(a), 0xcc) * across2;
      return butterfly(b, swapped1(b), 0xaa);
    }
    Element join(const Element& x) const {
      const Element a = butterfly(x, swapped1(x), 0xaa) * across2;
      const Element b = butterfly(a, swapped2(a), 0xcc) * across4;
      return settle(butterfly(b, swapped4(b), 0xf0));
    }
  };
};

}  // namespace

const TransformKernel TRANSFORM_KERNEL = transformKernelOf<Eight>();

}  // namespace provega::ifma

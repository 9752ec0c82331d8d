/// Eight field elements at a time on AVX-512 IFMA: five limbs of 52 bits, one vector a limb, Montgomery form with R = 2^260.
///
/// Only for files compiled with the flags of that instruction set. What such a file instantiates must not be shared with
/// others (the linker keeps one copy of an inline function, perhaps this one), so here is nothing but these types,
/// all in `provega::ifma`; of the scalar headers only constants are used.
#pragma once

#include <immintrin.h>

#include "field.hpp"
#include "limbs.hpp"

namespace provega::ifma {

using Vec = __m512i;
using Mask = __mmask8;

inline Vec splat(uint64_t word) { return _mm512_set1_epi64(static_cast<long long>(word)); }
inline Vec low(Vec sum, Vec a, Vec b) { return _mm512_madd52lo_epu64(sum, a, b); }
inline Vec high(Vec sum, Vec a, Vec b) { return _mm512_madd52hi_epu64(sum, a, b); }

/// Transposes 8 x 8 words.
inline void transpose(Vec (&r)[8]) {
  Vec a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; k++) {
      b[i + k] = _mm512_shuffle_i64x2(a[i + k], a[i + k + 2], 0x88);
      b[i + k + 2] = _mm512_shuffle_i64x2(a[i + k], a[i + k + 2], 0xdd);
    }
  for (int k = 0; k < 4; k++) {
    r[k] = _mm512_shuffle_i64x2(b[k], b[k + 4], 0x88);
    r[k + 4] = _mm512_shuffle_i64x2(b[k], b[k + 4], 0xdd);
  }
}

/// Values are not negative, with limbs below 2^52, and carry no bound of their own: who computes keeps it in mind. A product is below
/// p + a b / 2^260, that is p + 0.012 (a / p) (b / p) p; a sum adds bounds; `a - b` needs b < 4 p and is below a + 4 p. Comparing and
/// storing need canonical values.
template <class Modulus>
struct Lanes {
  Vec v[5];

  static Lanes zero() { return {{splat(0), splat(0), splat(0), splat(0), splat(0)}}; }
  static Lanes one() { return constant(POWER_260); }
  static Lanes constant(const Limbs& x) {
    return {{splat(x.w[0]), splat(x.w[1]), splat(x.w[2]), splat(x.w[3]), splat(x.w[4])}};
  }

  Lanes operator+(const Lanes& o) const {
    Lanes out;
    for (int i = 0; i < 5; i++) out.v[i] = _mm512_add_epi64(v[i], o.v[i]);
    return out.carried();
  }
  Lanes operator-(const Lanes& o) const {
    Lanes out;
    for (int i = 0; i < 5; i++)
      out.v[i] = _mm512_add_epi64(_mm512_sub_epi64(v[i], o.v[i]), splat(MULTIPLES.at[4].w[i]));
    return out.carried();
  }
  /// a - b + 2 p, for b < 2 p.
  Lanes lessSmall(const Lanes& o) const {
    Lanes out;
    for (int i = 0; i < 5; i++)
      out.v[i] = _mm512_add_epi64(_mm512_sub_epi64(v[i], o.v[i]), splat(MULTIPLES.at[2].w[i]));
    return out.carried();
  }
  Lanes operator*(const Lanes& o) const {
    Wide t = product(*this, o);
    return t.reduced();
  }
  Lanes squared() const {
    Wide t = square(*this);
    return t.reduced();
  }

  /// p or 0 less than this: canonical, for canonical values.
  Lanes negatedWhere(Mask mask) const {
    Lanes out;
    for (int i = 0; i < 5; i++) out.v[i] = _mm512_mask_sub_epi64(v[i], mask, splat(MODULUS.w[i]), v[i]);
    return out.carried();
  }
  static Lanes select(Mask mask, const Lanes& yes, const Lanes& no) {
    Lanes out;
    for (int i = 0; i < 5; i++) out.v[i] = _mm512_mask_blend_epi64(mask, no.v[i], yes.v[i]);
    return out;
  }

  /// Less K p where that leaves no negative value: halves the bound 2 K p.
  template <int K>
  Lanes lessAtMost() const {
    Lanes out;
    for (int i = 0; i < 5; i++) out.v[i] = _mm512_sub_epi64(v[i], splat(MULTIPLES.at[K].w[i]));
    out = out.carried();
    return select(_mm512_movepi64_mask(out.v[4]), *this, out);
  }
  /// The value in [0, p), of one below 2, 4 or 8 p.
  Lanes canonicalBelow2() const { return lessAtMost<1>(); }
  Lanes canonicalBelow4() const { return lessAtMost<2>().template lessAtMost<1>(); }
  Lanes canonical() const { return lessAtMost<4>().template lessAtMost<2>().template lessAtMost<1>(); }

  /// Between Montgomery forms: R = 2^256 as files have it, and R = 2^260.
  Lanes entered() const { return *this * constant(ENTER); }
  Lanes left() const { return *this * constant(LEAVE); }

  /// From and to four vectors of 64-bit words.
  static Lanes unpack(Vec w0, Vec w1, Vec w2, Vec w3) {
    const Vec mask = splat(LIMB_MASK);
    const auto join = [&](Vec lower, int right, Vec upper, int leftward) {
      return _mm512_and_si512(
          _mm512_or_si512(_mm512_srli_epi64(lower, static_cast<unsigned>(right)), _mm512_slli_epi64(upper, static_cast<unsigned>(leftward))), mask);
    };
    return {{_mm512_and_si512(w0, mask), join(w0, 52, w1, 12), join(w1, 40, w2, 24), join(w2, 28, w3, 36),
             _mm512_srli_epi64(w3, 16)}};
  }
  void pack(Vec& w0, Vec& w1, Vec& w2, Vec& w3) const {
    const auto join = [&](int i, unsigned right, unsigned leftward) {
      return _mm512_or_si512(_mm512_srli_epi64(v[i], right), _mm512_slli_epi64(v[i + 1], leftward));
    };
    w0 = join(0, 0, 52);
    w1 = join(1, 12, 40);
    w2 = join(2, 24, 28);
    w3 = join(3, 36, 16);
  }
  /// Eight elements of 32 bytes, two a vector, and back (canonical values only).
  static Lanes ofPairs(const Vec (&r)[4]) {
    const auto pick = [&](Vec a, Vec b, Vec at) { return _mm512_permutex2var_epi64(a, at, b); };
    const Vec lowAt = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13), highAt = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
    const Vec a = pick(r[0], r[1], lowAt), b = pick(r[2], r[3], lowAt);
    const Vec c = pick(r[0], r[1], highAt), d = pick(r[2], r[3], highAt);
    return unpack(_mm512_shuffle_i64x2(a, b, 0x44), _mm512_shuffle_i64x2(a, b, 0xee), _mm512_shuffle_i64x2(c, d, 0x44),
                  _mm512_shuffle_i64x2(c, d, 0xee));
  }
  void toPairs(Vec (&r)[4]) const {
    Vec w[4];
    pack(w[0], w[1], w[2], w[3]);
    const auto pick = [&](Vec a, Vec b, Vec at) { return _mm512_permutex2var_epi64(a, at, b); };
    const Vec lowAt = _mm512_setr_epi64(0, 8, 2, 10, 1, 9, 3, 11), highAt = _mm512_setr_epi64(4, 12, 6, 14, 5, 13, 7, 15);
    const Vec first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    const Vec a = pick(w[0], w[1], lowAt), b = pick(w[2], w[3], lowAt);
    const Vec c = pick(w[0], w[1], highAt), d = pick(w[2], w[3], highAt);
    r[0] = pick(a, b, first);
    r[1] = pick(a, b, second);
    r[2] = pick(c, d, first);
    r[3] = pick(c, d, second);
  }
  /// Eight elements in a row.
  static Lanes load(const void* eight) {
    Vec r[4];
    for (int i = 0; i < 4; i++) r[i] = _mm512_loadu_si512(static_cast<const uint8_t*>(eight) + 64 * i);
    return ofPairs(r);
  }
  void store(void* eight) const {
    Vec r[4];
    toPairs(r);
    for (int i = 0; i < 4; i++) _mm512_storeu_si512(static_cast<uint8_t*>(eight) + 64 * i, r[i]);
  }

  /// A sum of products before its reduction; limbs are signed and not yet carried.
  struct Wide {
    Vec t[10];

    Wide operator-(const Wide& o) const {
      Wide out;
      for (int i = 0; i < 10; i++) out.t[i] = _mm512_sub_epi64(t[i], o.t[i]);
      return out;
    }

    /// T / 2^260 mod p, below T / 2^260 + p and a little. T is not negative.
    ///
    /// A round removes the lowest limb. The first three add t0 (k p + 1) / 2^52 with k = -1 / p mod 2^52, which needs no product to
    /// find a quotient and leaves the value below 2^52 p; the last two are Montgomery's.
    Lanes reduced() const { return remainder().carried(); }
    /// The same plus p, for a T above -p 2^260.
    Lanes reducedSigned() const {
      Lanes out = remainder();
      for (int i = 0; i < 5; i++) out.v[i] = _mm512_add_epi64(out.v[i], splat(MODULUS.w[i]));
      return out.carried();
    }

   private:
    Lanes remainder() const {
      Vec s[10];
      for (int i = 0; i < 10; i++) s[i] = t[i];
      for (int i = 0; i < 3; i++) {
        const Vec q = s[i];
        s[i + 1] = _mm512_add_epi64(s[i + 1], _mm512_srai_epi64(q, 52));
        for (int j = 0; j < 5; j++) {
          const Vec f = splat(FRIENDLY.w[j]);
          s[i + 1 + j] = low(s[i + 1 + j], q, f);
          s[i + 2 + j] = high(s[i + 2 + j], q, f);
        }
      }
      for (int i = 3; i < 5; i++) {
        const Vec q = low(splat(0), s[i], splat(NEGATIVE_INVERSE));
        // The lowest limb becomes a multiple of 2^52: one more than its carry, unless it was one already.
        s[i + 1] = _mm512_add_epi64(s[i + 1], _mm512_srai_epi64(s[i], 52));
        s[i + 1] = _mm512_mask_add_epi64(s[i + 1], _mm512_test_epi64_mask(s[i], splat(LIMB_MASK)), s[i + 1], splat(1));
        for (int j = 1; j < 5; j++) s[i + j] = low(s[i + j], q, splat(MODULUS.w[j]));
        for (int j = 0; j < 5; j++) s[i + 1 + j] = high(s[i + 1 + j], q, splat(MODULUS.w[j]));
      }
      return {{s[5], s[6], s[7], s[8], s[9]}};
    }
  };

  static Wide product(const Lanes& a, const Lanes& b) {
    Wide out;
    for (int i = 0; i < 10; i++) out.t[i] = splat(0);
    for (int i = 0; i < 5; i++)
      for (int j = 0; j < 5; j++) {
        out.t[i + j] = low(out.t[i + j], a.v[i], b.v[j]);
        out.t[i + j + 1] = high(out.t[i + j + 1], a.v[i], b.v[j]);
      }
    return out;
  }
  static Wide square(const Lanes& a) {
    Wide out;
    for (int i = 0; i < 10; i++) out.t[i] = splat(0);
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        out.t[i + j] = low(out.t[i + j], a.v[i], a.v[j]);
        out.t[i + j + 1] = high(out.t[i + j + 1], a.v[i], a.v[j]);
      }
    for (int i = 1; i < 9; i++) out.t[i] = _mm512_add_epi64(out.t[i], out.t[i]);
    for (int i = 0; i < 5; i++) {
      out.t[2 * i] = low(out.t[2 * i], a.v[i], a.v[i]);
      out.t[2 * i + 1] = high(out.t[2 * i + 1], a.v[i], a.v[i]);
    }
    return out;
  }

  /// Moves what exceeds 52 bits, or is negative, to the next limb. The top limb keeps the sign.
  Lanes carried() const {
    Lanes out = *this;
    for (int i = 0; i < 4; i++) {
      out.v[i + 1] = _mm512_add_epi64(out.v[i + 1], _mm512_srai_epi64(out.v[i], 52));
      out.v[i] = _mm512_and_si512(out.v[i], splat(LIMB_MASK));
    }
    return out;
  }

 private:
  static constexpr U256 P = Modulus::VALUE;
  /// x 2^n mod p.
  static constexpr U256 shifted(U256 x, int n) {
    for (int i = 0; i < n; i++) {
      provega::add(x, x, x);
      if (!(x < P)) provega::subtract(x, x, P);
    }
    return x;
  }
  static constexpr U256 halved(U256 x, int n) {
    for (int i = 0; i < n; i++) {
      if (x.w[0] & 1) provega::add(x, x, P);
      for (int k = 0; k < 3; k++) x.w[k] = x.w[k] >> 1 | x.w[k + 1] << 63;
      x.w[3] >>= 1;
    }
    return x;
  }
  static constexpr U256 ONE{{1, 0, 0, 0}};

 public:
  static constexpr Limbs POWER_260 = limbsOf(shifted(ONE, 260));
  /// x 2^256 times this is x 2^260 2^260: the product is x 2^260.
  static constexpr Limbs ENTER = limbsOf(shifted(ONE, 264));
  static constexpr Limbs LEAVE = limbsOf(shifted(ONE, 256));

 private:
  struct Multiples {
    Limbs at[5];
  };
  /// 0, p, 2 p, 3 p, 4 p.
  static constexpr Multiples MULTIPLES = [] {
    Multiples out{};
    U256 sum{};
    for (int i = 0; i < 5; i++) {
      out.at[i] = limbsOf(sum);
      provega::add(sum, sum, P);
    }
    return out;
  }();
  static constexpr Limbs MODULUS = MULTIPLES.at[1];
  /// k = -1 / p mod 2^52, by Newton's iteration.
  static constexpr uint64_t NEGATIVE_INVERSE = [] {
    uint64_t x = 1;
    for (int i = 0; i < 6; i++) x *= 2 - P.w[0] * x;
    return -x & LIMB_MASK;
  }();
  /// (k p + 1) / 2^52.
  static constexpr Limbs FRIENDLY = [] {
    uint64_t word[5] = {};
    u128 sum = 1;
    for (int i = 0; i < 4; i++) {
      sum += static_cast<u128>(NEGATIVE_INVERSE) * P.w[i];
      word[i] = static_cast<uint64_t>(sum);
      sum >>= 64;
    }
    word[4] = static_cast<uint64_t>(sum);
    U256 out{};
    for (int i = 0; i < 4; i++) out.w[i] = word[i] >> 52 | word[i + 1] << 12;
    return limbsOf(out);
  }();
};

}  // namespace provega::ifma

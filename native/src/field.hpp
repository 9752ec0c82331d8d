/// The two prime fields of BN254 in Montgomery form with R = 2^256, the form that zkey and ptau files use.
#pragma once

#include <type_traits>

#include "inverse.hpp"
#include "uint256.hpp"

namespace provega {

/// The order of BN254's groups, and so the field that circuits compute in.
struct ScalarModulus {
  static constexpr U256 VALUE = {{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029}};
};
/// The field of the curve's coordinates.
struct BaseModulus {
  static constexpr U256 VALUE = {{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029}};
};

/// An element x of the field, held as x R mod p, below p.
template <class Modulus>
struct Field {
  static constexpr U256 MODULUS = Modulus::VALUE;

  U256 v;

  constexpr bool operator==(const Field& o) const { return v == o.v; }
  constexpr bool isZero() const { return v.isZero(); }

  static constexpr Field zero() { return {}; }
  static constexpr Field one() { return {POWER_256}; }

  constexpr Field operator+(const Field& o) const {
    Field out{};
    if (std::is_constant_evaluated()) {
      add(out.v, v, o.v);  // below 2^255: no carry
      return out.reducedOnce();
    }
    addReduced(out.v, v, o.v);
    return out;
  }
  constexpr Field operator-(const Field& o) const {
    Field out{};
    if (std::is_constant_evaluated()) {
      if (subtract(out.v, v, o.v)) add(out.v, out.v, MODULUS);
      return out;
    }
    subtractReduced(out.v, v, o.v);
    return out;
  }
  constexpr Field operator-() const { return zero() - *this; }
  constexpr Field doubled() const { return *this + *this; }
  Field operator*(const Field& o) const {
    Field out;
    multiply(out.v, v, o.v);
    return out;
  }
  Field squared() const { return *this * *this; }
  Field& operator+=(const Field& o) { return *this = *this + o; }
  Field& operator-=(const Field& o) { return *this = *this - o; }
  Field& operator*=(const Field& o) { return *this = *this * o; }

  Field pow(const U256& exponent) const {
    Field out = one();
    for (int i = static_cast<int>(exponent.bitLength()) - 1; i >= 0; i--) {
      out = out.squared();
      if (exponent.bit(static_cast<unsigned>(i))) out *= *this;
    }
    return out;
  }
  /// 0 for 0.
  Field inverse() const;

  /// An integer below 2^256, reduced.
  static Field of(const U256& integer) {
    Field out{integer};
    while (!(out.v < MODULUS)) subtract(out.v, out.v, MODULUS);
    return out * Field{POWER_512};
  }
  static Field of(uint64_t integer) { return of(U256{{integer, 0, 0, 0}}); }
  /// The integer in [0, p) that this stands for.
  U256 integer() const {
    U256 out;
    multiply(out, v, U256{{1, 0, 0, 0}});
    return out;
  }
  /// Montgomery form as a file has it; the caller has seen that it is below p.
  static Field load(const uint8_t* bytes) { return {U256::load(bytes)}; }

  /// R mod p and R^2 mod p.
  static constexpr U256 POWER_256 = [] {
    U256 x{{1, 0, 0, 0}};
    for (int i = 0; i < 256; i++) {
      add(x, x, x);
      if (!(x < MODULUS)) subtract(x, x, MODULUS);
    }
    return x;
  }();
  static constexpr U256 POWER_512 = [] {
    U256 x = POWER_256;
    for (int i = 0; i < 256; i++) {
      add(x, x, x);
      if (!(x < MODULUS)) subtract(x, x, MODULUS);
    }
    return x;
  }();
  /// -1 / p mod 2^64, by Newton's iteration.
  static constexpr uint64_t NEGATIVE_INVERSE = [] {
    uint64_t x = 1;
    for (int i = 0; i < 6; i++) x *= 2 - MODULUS.w[0] * x;
    return -x;
  }();

 private:
  constexpr Field reducedOnce() const {
    Field out{};
    const uint64_t keep = -subtract(out.v, v, MODULUS);
    for (int i = 0; i < 4; i++) out.v.w[i] = (v.w[i] & keep) | (out.v.w[i] & ~keep);
    return out;
  }

  /// out = a b / R mod p, for a, b < 2^256 with a b < p R. The modulus leaves two bits of the top limb free, so a row's
  /// carry never leaves the fifth limb (Acar's CIOS without its last carry word).
  static void multiply(U256& out, const U256& a, const U256& b);
  /// out = a + b and a - b mod p. Without branches, which would be mispredicted half the time.
  static void addReduced(U256& out, const U256& a, const U256& b);
  static void subtractReduced(U256& out, const U256& a, const U256& b);
};

#if defined(PROVEGA_ADX)

// One row: t += a * b[i], then t = (t + m p) / 2^64. Two carry chains run through CF and OF side by side.
#define PROVEGA_REDUCE                                     \
  "movq %[inv], %%rdx\n imulq %[t0], %%rdx\n"              \
  "xorl %%eax, %%eax\n"                                    \
  "mulxq %[p0], %%rax, %[u]\n adcxq %[t0], %%rax\n movq %[u], %[t0]\n" \
  "adcxq %[t1], %[t0]\n mulxq %[p1], %%rax, %[t1]\n adoxq %%rax, %[t0]\n" \
  "adcxq %[t2], %[t1]\n mulxq %[p2], %%rax, %[t2]\n adoxq %%rax, %[t1]\n" \
  "adcxq %[t3], %[t2]\n mulxq %[p3], %%rax, %[t3]\n adoxq %%rax, %[t2]\n" \
  "movl $0, %%eax\n adcxq %%rax, %[t3]\n adoxq %[top], %[t3]\n"
#define PROVEGA_SUBTRACT_ONCE                              \
  "movq %[t0], %%rax\n subq %[p0], %%rax\n movq %[t1], %%rdx\n sbbq %[p1], %%rdx\n"    \
  "movq %[t2], %[u]\n sbbq %[p2], %[u]\n movq %[t3], %[top]\n sbbq %[p3], %[top]\n"    \
  "cmovncq %%rax, %[t0]\n cmovncq %%rdx, %[t1]\n cmovncq %[u], %[t2]\n cmovncq %[top], %[t3]\n"
#define PROVEGA_FIRST_ROW                                  \
  "movq (%[b]), %%rdx\n xorl %%eax, %%eax\n"               \
  "mulxq (%[a]), %[t0], %[t1]\n"                           \
  "mulxq 8(%[a]), %%rax, %[t2]\n adoxq %%rax, %[t1]\n"     \
  "mulxq 16(%[a]), %%rax, %[t3]\n adoxq %%rax, %[t2]\n"    \
  "mulxq 24(%[a]), %%rax, %[top]\n adoxq %%rax, %[t3]\n"   \
  "movl $0, %%eax\n adoxq %%rax, %[top]\n"
#define PROVEGA_ROW(offset)                                \
  "movq " #offset "(%[b]), %%rdx\n xorl %%eax, %%eax\n"    \
  "mulxq (%[a]), %%rax, %[top]\n adoxq %%rax, %[t0]\n adcxq %[top], %[t1]\n"   \
  "mulxq 8(%[a]), %%rax, %[top]\n adoxq %%rax, %[t1]\n adcxq %[top], %[t2]\n"  \
  "mulxq 16(%[a]), %%rax, %[top]\n adoxq %%rax, %[t2]\n adcxq %[top], %[t3]\n" \
  "mulxq 24(%[a]), %%rax, %[top]\n adoxq %%rax, %[t3]\n"   \
  "movl $0, %%eax\n adcxq %%rax, %[top]\n adoxq %%rax, %[top]\n"

template <class Modulus>
inline void Field<Modulus>::multiply(U256& out, const U256& a, const U256& b) {
  uint64_t t0, t1, t2, t3, top, u;
  asm(PROVEGA_FIRST_ROW PROVEGA_REDUCE PROVEGA_ROW(8) PROVEGA_REDUCE PROVEGA_ROW(16) PROVEGA_REDUCE PROVEGA_ROW(24)
          PROVEGA_REDUCE PROVEGA_SUBTRACT_ONCE
      : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [top] "=&r"(top), [u] "=&r"(u)
      : [a] "r"(a.w), [b] "r"(b.w), "m"(a), "m"(b), [inv] "m"(NEGATIVE_INVERSE), [p0] "m"(MODULUS.w[0]),
        [p1] "m"(MODULUS.w[1]), [p2] "m"(MODULUS.w[2]), [p3] "m"(MODULUS.w[3])
      : "rax", "rdx", "cc");
  out = {{t0, t1, t2, t3}};
}

template <class Modulus>
inline void Field<Modulus>::addReduced(U256& out, const U256& a, const U256& b) {
  uint64_t t0 = a.w[0], t1 = a.w[1], t2 = a.w[2], t3 = a.w[3], top, u;
  asm("addq (%[b]), %[t0]\n adcq 8(%[b]), %[t1]\n adcq 16(%[b]), %[t2]\n adcq 24(%[b]), %[t3]\n" PROVEGA_SUBTRACT_ONCE
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [top] "=&r"(top), [u] "=&r"(u)
      : [b] "r"(b.w), "m"(b), [p0] "m"(MODULUS.w[0]), [p1] "m"(MODULUS.w[1]), [p2] "m"(MODULUS.w[2]),
        [p3] "m"(MODULUS.w[3])
      : "rax", "rdx", "cc");
  out = {{t0, t1, t2, t3}};
}

template <class Modulus>
inline void Field<Modulus>::subtractReduced(U256& out, const U256& a, const U256& b) {
  uint64_t t0 = a.w[0], t1 = a.w[1], t2 = a.w[2], t3 = a.w[3], mask, u;
  asm("subq (%[b]), %[t0]\n sbbq 8(%[b]), %[t1]\n sbbq 16(%[b]), %[t2]\n sbbq 24(%[b]), %[t3]\n"
      "sbbq %[mask], %[mask]\n"
      "movq %[p0], %%rax\n andq %[mask], %%rax\n movq %[p1], %%rdx\n andq %[mask], %%rdx\n"
      "movq %[p2], %[u]\n andq %[mask], %[u]\n andq %[p3], %[mask]\n"
      "addq %%rax, %[t0]\n adcq %%rdx, %[t1]\n adcq %[u], %[t2]\n adcq %[mask], %[t3]\n"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [mask] "=&r"(mask), [u] "=&r"(u)
      : [b] "r"(b.w), "m"(b), [p0] "m"(MODULUS.w[0]), [p1] "m"(MODULUS.w[1]), [p2] "m"(MODULUS.w[2]),
        [p3] "m"(MODULUS.w[3])
      : "rax", "rdx", "cc");
  out = {{t0, t1, t2, t3}};
}
#undef PROVEGA_SUBTRACT_ONCE
#undef PROVEGA_REDUCE
#undef PROVEGA_FIRST_ROW
#undef PROVEGA_ROW

#else

template <class Modulus>
inline void Field<Modulus>::multiply(U256& out, const U256& a, const U256& b) {
  uint64_t t[4] = {};
  for (int i = 0; i < 4; i++) {
    u128 product = static_cast<u128>(a.w[0]) * b.w[i] + t[0];
    const uint64_t m = static_cast<uint64_t>(product) * NEGATIVE_INVERSE;
    u128 reduced = static_cast<u128>(m) * MODULUS.w[0] + static_cast<uint64_t>(product);
    for (int j = 1; j < 4; j++) {
      product = static_cast<u128>(a.w[j]) * b.w[i] + t[j] + static_cast<uint64_t>(product >> 64);
      reduced = static_cast<u128>(m) * MODULUS.w[j] + static_cast<uint64_t>(product) + static_cast<uint64_t>(reduced >> 64);
      t[j - 1] = static_cast<uint64_t>(reduced);
    }
    t[3] = static_cast<uint64_t>(reduced >> 64) + static_cast<uint64_t>(product >> 64);
  }
  const Field sum{{{t[0], t[1], t[2], t[3]}}};
  out = sum.reducedOnce().v;
}

template <class Modulus>
inline void Field<Modulus>::addReduced(U256& out, const U256& a, const U256& b) {
  Field sum{};
  add(sum.v, a, b);
  out = sum.reducedOnce().v;
}

template <class Modulus>
inline void Field<Modulus>::subtractReduced(U256& out, const U256& a, const U256& b) {
  const uint64_t mask = -subtract(out, a, b);
  U256 p;
  for (int i = 0; i < 4; i++) p.w[i] = MODULUS.w[i] & mask;
  add(out, out, p);
}

#endif

/// What stands for x is x R; R^2 / (x R) is R / x.
template <class Modulus>
inline Field<Modulus> Field<Modulus>::inverse() const {
  return isZero() ? zero() : Field{Inversion(MODULUS, NEGATIVE_INVERSE).divide(POWER_512, v)};
}

using Fr = Field<ScalarModulus>;
using Fq = Field<BaseModulus>;

/// Replaces every element by its inverse; zeros stay. One inversion and three multiplications an element.
/// `scratch` has room for `count` elements.
template <class F>
void invertAll(F* elements, F* scratch, size_t count) {
  F product = F::one();
  for (size_t i = 0; i < count; i++) {
    scratch[i] = product;
    if (!elements[i].isZero()) product = product * elements[i];
  }
  F inverse = product.inverse();
  for (size_t i = count; i-- > 0;) {
    if (elements[i].isZero()) continue;
    const F next = inverse * elements[i];
    elements[i] = inverse * scratch[i];
    inverse = next;
  }
}

}  // namespace provega

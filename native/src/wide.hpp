/// Sums of products with one reduction at the end.
#pragma once

#include "field.hpp"

namespace provega {

/// A sum of products of elements, and of elements. It stays below 2^512: room for 28 products, 5 elements or a mixture.
template <class Modulus>
class Wide {
 public:
  Wide() = default;
  explicit Wide(const Field<Modulus>& x) : t_{0, 0, 0, 0, x.v.w[0], x.v.w[1], x.v.w[2], x.v.w[3]} {}

  void plus(const Field<Modulus>& x) {
    U256 upper{{t_[4], t_[5], t_[6], t_[7]}};
    provega::add(upper, upper, x.v);
    std::memcpy(t_ + 4, upper.w, 32);
  }
  void add(const Field<Modulus>& a, const Field<Modulus>& b) { addProduct(t_, a.v, b.v); }

  /// The sum, in Montgomery form as its factors were.
  Field<Modulus> reduced() const {
    U256 out;
    uint64_t beyond = provega::add(out, lowerReduced(t_), {{t_[4], t_[5], t_[6], t_[7]}});
    while (beyond || !(out < TWO)) beyond -= subtract(out, out, TWO);  // seldom: for short sums never
    U256 less;
    return {subtract(less, out, P) ? out : less};
  }

 private:
  static constexpr uint64_t NEGATIVE_INVERSE = Field<Modulus>::NEGATIVE_INVERSE;
  static constexpr U256 doubled(U256 x) {
    provega::add(x, x, x);
    return x;
  }
  static constexpr U256 P = Modulus::VALUE, TWO = doubled(P);

  uint64_t t_[8] = {};

  /// t += a b.
  static void addProduct(uint64_t* t, const U256& a, const U256& b);
  /// The four lower words of t over 2^256 modulo p, at most p.
  static U256 lowerReduced(const uint64_t* t);
};

#if defined(PROVEGA_ADX)

#define PROVEGA_ROW(offset, w0, w1, w2, w3, w4)                             \
  "movq " #offset "(%[b]), %%rdx\n xorl %%eax, %%eax\n"                     \
  "mulxq (%[a]), %%rax, %[h]\n adoxq %%rax, " w0 "\n adcxq %[h], " w1 "\n"  \
  "mulxq 8(%[a]), %%rax, %[h]\n adoxq %%rax, " w1 "\n adcxq %[h], " w2 "\n" \
  "mulxq 16(%[a]), %%rax, %[h]\n adoxq %%rax, " w2 "\n adcxq %[h], " w3 "\n" \
  "mulxq 24(%[a]), %%rax, " w4 "\n adoxq %%rax, " w3 "\n"                   \
  "movl $0, %%eax\n adcxq %%rax, " w4 "\n adoxq %%rax, " w4 "\n"

template <class Modulus>
inline void Wide<Modulus>::addProduct(uint64_t* t, const U256& a, const U256& b) {
  uint64_t w0, w1, w2, w3, w4, w5, w6, w7, h;
  asm volatile("movq (%[b]), %%rdx\n xorl %%eax, %%eax\n"
      "mulxq (%[a]), %[w0], %[w1]\n"
      "mulxq 8(%[a]), %%rax, %[w2]\n adcxq %%rax, %[w1]\n"
      "mulxq 16(%[a]), %%rax, %[w3]\n adcxq %%rax, %[w2]\n"
      "mulxq 24(%[a]), %%rax, %[w4]\n adcxq %%rax, %[w3]\n"
      "movl $0, %%eax\n adcxq %%rax, %[w4]\n"  //
      PROVEGA_ROW(8, "%[w1]", "%[w2]", "%[w3]", "%[w4]", "%[w5]")
      PROVEGA_ROW(16, "%[w2]", "%[w3]", "%[w4]", "%[w5]", "%[w6]")
      PROVEGA_ROW(24, "%[w3]", "%[w4]", "%[w5]", "%[w6]", "%[w7]")
      "addq %[w0], (%[t])\n adcq %[w1], 8(%[t])\n adcq %[w2], 16(%[t])\n adcq %[w3], 24(%[t])\n"
      "adcq %[w4], 32(%[t])\n adcq %[w5], 40(%[t])\n adcq %[w6], 48(%[t])\n adcq %[w7], 56(%[t])\n"
      : [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3), [w4] "=&r"(w4), [w5] "=&r"(w5), [w6] "=&r"(w6),
        [w7] "=&r"(w7), [h] "=&r"(h)
      : [a] "r"(a.w), [b] "r"(b.w), [t] "r"(t)
      : "rax", "rdx", "cc", "memory");
}
#undef PROVEGA_ROW

#else

template <class Modulus>
inline void Wide<Modulus>::addProduct(uint64_t* t, const U256& a, const U256& b) {
  for (int i = 0; i < 4; i++) {
    u128 sum = 0;
    for (int j = 0; j < 4; j++) {
      sum += static_cast<u128>(a.w[i]) * b.w[j] + t[i + j];
      t[i + j] = static_cast<uint64_t>(sum);
      sum >>= 64;
    }
    for (int j = i + 4; j < 8; j++) {
      sum += t[j];
      t[j] = static_cast<uint64_t>(sum);
      sum >>= 64;
    }
  }
}

#endif

template <class Modulus>
inline U256 Wide<Modulus>::lowerReduced(const uint64_t* t) {
  uint64_t w[4] = {t[0], t[1], t[2], t[3]};
  for (int i = 0; i < 4; i++) {
    const uint64_t m = w[0] * NEGATIVE_INVERSE;
    u128 sum = static_cast<u128>(m) * P.w[0] + w[0];
    for (int j = 1; j < 4; j++) {
      sum = static_cast<u128>(m) * P.w[j] + w[j] + static_cast<uint64_t>(sum >> 64);
      w[j - 1] = static_cast<uint64_t>(sum);
    }
    w[3] = static_cast<uint64_t>(sum >> 64);
  }
  return {{w[0], w[1], w[2], w[3]}};
}

}  // namespace provega

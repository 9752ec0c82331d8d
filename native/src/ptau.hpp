/// Powers-of-tau files: what the first phase of a ceremony leaves, and its Lagrange form once prepared for phase 2.
#pragma once

#include "packed.hpp"

namespace provega {

class Ptau {
 public:
  /// Checks the header and the length of every section; `check` looks at their points.
  explicit Ptau(SectionFile file);

  const SectionFile& file() const { return file_; }

  /// For circuits of at most 2^power rows; at most 28.
  unsigned power;
  /// Of the ceremony, of whose powers this file may have the first only.
  unsigned ceremonyPower;

  /// tau^i in G1, i < 2^(power + 1) - 1.
  Packed<G1> tau1;
  /// tau^i in G2, alpha tau^i and beta tau^i in G1, i < 2^power.
  Packed<G2> tau2;
  Packed<G1> alphaTau1, betaTau1;
  G2 beta2;

  /// Asks `points` of every point.
  void check(PointCheck points) const;

  /// Whether the Lagrange bases are there.
  bool isPrepared() const { return lagrangeTau1_.count != 0; }
  /// The bases over the domain of 2^bits, bits at most `power`; for the first also power + 1. Refuses a file without.
  Packed<G1> lagrangeTau1(unsigned bits) const;
  Packed<G2> lagrangeTau2(unsigned bits) const;
  Packed<G1> lagrangeAlphaTau1(unsigned bits) const;
  Packed<G1> lagrangeBetaTau1(unsigned bits) const;

 private:
  /// Bases of 1, 2, 4, ... points follow one another.
  template <class P>
  Packed<P> level(Packed<P> all, unsigned bits, unsigned limit) const;

  SectionFile file_;
  Packed<G1> lagrangeTau1_, lagrangeAlphaTau1_, lagrangeBetaTau1_;
  Packed<G2> lagrangeTau2_;
};

}  // namespace provega

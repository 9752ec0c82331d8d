/// Fuzzes native/src/ptau.cpp.
#include "../src/ptau.hpp"

#include "harness.hpp"

namespace provega::fuzz {

const FileKind KIND = FileKind::Ptau;

void exercise(const SectionFile& file) {
  const Ptau powers(file);
  for (const Packed<G1>& points : {powers.tau1, powers.alphaTau1, powers.betaTau1}) readAll(points);
  readAll(powers.tau2);
  // One level more than there can be.
  for (unsigned bits = 0; bits <= powers.power + 2; bits++) {
    attempt([&] { readAll(powers.lagrangeTau1(bits)); });
    attempt([&] { readAll(powers.lagrangeTau2(bits)); });
    attempt([&] { readAll(powers.lagrangeAlphaTau1(bits)); });
    attempt([&] { readAll(powers.lagrangeBetaTau1(bits)); });
  }
  for (const PointCheck points : {PointCheck::Canonical, PointCheck::OnCurve}) attempt([&] { powers.check(points); });
}

}  // namespace provega::fuzz

/// Fuzzes native/src/zkey.cpp.
#include "../src/zkey.hpp"

#include "harness.hpp"

namespace provega::fuzz {

const FileKind KIND = FileKind::Zkey;

void exercise(const SectionFile& file) {
  const Zkey key(file);
  readAll(key.coefficients);
  for (const Packed<G1>& points : {key.ic, key.a, key.b1, key.c, key.h}) readAll(points);
  readAll(key.b2);
  for (const PointCheck points : {PointCheck::Canonical, PointCheck::OnCurve}) attempt([&] { key.check(points); });
  attempt([&] { readAll(Packed<U256>{key.circuitHash(), 2}); });
  for (const KeyContribution& each : key.contributions()) {
    readAll(Packed<U256>{each.transcript, 2});
    // Copied, so that every byte is touched.
    const std::string texts = std::string(each.name) + std::string(each.beacon);
    asm volatile("" : : "r"(texts.data()) : "memory");
  }
}

}  // namespace provega::fuzz

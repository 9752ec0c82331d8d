#include "zkey-writer.hpp"

namespace provega {

namespace {

template <class T>
void writeField(SectionWriter& file) {
  file.u32(sizeof(U256));
  file.write(&T::MODULUS, sizeof(U256));
}

template <class P>
void writePoint(SectionWriter& file, const P& point) {
  file.write(&point, sizeof point);
}

void writeContribution(SectionWriter& file, const KeyContribution& each) {
  writePoint(file, each.deltaAfter);
  writePoint(file, each.s);
  writePoint(file, each.sx);
  writePoint(file, each.spx);
  file.write(each.transcript, 64);
  file.u32(each.type);
  // Led by their types: see readParameters in zkey.cpp.
  std::string parameters;
  const auto text = [&](char type, std::string_view value) {
    parameters += {type, static_cast<char>(value.size())};
    parameters += value;
  };
  if (!each.name.empty()) text(1, each.name);
  if (each.type == 1) {
    parameters += {2, static_cast<char>(each.beaconIterations)};
    text(3, each.beacon);
  }
  file.u32(static_cast<uint32_t>(parameters.size()));
  file.write(parameters.data(), parameters.size());
}

}  // namespace

void writeProtocol(SectionWriter& file) {
  file.section(zkey_section::PROTOCOL);
  file.u32(1);
}

void writeHeader(SectionWriter& file, const KeyHeader& header) {
  file.section(zkey_section::HEADER);
  writeField<Fq>(file);
  writeField<Fr>(file);
  file.u32(header.wires);
  file.u32(header.publicWires);
  file.u32(header.domain);
  writePoint(file, header.alpha1);
  writePoint(file, header.beta1);
  writePoint(file, header.beta2);
  writePoint(file, header.gamma2);
  writePoint(file, header.delta1);
  writePoint(file, header.delta2);
}

void writeContributions(SectionWriter& file, const uint8_t* circuitHash, const std::vector<KeyContribution>& all) {
  file.section(zkey_section::CONTRIBUTIONS);
  file.write(circuitHash, 64);
  file.u32(static_cast<uint32_t>(all.size()));
  for (const KeyContribution& each : all) writeContribution(file, each);
}

}  // namespace provega

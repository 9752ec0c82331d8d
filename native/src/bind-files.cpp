/// What a file says of itself, for people and for tests that compare it with other readers.
#include "napi.hpp"
#include "ptau.hpp"
#include "r1cs.hpp"
#include "section-writer.hpp"
#include "wtns.hpp"
#include "zkey.hpp"

namespace provega {

namespace {

/// How far to look into a file: header and lengths; also every index and number, as a prover does; also every point.
enum Depth : uint32_t { STRUCTURE, CONTENT, CURVE };

PointCheck pointCheck(Depth depth) { return depth == CURVE ? PointCheck::OnCurve : PointCheck::Canonical; }

Value number(uint64_t value) { return static_cast<double>(value); }

void append(Bytes& out, const Fq& element) {
  out.resize(out.size() + sizeof(U256));
  element.integer().store(out.data() + out.size() - sizeof(U256));
}
void append(Bytes& out, const Fq2& element) {
  append(out, element.a);
  append(out, element.b);
}
template <class F>
Value plain(const Affine<F>& point) {
  Bytes out;
  append(out, point.x);
  append(out, point.y);
  return out;
}

Object facts(const Zkey& key, Depth depth) {
  if (depth != STRUCTURE) key.check(pointCheck(depth));
  List ic, contributions;
  for (size_t i = 0; i < key.ic.count; i++) ic.push_back(plain(key.ic[i]));
  for (const KeyContribution& each : key.contributions())
    contributions.push_back(Object{{"type", number(each.type)}, {"name", std::string(each.name)}});
  return {
      {"wires", number(key.wires)},
      {"publicWires", number(key.publicWires)},
      {"domain", number(key.domain)},
      {"coefficients", number(key.coefficients.count)},
      {"alpha", plain(key.alpha1)},
      {"beta", plain(key.beta2)},
      {"gamma", plain(key.gamma2)},
      {"delta", plain(key.delta2)},
      {"ic", ic},
      {"contributions", contributions},
  };
}

Object facts(const Wtns& witness) { return {{"values", number(witness.values.count)}}; }

Object facts(const R1cs& circuit, Depth depth) {
  if (depth != STRUCTURE) circuit.check();
  uint64_t terms[3] = {};
  for (const Constraint& each : circuit.constraints()) {
    terms[0] += each.a.count;
    terms[1] += each.b.count;
    terms[2] += each.c.count;
  }
  return {
      {"wires", number(circuit.wires)},
      {"outputs", number(circuit.outputs)},
      {"publicInputs", number(circuit.publicInputs)},
      {"privateInputs", number(circuit.privateInputs)},
      {"constraints", number(circuit.constraintCount)},
      {"domainBits", number(circuit.domainBits())},
      {"terms", List{number(terms[0]), number(terms[1]), number(terms[2])}},
  };
}

Object facts(const Ptau& powers, Depth depth) {
  if (depth != STRUCTURE) powers.check(pointCheck(depth));
  return {
      {"power", number(powers.power)},
      {"ceremonyPower", number(powers.ceremonyPower)},
      {"isPrepared", powers.isPrepared()},
  };
}

Object factsByKind(const SectionFile& file, Depth depth) {
  switch (file.kind()) {
    case FileKind::Zkey:
      return facts(Zkey(file), depth);
    case FileKind::Wtns:
      return facts(Wtns(file));
    case FileKind::R1cs:
      return facts(R1cs(file), depth);
    case FileKind::Ptau:
      return facts(Ptau(file), depth);
  }
  return {};
}

Value inspect(const SectionFile& file, Depth depth) {
  List sections;
  for (const Section& each : file.sections())
    sections.push_back(
        Object{{"id", number(each.id)}, {"offset", number(each.offset)}, {"size", number(each.size)}});
  Object out = factsByKind(file, depth);
  out.push_back({"kind", std::string(nameOf(file.kind()))});
  out.push_back({"version", number(file.version())});
  out.push_back({"sections", sections});
  return out;
}

}  // namespace

void bindFiles(Exports& exports) {
  exports.async("inspectFile", [](const Arguments& given) -> Work {
    return [path = given.text(0, "path"), depth = Depth(given.number(1, "depth", CURVE))] {
      return inspect(SectionFile::open(path), depth);
    };
  });
  exports.async("inspectBytes", [](const Arguments& given) -> Work {
    return [bytes = given.copy(0, "bytes"), kind = FileKind(given.number(1, "kind", 3)),
            depth = Depth(given.number(2, "depth", CURVE))] {
      return inspect(SectionFile::over(bytes.data(), bytes.size(), kind, "bytes"), depth);
    };
  });
  exports.async("rewriteFile", [](const Arguments& given) -> Work {
    return [source = given.text(0, "source"), target = given.text(1, "target")]() -> Value {
      const SectionFile file = SectionFile::open(source);
      SectionWriter writer(target, file.kind());
      for (const Section& each : file.sections()) {
        writer.section(each.id);
        writer.write(file.content(each), each.size);
      }
      writer.commit();
      return {};
    };
  });
}

}  // namespace provega

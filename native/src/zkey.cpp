#include "zkey.hpp"

namespace provega {

namespace {

enum : uint32_t {
  PROTOCOL = 1,
  HEADER = 2,
  IC = 3,
  COEFFICIENTS = 4,
  POINTS_A = 5,
  POINTS_B1 = 6,
  POINTS_B2 = 7,
  POINTS_C = 8,
  POINTS_H = 9,
  CONTRIBUTIONS = 10,
};
constexpr uint32_t GROTH16 = 1;
constexpr uint64_t HASH_BYTES = 64;

template <class P>
P point(const SectionFile& file, SectionCursor& cursor, const char* what) {
  const Packed<P> one{cursor.take(sizeof(P), what), 1};
  checkPoints(file, one, PointCheck::Canonical, what);
  return one[0];
}

template <class P>
P finitePoint(const SectionFile& file, SectionCursor& cursor, const char* what) {
  const uint8_t* at = cursor.at();
  const P result = point<P>(file, cursor, what);
  if (result.isInfinity()) file.refuse(at, std::string(what) + " is infinity");
  return result;
}

std::string outOf(const char* what, uint64_t value, uint64_t limit) {
  return std::string(what) + " " + std::to_string(value) + ", expected below " + std::to_string(limit);
}

/// Led by its type: 1 is the name, 2 and 3 are a beacon's iterations and value. Types rise.
void readParameters(const SectionFile& file, SectionCursor cursor, KeyContribution& out) {
  const auto text = [&] {
    const uint8_t size = cursor.u8("the length of a text");
    return std::string_view(reinterpret_cast<const char*>(cursor.take(size, "a text")), size);
  };
  for (unsigned last = 0; cursor.left() > 0;) {
    const uint8_t* at = cursor.at();
    const uint8_t type = cursor.u8("a type");
    if (type <= last || type > 3) file.refuse(at, "parameter of type " + std::to_string(type));
    last = type;
    if (type == 1) out.name = text();
    if (type == 2) out.beaconIterations = cursor.u8("the number of iterations");
    if (type == 3) out.beacon = text();
  }
}

}  // namespace

Zkey::Zkey(SectionFile file) : file_(std::move(file)) {
  SectionCursor protocol(file_, PROTOCOL);
  const uint8_t* at = protocol.at();
  if (protocol.u32("the protocol") != GROTH16) file_.refuse(at, "not a Groth16 key");
  protocol.end();

  SectionCursor header(file_, HEADER);
  requireField<BaseModulus>(file_, header, "the base field");
  requireField<ScalarModulus>(file_, header, "the scalar field");
  wires = header.u32("the number of wires");
  at = header.at();
  publicWires = header.u32("the number of public wires");
  if (publicWires >= wires) file_.refuse(at, outOf("number of public wires", publicWires, wires));
  at = header.at();
  domain = header.u32("the size of the domain");
  if (!std::has_single_bit(domain) || domain > uint32_t{1} << MAX_DOMAIN_BITS)
    file_.refuse(at, "domain of " + std::to_string(domain) + ", expected a power of two of at most 2^28");
  alpha1 = finitePoint<G1>(file_, header, "alpha in G1");
  beta1 = finitePoint<G1>(file_, header, "beta in G1");
  beta2 = finitePoint<G2>(file_, header, "beta in G2");
  gamma2 = finitePoint<G2>(file_, header, "gamma in G2");
  delta1 = finitePoint<G1>(file_, header, "delta in G1");
  delta2 = finitePoint<G2>(file_, header, "delta in G2");
  header.end();

  SectionCursor list(file_, COEFFICIENTS);
  const uint64_t count = list.u32("the number of coefficients");
  coefficients = {list.take(count * STORED_BYTES<Coefficient>, "the coefficients"), count};
  list.end();

  ic = packedSection<G1>(file_, IC, uint64_t{publicWires} + 1, "points of public wires");
  a = packedSection<G1>(file_, POINTS_A, wires, "points A");
  b1 = packedSection<G1>(file_, POINTS_B1, wires, "points B in G1");
  b2 = packedSection<G2>(file_, POINTS_B2, wires, "points B in G2");
  c = packedSection<G1>(file_, POINTS_C, uint64_t{wires} - publicWires - 1, "points C");
  h = packedSection<G1>(file_, POINTS_H, domain, "points H");
  checkPoints(file_, ic, PointCheck::Canonical, "point of a public wire");
}

void Zkey::check(PointCheck points) const {
  const auto checkList = [&](const auto& list, const char* what) {
    checkPoints(file_, list, points, what);
    file_.release();
  };
  checkCoefficients();
  checkList(a, "point A");
  checkList(b1, "point B in G1");
  checkList(b2, "point B in G2");
  checkList(c, "point C");
  checkList(h, "point H");
  if (points == PointCheck::Canonical) return;  // the others were checked when the key was opened
  checkPoints(file_, ic, points, "point of a public wire");
  const uint8_t* header = file_.content(file_.section(HEADER));
  for (const G1& each : {alpha1, beta1, delta1})
    if (!isOnCurve(each)) file_.refuse(header, "alpha, beta or delta in G1 is not on the curve");
  for (const G2& each : {beta2, gamma2, delta2})
    if (!isOnCurve(each)) file_.refuse(header, "beta, gamma or delta in G2 is not on the curve");
}

void Zkey::checkCoefficients() const {
  parallelRanges(coefficients.count, CHECKED_AT_ONCE, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const Coefficient each = coefficients[i];
      const auto refuse = [&](size_t field, const std::string& why) {
        file_.refuse(coefficients.at(i) + field, "coefficient " + std::to_string(i) + ": " + why);
      };
      if (each.matrix > 1) refuse(0, outOf("matrix", each.matrix, 2));
      if (each.constraint >= domain) refuse(4, outOf("constraint", each.constraint, domain));
      if (each.signal >= wires) refuse(8, outOf("wire", each.signal, wires));
      if (!(each.value.v < Fr::MODULUS)) refuse(12, "value beyond the field's modulus");
    }
  });
}

const uint8_t* Zkey::circuitHash() const {
  return SectionCursor(file_, CONTRIBUTIONS).take(HASH_BYTES, "the circuit's hash");
}

std::vector<KeyContribution> Zkey::contributions() const {
  SectionCursor cursor(file_, CONTRIBUTIONS);
  cursor.take(HASH_BYTES, "the circuit's hash");
  const uint32_t count = cursor.u32("the number of contributions");
  std::vector<KeyContribution> all;
  for (uint32_t i = 0; i < count; i++) {
    KeyContribution each{};
    each.deltaAfter = point<G1>(file_, cursor, "a contribution's delta");
    each.s = point<G1>(file_, cursor, "a contribution's proof");
    each.sx = point<G1>(file_, cursor, "a contribution's proof");
    each.spx = point<G2>(file_, cursor, "a contribution's proof");
    each.transcript = cursor.take(HASH_BYTES, "a contribution's transcript");
    each.type = cursor.u32("a contribution's type");
    const uint32_t size = cursor.u32("the size of a contribution's parameters");
    readParameters(file_, cursor.part(size, "a contribution's parameters"), each);
    all.push_back(each);
  }
  cursor.end();
  return all;
}

}  // namespace provega

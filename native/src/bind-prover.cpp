/// Groth16, as JavaScript sees it. Proofs: a | b | c, 256 bytes; coordinates are plain integers of 32 bytes, little endian, those of Fq2 real part first;
/// infinity is all zero.
#include "napi.hpp"
#include "pairing.hpp"

namespace provega {
namespace {

constexpr size_t ELEMENT = 32;
constexpr size_t PROOF_BYTES = sizeof(Proof);

/// Coordinates one after the other.
class Writer {
 public:
  void put(const Fq& x) {
    out.resize(out.size() + ELEMENT);
    x.integer().store(&out[out.size() - ELEMENT]);
  }
  void put(const Fq2& x) {
    put(x.a);
    put(x.b);
  }
  template <class F>
  void put(const Affine<F>& point) {
    put(point.x);
    put(point.y);
  }
  Bytes out;
};

class Reader {
 public:
  Reader(const View& view, const char* name) : at_(view.data), name_(name) {}

  void get(Fq& x) { x = Fq::of(integer(Fq::MODULUS)); }
  void get(Fr& x) { x = Fr::of(integer(Fr::MODULUS)); }
  void get(Fq2& x) {
    get(x.a);
    get(x.b);
  }
  template <class F>
  void get(Affine<F>& point) {
    get(point.x);
    get(point.y);
  }

 private:
  U256 integer(const U256& modulus) {
    const U256 out = U256::load(at_);
    if (!(out < modulus)) throw Error{"NotInField", std::string(name_) + ": number " + std::to_string(count_) + " is not below its modulus"};
    at_ += ELEMENT;
    count_++;
    return out;
  }
  const uint8_t* at_;
  const char* name_;
  size_t count_ = 0;
};

std::vector<U256> integers(const View& view) {
  std::vector<U256> out(view.size / ELEMENT);
  if (view.size) std::memcpy(out.data(), view.data, view.size);
  return out;
}

Blinding blindingOf(const View& view) {
  Reader reader(view, "blinding");
  Blinding out;
  reader.get(out.r);
  reader.get(out.s);
  return out;
}

Value proofValue(const Proof& proof) {
  Writer writer;
  writer.put(proof.a);
  writer.put(proof.b);
  writer.put(proof.c);
  return std::move(writer.out);
}

Work prove(const Arguments& given) {
  return [path = given.text(0, "zkey"), witness = integers(given.bytes(1, "witness", ELEMENT))]() -> Value {
    return proofValue(ProvingKey::open(path)->prove(witness, Blinding::draw()));
  };
}

Work proveWithBlinding(const Arguments& given) {
  return [path = given.text(0, "zkey"), witness = integers(given.bytes(1, "witness", ELEMENT)),
          blinding = blindingOf(given.exactly(2, "blinding", 2 * ELEMENT))]() -> Value {
    const auto key = ProvingKey::open(path);
    ProofTimes times;
    const Value proof = proofValue(key->prove(witness, blinding, &times));
    return Object{{"proof", proof},
                  {"milliseconds", Object{{"matrices", times.matrices}, {"quotient", times.quotient}, {"a", times.a}, {"b1", times.b1},
                                          {"b2", times.b2}, {"c", times.c}, {"h", times.h}}}};
  };
}

VerifyingKey keyOf(const View& view) {
  constexpr size_t FIXED = sizeof(G1) + 3 * sizeof(G2);
  if (view.size < FIXED + sizeof(G1) || (view.size - FIXED) % sizeof(G1) != 0)
    throw Error{"InvalidArgument", "key must be alpha, beta, gamma, delta and at least one point of 64 bytes"};
  Reader reader(view, "key");
  VerifyingKey key;
  reader.get(key.alpha);
  reader.get(key.beta);
  reader.get(key.gamma);
  reader.get(key.delta);
  key.ic.resize((view.size - FIXED) / sizeof(G1));
  for (G1& point : key.ic) reader.get(point);
  if (key.gamma.x == key.delta.x)  // equal or opposite: then alpha, beta and the inputs' point make a proof of anything
    throw Error{"UncontributedKey", "delta is gamma: nobody has contributed to the key"};
  return key;
}

Work verifyProof(const Arguments& given) {
  const View inputs = given.bytes(1, "publics", ELEMENT);
  std::vector<Fr> publics(inputs.size / ELEMENT);
  Reader publicReader(inputs, "publics"), proofReader(given.exactly(2, "proof", PROOF_BYTES), "proof");
  for (Fr& each : publics) publicReader.get(each);
  Proof proof;
  proofReader.get(proof.a);
  proofReader.get(proof.b);
  proofReader.get(proof.c);
  return [key = keyOf(given.bytes(0, "key", ELEMENT)), publics, proof]() -> Value { return verify(key, publics, proof); };
}

Value pairing(const Arguments& given) {
  const View left = given.bytes(0, "g1", sizeof(G1)), right = given.bytes(1, "g2", sizeof(G2));
  std::vector<G1> g1(left.size / sizeof(G1));
  std::vector<G2> g2(right.size / sizeof(G2));
  if (g1.size() != g2.size()) throw Error{"InvalidArgument", "g1 and g2 must be equally many points"};
  Reader leftReader(left, "g1"), rightReader(right, "g2");
  for (G1& point : g1) leftReader.get(point);
  for (G2& point : g2) rightReader.get(point);
  for (size_t i = 0; i < g1.size(); i++)
    if (!isOnCurve(g1[i]) || !inSubgroup(g2[i])) throw Error{"NotInGroup", "pair " + std::to_string(i) + " is not in the groups"};
  return pairsToOne(g1, g2);
}

}  // namespace

void bindProver(Exports& exports) {
  exports.async("prove", prove);
  exports.async("proveWithBlinding", proveWithBlinding);
  exports.async("verify", verifyProof);
  exports.sync("pairsToOne", pairing);
}

}  // namespace provega

/// Poseidon, Baby Jubjub and EdDSA, as JavaScript sees them.
#include "babyjub.hpp"
#include "eddsa.hpp"
#include "napi.hpp"
#include "poseidon.hpp"

namespace provega {
namespace {

constexpr size_t ELEMENT = eddsa::ELEMENT_BYTES, POINT = eddsa::POINT_BYTES;

Fr element(const uint8_t* bytes, const char* name) {
  const U256 integer = U256::load(bytes);
  if (!(integer < Fr::MODULUS)) throw Error{"NotInField", std::string(name) + " is not below the modulus"};
  return Fr::of(integer);
}
Fr element(const Arguments& given, size_t i, const char* name) {
  return element(given.exactly(i, name, ELEMENT).data, name);
}
std::vector<Fr> elements(const Arguments& given, size_t i, const char* name) {
  const View view = given.bytes(i, name, ELEMENT);
  std::vector<Fr> out(view.size / ELEMENT);
  for (size_t k = 0; k < out.size(); k++) out[k] = element(view.data + k * ELEMENT, name);
  return out;
}
babyjub::Point point(const Arguments& given, size_t i, const char* name) {
  const View view = given.exactly(i, name, POINT);
  const babyjub::Point out{element(view.data, name), element(view.data + ELEMENT, name)};
  if (!isOnCurve(out)) throw Error{"NotOnCurve", std::string(name) + " is not on Baby Jubjub"};
  return out;
}

Bytes bytesOf(const std::vector<Fr>& values) {
  Bytes out(values.size() * ELEMENT);
  for (size_t i = 0; i < values.size(); i++) values[i].integer().store(&out[i * ELEMENT]);
  return out;
}
Bytes bytesOf(const Fr& x) { return bytesOf(std::vector{x}); }
Bytes bytesOf(const babyjub::Point& p) { return bytesOf(std::vector{p.x, p.y}); }

/// The capacity element or tag, then at least one value.
std::vector<Fr> hashed(const Arguments& given, size_t most) {
  std::vector<Fr> out = elements(given, 0, "values");
  if (out.size() < 2 || out.size() - 1 > most) throw Error{"InvalidArgument", "values must be a tag and elements to hash"};
  return out;
}

Value hash(const Arguments& given) {
  const std::vector<Fr> values = hashed(given, MAX_INPUTS);
  return bytesOf(poseidon(values[0], &values[1], static_cast<unsigned>(values.size() - 1)));
}

Value hashList(const Arguments& given) {
  const std::vector<Fr> values = hashed(given, SIZE_MAX);
  return bytesOf(poseidonList(values[0], &values[1], values.size() - 1));
}

/// Reads at once; hashes when called.
auto hashesLater(const Arguments& given, Cores cores) {
  const unsigned count = given.number(2, "count", MAX_INPUTS);
  std::vector<Fr> inputs = elements(given, 1, "inputs");
  if (count == 0 || inputs.size() % count) throw Error{"InvalidArgument", "inputs must be a multiple of count"};
  return [=, capacity = element(given, 0, "capacity"), inputs = std::move(inputs)]() -> Value {
    std::vector<Fr> out(inputs.size() / count);
    poseidonMany(capacity, inputs.data(), count, out.data(), out.size(), cores);
    return bytesOf(out);
  };
}

Value sign(const Arguments& given) {
  const U256 message = element(given, 1, "message").integer();
  const eddsa::Signature out = eddsa::sign(given.exactly(0, "secret", eddsa::SECRET_BYTES).data, message);
  return Bytes(out.begin(), out.end());
}

Value verdicts(const uint8_t* claims, size_t size, Cores cores) {
  Bytes out(size / eddsa::CLAIM_BYTES);
  eddsa::verifyMany(claims, out.size(), reinterpret_cast<eddsa::Verdict*>(out.data()), cores);
  return out;
}

}  // namespace

void bindCrypto(Exports& exports) {
  exports.sync("hash", hash);
  exports.sync("hashList", hashList);
  exports.sync("hashMany", [](const Arguments& given) { return hashesLater(given, Cores::One)(); });
  exports.async("hashManyAsync", [](const Arguments& given) -> Work { return hashesLater(given, Cores::All); });

  exports.sync("multiplyPoint", [](const Arguments& given) -> Value {
    const U256 scalar = U256::load(given.exactly(1, "scalar", ELEMENT).data);
    return bytesOf(multiply(point(given, 0, "point"), scalar));
  });
  exports.sync("multiplyBase", [](const Arguments& given) -> Value {
    return bytesOf(babyjub::multiplyBase(U256::load(given.exactly(0, "scalar", ELEMENT).data)));
  });

  exports.sync("publicKey", [](const Arguments& given) -> Value {
    return bytesOf(eddsa::publicKey(given.exactly(0, "secret", eddsa::SECRET_BYTES).data));
  });
  exports.sync("sign", sign);
  exports.sync("verifySignature", [](const Arguments& given) -> Value {
    return static_cast<double>(eddsa::verify(given.exactly(0, "claim", eddsa::CLAIM_BYTES).data));
  });
  exports.sync("verifySignatures", [](const Arguments& given) {
    const View claims = given.bytes(0, "claims", eddsa::CLAIM_BYTES);
    return verdicts(claims.data, claims.size, Cores::One);
  });
  exports.async("verifySignaturesAsync", [](const Arguments& given) -> Work {
    return [claims = given.copy(0, "claims", eddsa::CLAIM_BYTES)] {
      return verdicts(claims.data(), claims.size(), Cores::All);
    };
  });
}

}  // namespace provega

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
babyjub::Point point(const uint8_t* bytes, const char* name) {
  const babyjub::Point out{element(bytes, name), element(bytes + ELEMENT, name)};
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

/// The capacity element or tag, then what is hashed.
struct Hashed {
  Fr tag;
  std::vector<Fr> values;

  explicit Hashed(const Arguments& given) {
    const View view = given.bytes(0, "values", ELEMENT);
    if (view.size < ELEMENT) throw Error{"InvalidArgument", "values must begin with a tag"};
    tag = element(view.data, "values: the tag");
    for (size_t at = ELEMENT; at < view.size; at += ELEMENT)
      values.push_back(element(view.data + at, "values: an element"));
  }
};

Value hash(const Arguments& given) {
  const Hashed hashed(given);
  const size_t count = hashed.values.size();
  if (count == 0 || count > MAX_INPUTS) throw Error{"InvalidArgument", "values must be a tag and 1 to 16 elements"};
  return bytesOf(poseidon(hashed.tag, hashed.values.data(), static_cast<unsigned>(count)));
}

Value hashList(const Arguments& given) {
  const Hashed hashed(given);
  if (hashed.values.empty()) throw Error{"InvalidArgument", "values must be a tag and at least one element"};
  return bytesOf(poseidonList(hashed.tag, hashed.values.data(), hashed.values.size()));
}

/// Reads at once; hashes when called.
auto hashesLater(const Arguments& given, Cores cores) {
  const unsigned arity = given.number(1, "arity", MAX_INPUTS);
  Hashed hashed(given);
  if (arity == 0 || hashed.values.size() % arity)
    throw Error{"InvalidArgument", "values must be a tag and a multiple of arity elements"};
  return [=, hashed = std::move(hashed)]() -> Value {
    std::vector<Fr> out(hashed.values.size() / arity);
    poseidonMany(hashed.tag, hashed.values.data(), arity, out.data(), out.size(), cores);
    return bytesOf(out);
  };
}

Value sign(const Arguments& given) {
  const U256 message = element(given.exactly(1, "message", ELEMENT).data, "message").integer();
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
    const View view = given.exactly(0, "product", POINT + ELEMENT);
    return bytesOf(multiply(point(view.data, "product: the point"), U256::load(view.data + POINT)));
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

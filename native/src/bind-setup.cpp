/// Keys and ceremonies, as JavaScript sees them.
#include "ceremony-random.hpp"
#include "ceremony.hpp"
#include "dev-key.hpp"
#include "napi.hpp"
#include "powers.hpp"

namespace provega {

namespace {

constexpr size_t ELEMENT = sizeof(U256), HASH = std::tuple_size_v<Blake2b::Digest>;

/// tau, alpha, beta, gamma, delta.
Secret secretOf(const View& view) {
  Secret out;
  U256* const numbers[] = {&out.tau, &out.alpha, &out.beta, &out.gamma, &out.delta};
  for (size_t i = 0; i < std::size(numbers); i++) {
    *numbers[i] = U256::load(view.data + i * ELEMENT);
    if (numbers[i]->isZero() || !(*numbers[i] < Fr::MODULUS))
      throw Error{"NotInField", "secret: number " + std::to_string(i) + " is zero or not below its modulus"};
  }
  return out;
}

/// Arguments from `i` on: seed, name, beacon, the beacon's iterations.
ContributionTerms termsOf(const Arguments& given, size_t i) {
  constexpr size_t LONGEST = 255;
  const auto bytes = [](const View& view) { return std::string(reinterpret_cast<const char*>(view.data), view.size); };
  ContributionTerms out;
  out.seed = bytes(given.exactly(i, "seed", CeremonyRandom::SEED));
  out.name = bytes(given.bytes(i + 1, "name"));
  out.beacon = bytes(given.bytes(i + 2, "beacon"));
  out.beaconIterations = static_cast<uint8_t>(given.number(i + 3, "beaconIterations", 63));
  if (out.name.size() > LONGEST || out.beacon.size() > LONGEST)
    throw Error{"InvalidArgument", "name and beacon have at most 255 bytes"};
  return out;
}

/// Only what a bar can show: a step of a percent, and the end.
Progress progressOf(Report report) {
  return [report = std::move(report), last = std::string(), shown = 0.0](const char* what, double share) mutable {
    if (last == what && share < 1 && share < shown + 0.01) return;
    last = what;
    shown = share;
    report(what, share);
  };
}

Bytes bytesOf(const Blake2b::Digest& digest) { return Bytes(digest.begin(), digest.end()); }

}  // namespace

void bindSetup(Exports& exports) {
  exports.async("writeDevKey", [](const Arguments& given) -> Work {
    const auto hash = given.exactly(3, "circuitHash", HASH);
    return [r1cs = given.text(0, "r1cs"), zkey = given.text(1, "zkey"),
            secret = secretOf(given.exactly(2, "secret", 5 * ELEMENT)), hash = Bytes(hash.data, hash.data + hash.size),
            progress = progressOf(given.report(4, "report"))]() -> Value {
      writeDevKey(r1cs, zkey, secret, hash.data(), progress);
      return {};
    };
  });
  exports.async("beginPowers", [](const Arguments& given) -> Work {
    return [power = given.number(0, "power", MAX_DOMAIN_BITS), powers = given.text(1, "powers")]() -> Value {
      beginPowers(power, powers);
      return {};
    };
  });
  exports.async("contributeToPowers", [](const Arguments& given) -> Work {
    return [before = given.text(0, "before"), after = given.text(1, "after"), terms = termsOf(given, 2),
            progress = progressOf(given.report(6, "report"))]() -> Value {
      return bytesOf(contributeToPowers(before, after, terms, progress));
    };
  });
  exports.async("preparePowers", [](const Arguments& given) -> Work {
    return [powers = given.text(0, "powers"), prepared = given.text(1, "prepared"),
            progress = progressOf(given.report(2, "report"))]() -> Value {
      preparePowers(powers, prepared, progress);
      return {};
    };
  });
  exports.async("beginKey", [](const Arguments& given) -> Work {
    return [r1cs = given.text(0, "r1cs"), powers = given.text(1, "powers"), zkey = given.text(2, "zkey"),
            progress = progressOf(given.report(3, "report"))]() -> Value {
      return bytesOf(beginKey(r1cs, powers, zkey, progress));
    };
  });
  exports.async("contributeToKey", [](const Arguments& given) -> Work {
    return [before = given.text(0, "before"), after = given.text(1, "after"), terms = termsOf(given, 2),
            progress = progressOf(given.report(6, "report"))]() -> Value {
      return bytesOf(contributeToKey(before, after, terms, progress));
    };
  });
}

}  // namespace provega

import assert from "node:assert/strict";
import fc from "fast-check";
import { lowerMedian } from "#protocol/quorum.ts";
import { publicKey } from "#protocol/signature.ts";
import { GROWTH_BITS, spotSumMessage } from "#protocol/spot-sum.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { signSum } from "#test/support/random-board.ts";
import { DOMAIN, EXPIRY, ORACLE_SECRETS } from "#test/support/world.ts";

const N = 4;
const START = EXPIRY - 1_800n;
const SUM = 10n ** 24n;
const zero = [0n, 0n];
const key = ORACLE_SECRETS.map((secret) => Object.values(publicKey(secret)));

describe("SpotSumMessage", () => {
  it("equals the specification", async () => {
    const message = await circuit("board/spot-sums.circom", "SpotSumMessage", []);
    const field = fc.bigInt({ min: 0n, max: 1n << 96n });
    fc.assert(
      fc.property(field, fc.nat(255), field, field, (domain, underlying, timestamp, sum) => {
        const expected = spotSumMessage(domain, { underlying, timestamp, sum });
        assert.equal(message.read({ domain, underlying: BigInt(underlying), timestamp, sum }, ["out"]).out, expected);
      }),
      { numRuns: 30 },
    );
  });
});

describe("SpotSums", () => {
  let sums: Circuit;
  before(async () => {
    sums = await circuit("board/spot-sums.circom", "Needed", [N, 1], {
      source: `
template Needed(N, F) {
    signal input isNeeded, domain, underlying, times[2], key[N][2], isSigned[N], sum[N], growth[N], r8[N][2][2], s[N][2];
    signal output out <== SpotSums(N, F)(Bool()(isNeeded), domain, underlying, times, key, isSigned, sum, growth, r8, s);
}`,
    });
  });
  /** The growth that each oracle signed, null of an absent one. */
  const input = (growths: readonly (bigint | null)[], isNeeded = 1n) => {
    const signed = growths.map((growth, oracle) =>
      growth === null
        ? null
        : [START, EXPIRY].map(
            (timestamp, at) =>
              signSum(
                { underlying: 1, timestamp, sum: SUM + BigInt(at) * growth },
                ORACLE_SECRETS[oracle] as Uint8Array,
              ).signature,
          ),
    );
    return {
      isNeeded,
      domain: DOMAIN,
      underlying: 1n,
      times: [START, EXPIRY],
      key,
      isSigned: growths.map((growth) => (growth === null ? 0n : 1n)),
      sum: growths.map(() => SUM),
      growth: growths.map((growth) => growth ?? 0n),
      r8: signed.map((both) => both?.map(({ r8 }) => [r8.x, r8.y]) ?? [zero, zero]),
      s: signed.map((both) => both?.map(({ s }) => s) ?? zero),
    };
  };

  it("is the lower median of a quorum's growths", () => {
    const growth = fc.bigInt({ min: 0n, max: (1n << BigInt(GROWTH_BITS)) - 1n });
    fc.assert(
      fc.property(fc.array(growth, { minLength: N, maxLength: N }), fc.nat(N), (all, absent) => {
        const present = all.filter((_, oracle) => oracle !== absent);
        const given = all.map((each, oracle) => (oracle === absent ? null : each));
        assert.equal(sums.read(input(given), ["out"]).out, lowerMedian(present));
      }),
      { numRuns: 30 },
    );
  });

  it("refuses fewer, other sums, other times and another underlying", () => {
    const honest = input([5n, 6n, 7n, null]);
    assert.equal(sums.read(honest, ["out"]).out, 6n);
    sums.rejects(input([5n, 6n, null, null]), "CheckMajority/Uint/CheckRange");
    sums.rejects(input([null, null, null, null]), "CheckMajority/Uint/CheckRange");
    sums.rejects({ ...honest, growth: honest.growth.with(1, 7n) }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, sum: honest.sum.with(0, SUM + 1n) }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, times: [START + 1n, EXPIRY] }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, times: [START, EXPIRY + 1n] }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, underlying: 0n }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, domain: DOMAIN + 1n }, "SpotSums/EdDSAPoseidon");
    sums.rejects({ ...honest, isSigned: [1n, 1n, 1n, 1n] }, "EdDSAPoseidon");
    sums.rejects({ ...honest, isSigned: [1n, 1n, 2n, 0n] }, "SpotSums/Bool");
    sums.rejects({ ...honest, key: key.with(0, zero) }, "TimesEight/CheckOnCurve");
  });

  it("takes sums and growths in range only, also of the absent", () => {
    const honest = input([5n, 6n, 7n, null]);
    for (const at of [0, 3]) {
      sums.rejects({ ...honest, sum: honest.sum.with(at, 1n << 96n) }, "SpotSums/Uint/CheckRange");
      sums.rejects({ ...honest, growth: honest.growth.with(at, 1n << 64n) }, "SpotSums/Uint/CheckRange");
      sums.rejects({ ...honest, growth: honest.growth.with(at, -1n) }, "SpotSums/Uint/CheckRange");
    }
  });

  it("verifies nothing where none are needed", () => {
    const none = input([null, null, null, null], 0n);
    assert.equal(sums.read({ ...none, isSigned: [1n, 1n, 1n, 0n] }, ["out"]).out, 0n);
  });
});

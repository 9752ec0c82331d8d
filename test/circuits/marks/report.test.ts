import assert from "node:assert/strict";
import fc from "fast-check";
import { toField } from "#protocol/field.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { PROFILE } from "#protocol/params.ts";
import { type Report, reportMessage } from "#protocol/report.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { beyond, element, uintOf } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE, isFixed, isFixedBut } from "#test/support/fixed.ts";
import { reportOf, SMILE } from "#test/support/surfaces.ts";
import { DOMAIN, EXPIRY } from "#test/support/world.ts";

const notBoolean = element.filter((value) => value > 1n);
const SVI = ["a", "b", "rho", "m", "sigma"] as const;
const [ONLY = assert.fail()] = reportOf(0).expiries;

describe("PackExpiry", () => {
  let packed: Circuit;
  before(async () => {
    packed = await circuit("marks/report.circom", "PackExpiry", []);
  });
  const used = { isUsed: 1n, expiry: EXPIRY, forward: 5n, discount: 1n << 40n };
  const unused = { isUsed: 0n, expiry: 0n, forward: 0n, discount: 0n };

  it("equals the specification", () => {
    const discount = fc.bigInt({ min: 1n, max: 1n << 40n });
    fc.assert(
      fc.property(uintOf(40), fc.bigInt({ min: 1n, max: (1n << 53n) - 1n }), discount, (expiry, forward, factor) => {
        const fields = { expiry, forward, discount: factor };
        assert.equal(packed.read({ isUsed: 1n, ...fields }, ["word"]).word, pack(LAYOUT.expiry, fields));
      }),
    );
    assert.equal(packed.read(unused, ["word"]).word, 0n);
  });

  it("refuses what does not fit, and an unused place that says something", () => {
    fc.assert(fc.property(beyond(53), (forward) => packed.rejects({ ...used, forward }, "Uint/CheckRange")));
    packed.rejects({ ...used, forward: 0n }, "PackExpiry");
    for (const discount of [0n, (1n << 40n) + 1n]) packed.rejects({ ...used, discount }, "Uint/CheckRange");
    for (const change of [{ expiry: 1n }, { forward: 1n }, { discount: 1n }])
      packed.rejects({ ...unused, ...change }, "PackExpiry");
  });

  it("leaves no signal free", () => isFixedBut(packed, INVERSE, used, unused));
});

describe("ReportMessage", () => {
  let message: Circuit;
  before(async () => {
    const source = `template Probe(UNDERLYING, E) {
      signal input domain, timestamp, spot, impactMid, isUsed[E], expiry[E], forward[E], discount[E], a[E], b[E], rho[E], m[E], sigma[E];
      signal output message;
      component report = ReportMessage(UNDERLYING, E);
      report.domain <== domain; report.timestamp <== timestamp; report.spot <== spot;
      report.impactMid <== impactMid;
      for (var e = 0; e < E; e++) {
        report.reported[e].isUsed <== isUsed[e]; report.reported[e].expiry <== expiry[e];
        report.reported[e].forward <== forward[e]; report.reported[e].discount <== discount[e];
        report.reported[e].svi.a <== a[e]; report.reported[e].svi.b <== b[e]; report.reported[e].svi.rho <== rho[e];
        report.reported[e].svi.m <== m[e]; report.reported[e].svi.sigma <== sigma[e];
      }
      message <== report.message;
    }`;
    message = await circuit("marks/report.circom", "Probe", [1, 2], { source });
  });
  const input = ({ timestamp, spot, impactMid, expiries }: Report): CircuitInput => {
    const places = [expiries[0], expiries[1]];
    const each = (of: (expiry: typeof ONLY) => bigint) => places.map((expiry) => (expiry ? toField(of(expiry)) : 0n));
    return {
      domain: DOMAIN,
      timestamp,
      spot,
      impactMid,
      isUsed: places.map((expiry) => (expiry ? 1n : 0n)),
      expiry: each(({ expiry }) => expiry),
      forward: each(({ forward }) => forward),
      discount: each(({ discount }) => discount),
      ...Object.fromEntries(SVI.map((name) => [name, each(({ svi }) => svi[name])])),
    };
  };

  it("equals the specification for two expiries, one and none", () => {
    const second = { ...ONLY, expiry: EXPIRY + 7n, svi: { ...SMILE, rho: -5n, m: -9n, a: -1n } };
    for (const expiries of [[ONLY, second], [ONLY], []]) {
      const report = reportOf(1, { expiries });
      assert.equal(message.read(input(report), ["message"]).message, reportMessage(PROFILE.devnet, DOMAIN, report));
    }
  });

  it("leaves no signal free", () => isFixedBut(message, INVERSE, input(reportOf(1))));
});

describe("CheckImpactMid", () => {
  it("accepts what has 53 bits, and 0 only without a perpetual", async () => {
    const check = await circuit("marks/report.circom", "CheckImpactMid", []);
    const most = (1n << 53n) - 1n;
    for (const [impactMid, hasPerpetual] of [
      [0n, 0n],
      [most, 0n],
      [1n, 1n],
      [most, 1n],
    ] as const)
      isFixedBut(check, INVERSE, { impactMid, hasPerpetual });
    check.rejects({ impactMid: 0n, hasPerpetual: 1n }, "CheckImpactMid");
    fc.assert(
      fc.property(beyond(53), (impactMid) => check.rejects({ impactMid, hasPerpetual: 0n }, "Uint/CheckRange")),
    );
  });
});

describe("CheckExpiries", () => {
  it("accepts used places first and in ascending order", async () => {
    const check = await circuit("marks/report.circom", "CheckExpiries", [3]);
    const [a, b, c] = [10n, 11n, 20n];
    const accepted: readonly [bigint[], bigint[]][] = [
      [
        [1n, 1n, 1n],
        [a, b, c],
      ],
      [
        [1n, 1n, 0n],
        [a, c, 0n],
      ],
      [
        [0n, 0n, 0n],
        [0n, 0n, 0n],
      ],
    ];
    const refused: readonly [bigint[], bigint[]][] = [
      [
        [1n, 1n, 1n],
        [a, a, c],
      ],
      [
        [1n, 1n, 1n],
        [b, a, c],
      ],
      [
        [1n, 1n, 1n],
        [a, c, b],
      ],
      [
        [1n, 0n, 1n],
        [a, 0n, c],
      ],
      [
        [0n, 1n, 1n],
        [0n, b, c],
      ],
    ];
    for (const [isUsed, expiry] of accepted) isFixed(check, { isUsed, expiry });
    fc.assert(
      fc.property(beyond(40), (expiry) =>
        check.rejects({ isUsed: [1n, 0n, 0n], expiry: [expiry, 0n, 0n] }, "Uint/CheckRange"),
      ),
    );
    fc.assert(
      fc.property(notBoolean, (flag) => check.rejects({ isUsed: [flag, 0n, 0n], expiry: [a, 0n, 0n] }, "Bool")),
    );
    for (const [isUsed, expiry] of refused) check.rejects({ isUsed, expiry }, "CheckExpiries", "Uint/CheckRange");
  });
});

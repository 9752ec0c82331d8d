import assert from "node:assert/strict";
import fc from "fast-check";
import { adoption, areLevelsNear } from "#protocol/adoption.ts";
import { toField } from "#protocol/field.ts";
import type { Candidate, Levels, UnderlyingMarks } from "#protocol/marks.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { INVERSE, isFixedBut } from "#test/support/fixed.ts";
import { NOW } from "#test/support/world.ts";

const E = 2;
const N = 3;
const PPM = 100_000n;
const SPOT = 7_000_000_000_000n;
/** A tenth of the spot. */
const LIMIT = SPOT / 10n;
const levels = (change: Partial<Levels> = {}): Levels => ({
  spot: SPOT,
  expiries: [
    { expiry: 100n, forward: SPOT, discount: 1n },
    { expiry: 200n, forward: SPOT + 5n, discount: 1n },
  ],
  marks: [0n, 1_000_000n, SPOT / 100n],
  ...change,
});
const expiry = (at: bigint, forward: bigint) => ({ expiry: at, forward, discount: 1n });
const UNUSED = expiry(0n, 0n);
const fields = (name: string, { spot, expiries, marks }: Levels): CircuitInput => ({
  [`${name}Spot`]: spot,
  [`${name}Expiry`]: expiries.map((each) => each.expiry),
  [`${name}Forward`]: expiries.map(({ forward }) => forward),
  [`${name}Mark`]: marks,
});
const declared = (name: string) => `signal input ${name}Spot, ${name}Expiry[E], ${name}Forward[E], ${name}Mark[N];`;
const wired = (component: string, bus: string, name: string) =>
  `${component}.${bus}.spot <== ${name}Spot; ${component}.${bus}.expiry <== ${name}Expiry;
   ${component}.${bus}.forward <== ${name}Forward; ${component}.${bus}.mark <== ${name}Mark;`;
const flag = (value: boolean): bigint => (value ? 1n : 0n);

/** Around what a tenth of the spot allows, and anywhere. */
const off = (of: bigint, limit = LIMIT): fc.Arbitrary<bigint> =>
  fc
    .oneof(
      fc.constantFrom(-limit - 1n, -limit, limit, limit + 1n, 0n, 1n).map((by) => of + by),
      fc.bigInt({ min: 0n, max: 2n * of }),
    )
    .map((value) => (value < 0n ? 0n : value));
const around = fc.record({
  spot: fc.oneof(fc.constant(SPOT), off(SPOT)),
  expiries: fc.oneof(
    fc.tuple(off(SPOT), off(SPOT + 5n)).map(([a, b]) => [expiry(100n, a), expiry(200n, b)]),
    off(SPOT + 5n).map((b) => [expiry(200n, b), expiry(300n, 1n)]),
    off(SPOT + 5n).map((b) => [expiry(200n, b), UNUSED]),
    fc.constant(levels().expiries),
    fc.constant([UNUSED, UNUSED]),
  ),
  marks: fc.oneof(
    fc.constant(levels().marks),
    off(SPOT / 100n, LIMIT / 100n).map((c) => [0n, 1_000_000n, c]),
  ),
});
const live = fc.array(fc.boolean(), { minLength: N, maxLength: N });

describe("IsNear", () => {
  it("compares a magnitude with a limit over its whole width", async () => {
    const BITS = 8;
    const check = await circuit("marks/candidate.circom", "IsNear", [BITS]);
    const most = (1n << BigInt(BITS)) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -most, max: most }), fc.bigInt({ min: 0n, max: most }), (difference, limit) => {
        const isNear = difference <= limit && -difference <= limit;
        assert.equal(check.read({ difference: toField(difference), limit }, ["out"]).out, flag(isNear));
      }),
      {
        examples: [
          [most, most],
          [-most, most],
          [-most, 0n],
          [most, 0n],
          [0n, 0n],
          [-1n, 0n],
        ],
      },
    );
    isFixedBut(check, INVERSE, { difference: toField(-5n), limit: 5n }, { difference: 6n, limit: 5n });
  });
});

describe("AreLevelsNear", () => {
  let within: Circuit;
  before(async () => {
    const source = `template Probe(E, N) {
      ${declared("old")} ${declared("new")} signal input isLive[N], limitPpm;
      signal output out;
      component within = AreLevelsNear(E, N);
      ${wired("within", "reference", "old")} ${wired("within", "table", "new")}
      within.isLive <== isLive; within.limitPpm <== limitPpm;
      out <== within.out;
    }`;
    within = await circuit("marks/candidate.circom", "Probe", [E, N], { source });
  });
  const input = (reference: Levels, table: Levels, isLive: readonly boolean[]): CircuitInput => ({
    ...fields("old", reference),
    ...fields("new", table),
    isLive: isLive.map(flag),
    limitPpm: PPM,
  });

  it("equals the specification, up to the limit and past it", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(around, live, fc.boolean(), (table, isLive, isReversed) => {
        const [from, to] = isReversed ? [table, levels()] : [levels(), table];
        const expected = areLevelsNear(PPM, from, to, isLive);
        seen.add(expected);
        assert.equal(within.read(input(from, to, isLive), ["out"]).out, flag(expected));
      }),
      { numRuns: 1_000 },
    );
    assert.equal(seen.size, 2);
  });

  it("measures at the ends of every range (attack 21)", () => {
    const most = { spot: 1n << 53n, forward: (1n << 53n) - 1n, mark: (1n << 48n) - 1n };
    const high = levels({
      spot: most.spot,
      expiries: [expiry(100n, most.forward), UNUSED],
      marks: Array(N).fill(most.mark),
    });
    const low = levels({ spot: 1n, expiries: [expiry(100n, 1n), UNUSED], marks: Array(N).fill(0n) });
    const all = [true, true, true];
    for (const [from, to] of [
      [high, low],
      [low, high],
      [high, high],
      [low, low],
    ] as const) {
      for (const limitPpm of [0n, (1n << 20n) - 1n]) {
        const { out } = within.read({ ...input(from, to, all), limitPpm }, ["out"]);
        assert.equal(out, flag(areLevelsNear(limitPpm, from, to, all)));
      }
    }
  });

  it("leaves no signal free", () => {
    const changed = levels({ expiries: [expiry(200n, SPOT), expiry(300n, SPOT)], marks: [9n, 9n, 9n] });
    isFixedBut(within, INVERSE, input(levels(), changed, [true, true, false]));
    isFixedBut(within, INVERSE, input(levels(), levels({ spot: 5n }), [true, true, true]));
  });
});

describe("Adoption", () => {
  const AGE = 600n;
  const parameters = { deviationPpm: PPM, candidateAge: AGE, fundingCapPpm: 5_000n };
  let adopted: Circuit;
  before(async () => {
    const source = `template Probe(E, N) {
      ${["force", "waiting", "new"].map(declared).join(" ")}
      signal input isLive[N], limitPpm, candidateAge, isFirst, hasCandidate, reported, since;
      signal output isAdopted, isConfirmed;
      component adoption = Adoption(E, N);
      ${wired("adoption", "inForce", "force")} ${wired("adoption", "candidate", "waiting")} ${wired("adoption", "table", "new")}
      adoption.isLive <== isLive; adoption.limitPpm <== limitPpm; adoption.candidateAge <== candidateAge;
      adoption.isFirst <== isFirst; adoption.hasCandidate <== hasCandidate;
      adoption.reported <== reported; adoption.since <== since;
      isAdopted <== adoption.isAdopted; isConfirmed <== adoption.isConfirmed;
    }`;
    adopted = await circuit("marks/candidate.circom", "Probe", [E, N], { source });
  });
  const far = levels({ spot: 2n * SPOT, expiries: [UNUSED, UNUSED] });
  const further = levels({ spot: 4n * SPOT, expiries: [UNUSED, UNUSED] });
  const all = [true, true, true];
  type Case = {
    readonly isFirst?: boolean;
    readonly waiting?: Levels;
    readonly table: Levels;
    readonly age?: bigint;
  };
  const inputOf = ({ isFirst = false, waiting, table, age = 0n }: Case): CircuitInput => ({
    ...fields("force", isFirst ? levels({ spot: 0n, expiries: [UNUSED, UNUSED], marks: [0n, 0n, 0n] }) : levels()),
    ...fields("waiting", waiting ?? levels({ spot: 0n, expiries: [UNUSED, UNUSED], marks: [0n, 0n, 0n] })),
    ...fields("new", table),
    isLive: all.map(flag),
    limitPpm: PPM,
    candidateAge: AGE,
    isFirst: flag(isFirst),
    hasCandidate: flag(waiting !== undefined),
    reported: NOW,
    since: NOW - age,
  });
  const twin = ({ isFirst = false, waiting, table, age = 0n }: Case) => {
    const candidate: Candidate | null = waiting ? { ...waiting, since: NOW - age, newest: NOW - 1n } : null;
    const mode = candidate ? ("closeOnly" as const) : ("open" as const);
    const paid = { index: 5n, fundingSum: 7n };
    const [timestamp, spot] = isFirst ? [0n, 0n] : [NOW - 9n, SPOT];
    const before: UnderlyingMarks = { timestamp, mode, spot, ...paid, candidate };
    const inForce = isFirst ? levels({ spot: 0n, expiries: [UNUSED, UNUSED], marks: [0n, 0n, 0n] }) : levels();
    return adoption(parameters, before, inForce, { ...table, timestamp: NOW, reported: NOW, perpetual: 9n }, all);
  };
  const cases: readonly [string, Case, boolean, "none" | "new" | "kept"][] = [
    ["the first table", { isFirst: true, table: far }, true, "none"],
    ["a table near the one in force", { table: levels() }, true, "none"],
    ["a far one", { table: far }, false, "new"],
    ["a far one that confirms the candidate", { waiting: far, table: far, age: AGE - 1n }, false, "kept"],
    ["one that confirms it after its time", { waiting: far, table: far, age: AGE }, true, "none"],
    ["one near neither, though the candidate is old", { waiting: far, table: further, age: 9n * AGE }, false, "new"],
    ["one back near the table in force", { waiting: far, table: levels(), age: 1n }, true, "none"],
    ["one that confirms a candidate of the future", { waiting: far, table: far, age: -5n }, false, "kept"],
  ];

  for (const [name, each, isAdopted, waits] of cases) {
    it(`decides on ${name} as the specification does`, () => {
      const { isAdopted: own, underlying } = twin(each);
      assert.equal(own, isAdopted);
      assert.equal(underlying.mode, isAdopted ? "open" : "closeOnly");
      // What is not adopted costs nobody anything.
      if (!isAdopted) assert.deepEqual([underlying.index, underlying.fundingSum], [5n, 7n]);
      const { candidate } = underlying;
      if (waits === "none") assert.equal(candidate, null);
      else assert.equal(candidate?.since, waits === "new" ? NOW : NOW - (each.age ?? 0n));
      if (waits === "kept") assert.equal(candidate?.spot, each.waiting?.spot);
      const out = adopted.read(inputOf(each), ["isAdopted", "isConfirmed"]);
      assert.equal(out.isAdopted, flag(isAdopted));
      const isConfirmed = each.waiting !== undefined && areLevelsNear(PPM, each.waiting, each.table, all);
      assert.equal(out.isConfirmed, flag(isConfirmed));
    });
  }

  it("leaves no signal free", () => {
    for (const [, each] of cases)
      assert.deepEqual(
        adopted.loose(inputOf(each)).filter((name) => !INVERSE.test(name)),
        [],
      );
  });
});

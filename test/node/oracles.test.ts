/**
 * From single reports to a quorum: the pool by itself, and four oracles against a node.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { emptyMarks } from "#protocol/marks.ts";
import { PROFILE, quorum } from "#protocol/params.ts";
import type { AttributedReport } from "#protocol/quorum.ts";
import { type SignedReport, signReport } from "#protocol/report.ts";
import type { RpcError } from "#rollup-node/client.ts";
import { isRefused } from "#rollup-node/errors.ts";
import { checkTime, ReportPool } from "#rollup-node/oracles/pool.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS } from "#test/support/world.ts";
import { openVenue, quorumReports, removeFolder, until, type Venue, type VenueOptions } from "./support/venue.ts";

const profile = PROFILE.tiny;
const [first, second, third, fourth] = ORACLE_SECRETS as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const reportOf = (secret: Uint8Array, timestamp: bigint, spotUsd = 64_000n): SignedReport =>
  quorumReports("tiny", timestamp, spotUsd, [secret])[0] ?? assert.fail();
const attributed = (oracle: number, timestamp = NOW, spotUsd = 64_000n): AttributedReport => ({
  ...reportOf(ORACLE_SECRETS[oracle] ?? assert.fail(), timestamp, spotUsd),
  oracle,
});

describe("pool of reports", () => {
  const moment = { marks: emptyMarks(profile), time: NOW, maxMarksAge: 43_200n };

  it("has a quorum with the third report in whatever order, and gives it by ascending oracle", () =>
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const pool = new ReportPool(profile, ORACLE_SECRETS.length);
        for (const [at, oracle] of order.entries()) {
          assert.equal(pool.quorum(moment) !== null, at >= quorum(profile));
          assert.equal(pool.waiting(moment)[0]?.needed, Math.max(0, quorum(profile) - at));
          assert.equal(pool.isComplete(moment), false);
          pool.add(attributed(oracle));
        }
        assert.ok(pool.isComplete(moment));
        const reports = pool.quorum(moment)?.[0] ?? assert.fail();
        assert.deepEqual(
          reports.map(({ signature }) => signature.s),
          [0, 1, 2, 3].map((at) => attributed(at).signature.s),
        );
        assert.deepEqual(Object.keys(reports[0] ?? {}), ["report", "signature"]);
      }),
    ));

  it("keeps each oracle's newest report and counts an oracle once", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    for (const time of [NOW - 9n, NOW - 1n, NOW - 5n]) pool.add(attributed(0, time));
    assert.deepEqual(pool.heard(0), [NOW - 1n]);
    assert.deepEqual(pool.heard(1), [null]);
    assert.deepEqual(pool.waiting(moment), [{ underlying: 0, oracles: [0], needed: 2 }]);
  });

  it("tells news from repetition, from what is older and from a second word on the same time", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    pool.add(attributed(0));
    const codeOf = (report: AttributedReport) => pool.check(report)?.code ?? null;
    assert.equal(codeOf(attributed(0)), null);
    assert.ok(pool.isKnown(reportOf(first, NOW)) && !pool.isKnown(reportOf(second, NOW)));
    assert.equal(codeOf(attributed(0, NOW + 1n)), null);
    assert.equal(codeOf(attributed(0, NOW - 1n)), "StaleReport");
    assert.equal(codeOf(attributed(0, NOW, 65_000n)), "DuplicateReport");
    assert.equal(codeOf(attributed(1, NOW, 65_000n)), null);
  });

  it("counts only reports that a step can take now", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    for (const oracle of [0, 1, 2]) pool.add(attributed(oracle));
    assert.ok(pool.quorum(moment));
    for (const time of [NOW - 1n, NOW + 43_201n]) assert.equal(pool.quorum({ ...moment, time }), null);
    const table = { timestamp: NOW - 9n, mode: "open" as const, spot: 1n, index: 0n, fundingSum: 0n, candidate: null };
    const under = (change: object) => ({
      ...moment,
      marks: { ...moment.marks, underlyings: [{ ...table, ...change }] },
    });
    assert.ok(pool.quorum(under({})));
    assert.equal(pool.quorum(under({ timestamp: NOW })), null);
    const waiting = { since: 1n, newest: NOW, spot: 1n, expiries: [], marks: [] };
    assert.equal(pool.quorum(under({ mode: "closeOnly", candidate: waiting })), null);
    assert.equal(checkTime(under({ candidate: waiting }), attributed(0).report)?.code, "StaleReport");
  });

  it("leaves out a report of other expiries, which no step could take with the rest", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    const { report } = reportOf(first, NOW);
    const expiries = report.expiries.map((each) => ({ ...each, expiry: EXPIRY + 1n }));
    const { report: odd, signature } = signReport(profile, DOMAIN, { ...report, expiries }, first);
    pool.add({ report: odd, signature, oracle: 0 });
    for (const oracle of [1, 2]) pool.add(attributed(oracle));
    assert.deepEqual(pool.waiting(moment), [{ underlying: 0, oracles: [1, 2], needed: 1 }]);
    pool.add(attributed(3));
    assert.deepEqual(pool.waiting(moment)[0]?.oracles, [1, 2, 3]);
    assert.equal(pool.quorum(moment)?.[0]?.length, 3);
  });

  it("lets no straggler age the table of a quorum, and takes it where it is needed", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    const times = () => pool.quorum(moment)?.[0]?.map(({ report }) => NOW - report.timestamp);
    for (const [oracle, age] of [40_000n, 30n, 0n].entries()) pool.add(attributed(oracle, NOW - age));
    assert.deepEqual(times(), [40_000n, 30n, 0n]);
    pool.add(attributed(3, NOW - 10n));
    assert.deepEqual(times(), [30n, 0n, 10n]);
    pool.add(attributed(0, NOW - 90n));
    assert.deepEqual(times(), [90n, 30n, 0n, 10n]);
    pool.add(attributed(1, NOW - 29n));
    assert.deepEqual(times(), [29n, 0n, 10n]);
  });

  it("gives a report to one table only", () => {
    const pool = new ReportPool(profile, ORACLE_SECRETS.length);
    const all = [0, 1, 2, 3].map((oracle) => attributed(oracle));
    for (const each of all.slice(0, 3)) pool.add(each);
    const adopted = { sequence: 7, hash: "ab", candidates: [] };
    pool.settle(pool.quorum(moment) ?? [], adopted);
    for (const each of all.slice(3)) pool.add(each);
    assert.deepEqual(pool.waiting(moment), [{ underlying: 0, oracles: [3], needed: 2 }]);
    assert.deepEqual(pool.adoptionOf(all.slice(0, 3)), adopted);
    assert.equal(pool.adoptionOf(all), null);
    assert.equal(pool.adoptionOf([attributed(0, NOW + 1n)]), null);
  });
});

describe("oracles of a node", function () {
  this.slow(8_000);
  const open: Venue[] = [];
  const ready = async (options: VenueOptions = {}): Promise<Venue> => {
    const venue = await openVenue(options);
    open.push(venue);
    // Time passes only when a test says so, and not with the transactions of the node.
    venue.l1.isHolding = true;
    return venue;
  };
  afterEach(async () => {
    for (const venue of open.splice(0)) {
      await venue.close();
      removeFolder(venue.folder);
    }
  });
  const publish = (venue: Venue, secret: Uint8Array, spotUsd = 64_000n, time = NOW) =>
    venue.client.publishMarks([reportOf(secret, time, spotUsd)]);
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error: RpcError) => error.code,
    );
  const marksAdopted = ({ sequencer }: Venue) => sequencer.engine.counters.op - 1;
  const GRACE = 3_600_000;

  it("adopts a table with the third report, and says before how many more are needed", async () => {
    const venue = await ready();
    const answers = [];
    const height = venue.sequencer.height;
    for (const secret of [fourth, first, third]) answers.push(await publish(venue, secret));
    assert.deepEqual(
      answers.map(({ waiting: [each] }) => each?.needed),
      [2, 1, 3],
    );
    assert.deepEqual(
      answers.map(({ adopted }) => adopted === null),
      [true, true, false],
    );
    const sequence = answers[2]?.adopted?.sequence ?? 0;
    assert.ok(sequence > height && sequence <= venue.sequencer.height);
    assert.equal(venue.sequencer.engine.marks.underlyings[0]?.timestamp, NOW);
  });

  it("adopts nothing while f + 1 oracles are silent", async () => {
    const venue = await ready();
    await publish(venue, first);
    venue.l1.mine(5n);
    for (const secret of [second, first]) await publish(venue, secret, 64_000n, NOW + 5n);
    const { oracles, marks } = await venue.client.call("provega_status", {});
    assert.deepEqual(oracles.waiting, [{ underlying: 0, oracles: [0, 1], needed: 1 }]);
    assert.deepEqual(
      oracles.set.map(({ heard }) => heard[0] === null),
      [false, false, true, true],
    );
    assert.equal(marks[0]?.timestamp, "0");
    assert.equal(marksAdopted(venue), 0);
  });

  it("waits for the fourth oracle, and answers all of them when the table is adopted", async () => {
    const venue = await ready({ oracleGraceMs: GRACE });
    const answers = await Promise.all(ORACLE_SECRETS.map((secret) => publish(venue, secret)));
    assert.equal(marksAdopted(venue), 1);
    const adopted = answers.filter((each) => each.adopted !== null);
    assert.ok(adopted.length >= 2, "those that came with the quorum or after it know");
    // Who came before may ask again, with the same report.
    for (const secret of ORACLE_SECRETS) assert.deepEqual((await publish(venue, secret)).adopted, adopted[0]?.adopted);
    venue.l1.isHolding = false;
    await venue.settled();
    const { reports } = await venue.client.call("provega_step", { number: 1 });
    assert.equal(reports?.[0]?.length, 4);
  });

  it("goes on without the fourth when the grace is over", async () => {
    const venue = await ready({ oracleGraceMs: 20 });
    await publish(venue, first);
    await publish(venue, second);
    assert.ok((await publish(venue, third)).adopted);
    assert.equal(await codeOf(publish(venue, fourth)), "StaleReport");
    assert.equal(marksAdopted(venue), 1);
  });

  it("holds an oracle to its word", async () => {
    const venue = await ready();
    const before = await publish(venue, first);
    assert.equal(await codeOf(publish(venue, first, 65_000n)), "DuplicateReport");
    assert.equal(await codeOf(publish(venue, first, 64_000n, NOW - 1n)), "StaleReport");
    assert.deepEqual(await publish(venue, first), before);
  });

  it("takes all reports of a call or none", async () => {
    const venue = await ready();
    const reports = [first, second, new Uint8Array(32).fill(1)].map((secret) => reportOf(secret, NOW));
    assert.equal(await codeOf(venue.client.publishMarks(reports)), "BadSignature");
    assert.deepEqual((await publish(venue, third)).waiting, [{ underlying: 0, oracles: [2], needed: 2 }]);
  });

  it("outvotes a liar, wherever it stands", async () => {
    for (const lie of [1n, 60_000_000n]) {
      const venue = await ready({ oracleGraceMs: GRACE });
      const honest = [64_000n, 64_010n, 64_020n];
      const spots = honest.toSpliced(Number(lie % 3n), 0, lie);
      await Promise.all(ORACLE_SECRETS.map((secret, at) => publish(venue, secret, spots[at])));
      const spot = (venue.sequencer.engine.marks.underlyings[0]?.spot ?? 0n) / 100_000_000n;
      assert.ok(honest.includes(spot), `${spot} among ${spots}`);
    }
  });

  it("does not let a liar's expiries keep the honest ones from a table", async () => {
    const venue = await ready({ oracleGraceMs: 20 });
    const { report } = reportOf(first, NOW);
    const [own] = report.expiries;
    assert.ok(own);
    const odd = signReport(profile, DOMAIN, { ...report, expiries: [{ ...own, expiry: EXPIRY + 1n }] }, first);
    // The board's expiry is missing, so it is refused; and at a board that trades both it would be left out of the quorum.
    assert.equal(await codeOf(venue.client.publishMarks([odd])), "BadReport");
    for (const secret of [second, third]) await publish(venue, secret);
    assert.ok((await publish(venue, fourth)).adopted);
  });

  it("tells the age of the marks, and why positions may only shrink", async () => {
    const venue = await ready({ settlementSeconds: 60n });
    const marks = async () => (await venue.client.call("provega_status", {})).marks[0];
    await venue.publish();
    assert.deepEqual(await marks(), {
      underlying: "BTC",
      timestamp: NOW.toString(),
      age: "0",
      mode: "open",
      reason: null,
    });
    venue.l1.mine(100n);
    const { adopted } = await venue.publish(venue.l1.timestamp, 90_000n);
    assert.deepEqual(adopted?.candidates, [0]);
    const jumped = await marks();
    assert.deepEqual([jumped?.timestamp, jumped?.mode, jumped?.reason], [NOW.toString(), "closeOnly", "candidate"]);
    venue.l1.mine(60n);
    await venue.publish(venue.l1.timestamp, 64_500n);
    assert.equal((await marks())?.mode, "open");
    assert.equal((await marks())?.timestamp, (NOW + 160n).toString());
    // A step that is not posted by then could not carry such old reports.
    const { sequencer } = venue;
    await until(
      () => !sequencer.engine.pending.length && sequencer.steps.heightOf("posted") === sequencer.steps.height,
    );
    const posted = venue.l1.timestamp;
    venue.l1.mine(NOW + 160n + 43_200n - posted);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    const old = await marks();
    assert.deepEqual([old?.age, old?.mode, old?.reason], ["43200", "closeOnly", "age"]);
  });

  it("refuses adoption with the node's own trouble, and keeps the reports", async () => {
    const venue = await ready();
    await publish(venue, first);
    await publish(venue, second);
    const { sequencer } = venue;
    const commit = sequencer.commit.bind(sequencer);
    Object.assign(sequencer, { commit: () => ({ refused: true, code: "Busy", message: "not now" }) });
    assert.equal(await codeOf(publish(venue, third)), "Busy");
    Object.assign(sequencer, { commit });
    const again = await publish(venue, third);
    assert.ok(!isRefused(again) && again.adopted);
  });
});

/**
 * The pipeline against an L1 and a prover that fail on order: nothing is lost, nothing is executed twice.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { genesisState } from "#protocol/genesis.ts";
import { applyWords } from "#protocol/rebuild.ts";
import { stateRoot } from "#protocol/state.ts";
import { Sequencer } from "#rollup-node/sequencer.ts";
import { DOMAIN } from "#test/support/world.ts";
import {
  genesisFor,
  MemoryL1,
  MemoryProver,
  openVenue,
  removeFolder,
  until,
  type Venue,
  type VenueOptions,
} from "./support/venue.ts";

/** The state that L1's words lead to: it must be the node's. */
function rebuilt({ l1 }: Venue) {
  return l1.steps.reduce((state, { words }) => applyWords(state, words), genesisState(genesisFor("tiny"), DOMAIN));
}
function assertAgrees(venue: Venue): void {
  const state = rebuilt(venue);
  assert.equal(stateRoot(state), venue.sequencer.steps.get(venue.sequencer.steps.height)?.sealed.newRoot);
  for (const [id, { cash, sizes, epoch }] of venue.sequencer.engine.accounts.entries()) {
    const account = state.accounts.get(id);
    assert.deepEqual([cash, sizes, epoch], [account?.cash, account?.positions.map(({ size }) => size), account?.epoch]);
  }
}
const trade = async (venue: Venue, nonce: bigint, size = 10n) => {
  await venue.submit(venue.order(0, nonce, { side: "sell", price: 400_000n, size }));
  return venue.submit(venue.order(1, nonce, { side: "buy", price: 400_000n, size }));
};

describe("pipeline", function () {
  this.timeout(90_000);
  const open: Venue[] = [];
  const start = async (options: VenueOptions = {}) => {
    const venue = await openVenue(options);
    open.push(venue);
    return venue;
  };
  const ready = async (options: VenueOptions = {}) => {
    const venue = await start(options);
    await venue.fund(3);
    await venue.publish();
    await venue.settled();
    return venue;
  };
  const restart = async (venue: Venue, options: VenueOptions = {}) => {
    await venue.close();
    return start({ folder: venue.folder, l1: venue.l1, prover: venue.prover, ...options });
  };
  afterEach(async () => {
    for (const venue of open.splice(0)) {
      await venue.close().catch(() => undefined);
      removeFolder(venue.folder);
    }
  });

  it("takes what happens to L1 and says how far each order is", async () => {
    const venue = await ready();
    const { order } = await trade(venue, 1n);
    assert.equal(order.status, "matched");
    await venue.settled();
    const final = await venue.client.call("provega_order", { id: order.id });
    assert.equal(final.status, "final");
    const [step] = final.steps;
    assert.ok(step);
    const detail = await venue.client.call("provega_step", { number: step });
    assert.deepEqual([detail.kind, detail.status, detail.trades, detail.proof?.length], ["trade", "final", [1], 8]);
    assert.equal(detail.reports, null);
    const [marks] = (await venue.client.call("provega_steps", {})).filter(({ kind }) => kind === "marks");
    const { reports } = await venue.client.call("provega_step", { number: marks?.number ?? 0 });
    assert.equal(reports?.[0]?.[0]?.report.underlying, 0);
    assert.equal((await venue.client.call("provega_trades", {}))[0]?.status, "final");
    assertAgrees(venue);
  });

  it("seals what was matched under one table before the next one", async () => {
    const venue = await ready({ sealDelayMs: 3_600_000 });
    await trade(venue, 1n);
    venue.l1.mine(30n);
    await venue.publish(venue.l1.timestamp, 66_000n);
    await trade(venue, 2n);
    await until(() => venue.sequencer.steps.height >= 5);
    const kinds = Array.from(
      { length: venue.sequencer.steps.height },
      (_, at) => venue.sequencer.steps.get(at + 1)?.sealed.kind,
    );
    assert.deepEqual(kinds.slice(-2), ["trade", "marks"]);
    assert.equal(venue.sequencer.engine.pending.length, 1);
  });

  it("collapses the fills of one order into one execution", async () => {
    const venue = await ready({ sealDelayMs: 400 });
    await venue.submit(venue.order(0, 1n, { side: "sell", price: 400_000n, size: 30n }));
    await venue.submit(venue.order(1, 1n, { price: 400_000n, size: 10n }));
    await venue.submit(venue.order(1, 2n, { price: 400_000n, size: 10n }));
    await venue.settled();
    assertAgrees(venue);
    const steps = await venue.client.call("provega_steps", {});
    // tiny: one intent per lane, two lanes; the second order of account 1 needs a lane of its own.
    assert.deepEqual(
      steps.slice(0, 2).map(({ executions }) => executions),
      [2, 2],
    );
  });

  it("executes withdrawals, cancels and cancel-alls on L1", async () => {
    const venue = await ready();
    const common = { account: 2, epoch: 0n, validUntil: venue.l1.timestamp + 3_600n };
    await venue.submit({ kind: "withdraw", ...common, nonce: 1n, amount: 1_000_000n });
    await venue.submit({ kind: "cancel", ...common, nonce: 2n });
    const { order } = await venue.submit({ kind: "cancelAll", ...common, nonce: 3n });
    await venue.settled();
    assertAgrees(venue);
    assert.equal((await venue.client.call("provega_order", { id: order.id })).status, "final");
    assert.equal((await venue.client.call("provega_account", { account: 2 })).epoch, "1");
  });

  it("keeps what it acknowledged while L1 is down, and posts it afterwards", async () => {
    const venue = await ready();
    venue.l1.isDown = true;
    await trade(venue, 1n);
    await until(
      () =>
        venue.sequencer.steps.heightOf("proven") === venue.sequencer.steps.height &&
        venue.sequencer.engine.pending.length === 0,
    );
    const status = await venue.client.call("provega_status", {});
    assert.equal(status.health, "degraded");
    assert.match(status.reason ?? "", /^ChainDown/);
    venue.l1.isDown = false;
    await venue.settled();
    await until(() => venue.node !== undefined);
    assertAgrees(venue);
  });

  it("resumes where it was, whatever was sealed, proven or sent", async () => {
    const l1 = new MemoryL1();
    const prover = new MemoryProver();
    let venue = await ready({ l1, prover });
    l1.isHolding = true;
    await trade(venue, 1n);
    await until(() => venue.sequencer.steps.oldest("proven")?.sent != null);
    const sent = venue.sequencer.steps.oldest("proven")?.sent?.hash;
    // The transaction is included while the node is down: nothing of it is sent again.
    venue = await restart(venue);
    l1.isHolding = false;
    l1.include(sent ?? "");
    await venue.settled();
    assert.equal(l1.steps.filter(({ hash }) => hash === sent).length, 1);
    assertAgrees(venue);
  });

  it("sends the very same transaction again when it got lost between send and receipt", async () => {
    const venue = await ready();
    venue.l1.isHolding = true;
    await trade(venue, 1n);
    await until(() => venue.sequencer.steps.oldest("proven")?.sent != null);
    const signed = venue.l1.transactions.size;
    const again = await restart(venue);
    venue.l1.isHolding = false;
    await again.settled();
    assert.equal(venue.l1.transactions.size, signed);
    assertAgrees(again);
  });

  it("replaces a transaction that hangs for many blocks", async () => {
    const venue = await ready();
    venue.l1.isHolding = true;
    await trade(venue, 1n);
    await until(() => venue.sequencer.steps.oldest("proven")?.sent != null);
    const first = venue.sequencer.steps.oldest("proven")?.sent?.hash;
    for (let block = 0; block < 25; block++) {
      venue.l1.mine(1n);
      await new Promise((done) => setTimeout(done, 15));
    }
    await until(() => venue.sequencer.steps.oldest("proven")?.sent?.hash !== first);
    venue.l1.isHolding = false;
    await venue.settled();
    assertAgrees(venue);
  });

  it("seals a step anew that missed L1's window, with the same content", async () => {
    const venue = await ready({ settlementSeconds: 7_000n });
    venue.l1.isHolding = true;
    const intent = venue.order(0, 1n, {
      side: "sell",
      price: 400_000n,
      size: 10n,
      validUntil: venue.l1.timestamp + 9_000n,
    });
    await venue.submit(intent);
    await venue.submit(venue.order(1, 1n, { price: 400_000n, size: 10n, validUntil: venue.l1.timestamp + 9_000n }));
    await until(() => venue.sequencer.steps.oldest("proven")?.sent != null);
    const { number, sealed } = venue.sequencer.steps.oldest("proven") ?? {};
    venue.l1.mine(2_000n);
    await until(
      () =>
        venue.sequencer.steps.get(number ?? 0)?.sealed.timestamp !== sealed?.timestamp &&
        venue.sequencer.steps.height === number,
    );
    venue.l1.isHolding = false;
    await venue.settled();
    const anew = venue.sequencer.steps.get(number ?? 0);
    assert.ok(anew && sealed && anew.sealed.timestamp > sealed.timestamp);
    // Lanes and requests, behind the header, are the same.
    assert.deepEqual(anew.sealed.words.slice(4), sealed.words.slice(4));
    assertAgrees(venue);
  });

  it("quarantines a trade whose orders expired before it could be posted, with the reason, and nothing else", async () => {
    const venue = await ready();
    venue.l1.isHolding = true;
    const short = { validUntil: venue.l1.timestamp + 120n, price: 400_000n, size: 10n };
    const long = { ...short, validUntil: venue.l1.timestamp + 9_000n, price: 410_000n };
    await venue.submit(venue.order(0, 1n, { side: "sell", ...short }));
    const { order } = await venue.submit(venue.order(1, 1n, short));
    await venue.submit(venue.order(0, 2n, { side: "sell", ...long }));
    await venue.submit(venue.order(1, 2n, long));
    await until(() => venue.sequencer.steps.oldest("proven")?.sent != null);
    venue.l1.mine(2_000n);
    await until(() => venue.sequencer.history.quarantined === 1);
    venue.l1.isHolding = false;
    await venue.settled();
    const given = await venue.client.call("provega_order", { id: order.id });
    assert.deepEqual([given.status, given.reason?.code, given.filled], ["quarantined", "IntentExpired", "0"]);
    const [second, first] = await venue.client.call("provega_trades", {});
    assert.deepEqual([first?.status, second?.status], ["quarantined", "final"]);
    assertAgrees(venue);
  });

  it("finds the operation that the circuit refuses, quarantines it and proves the rest", async () => {
    const venue = await ready({ sealDelayMs: 300 });
    const common = { account: 2, epoch: 0n, validUntil: venue.l1.timestamp + 3_600n };
    // The circuit of this test hates withdrawals of 7.
    venue.prover.refuse = ({ z }) => {
      const step = Array.from({ length: venue.sequencer.steps.height }, (_, at) =>
        venue.sequencer.steps.get(at + 1),
      ).findLast((each) => each?.status === "sealed" && z !== 0n);
      const oldest = venue.sequencer.steps.oldest("sealed") ?? step;
      return oldest?.ops.some(
        (op) => op.kind === "intent" && op.signed.intent.kind === "withdraw" && op.signed.intent.amount === 7n,
      )
        ? "WitnessRefused"
        : null;
    };
    await venue.submit({ kind: "withdraw", ...common, nonce: 1n, amount: 5n });
    const { order } = await venue.submit({ kind: "withdraw", ...common, nonce: 2n, amount: 7n });
    await venue.submit({ kind: "withdraw", ...common, nonce: 3n, amount: 9n });
    await venue.settled();
    assert.equal((await venue.client.call("provega_order", { id: order.id })).status, "quarantined");
    assert.equal((await venue.client.call("provega_order", { id: "2:0:3" })).status, "final");
    assert.equal(venue.sequencer.history.quarantined, 1);
    assertAgrees(venue);
  });

  it("quarantines with a table those that were priced after it", async () => {
    const venue = await ready();
    const first = venue.l1.timestamp + 10n;
    venue.l1.mine(60n);
    let isUndecided = true;
    venue.prover.refuse = () => {
      const [op] = venue.sequencer.steps.oldest("sealed")?.ops ?? [];
      if (op?.kind !== "marks" || op.reports[0]?.[0]?.report.timestamp !== first) return null;
      return isUndecided ? "WorkerFailed" : "WitnessRefused";
    };
    // A jump waits as a candidate, and the next table confirms it.
    await venue.publish(first, 80_000n);
    await venue.publish(first + 10n, 80_000n);
    isUndecided = false;
    await until(() => venue.sequencer.history.quarantined === 2);
    await venue.publish(first + 20n, 80_000n);
    await venue.settled();
    assert.equal(venue.sequencer.engine.marks.underlyings[0]?.candidate?.since, first + 20n);
    assert.deepEqual(venue.sequencer.engine.marks, rebuilt(venue).marks);
    assertAgrees(venue);
  });

  it("tries again when the prover fails, and refuses a proof of something else", async () => {
    const venue = await ready();
    let failures = 0;
    venue.prover.refuse = () => (failures++ < 2 ? "WorkerFailed" : null);
    await trade(venue, 1n);
    await venue.settled();
    assert.ok(failures >= 3);
    const honest = venue.prover.prove.bind(venue.prover);
    let lies = 0;
    venue.prover.prove = async (request) => {
      const proved = await honest(request);
      return lies++ === 0 ? { ...proved, publicSignals: [1n, 2n, 3n] } : proved;
    };
    await trade(venue, 2n);
    await until(() => lies === 1);
    await venue.settled();
    assert.ok(lies >= 2);
    assertAgrees(venue);
  });

  it("posts again what a reorganisation took back", async () => {
    const venue = await ready();
    await trade(venue, 1n);
    await until(
      () =>
        venue.sequencer.steps.heightOf("posted") === venue.sequencer.steps.height &&
        venue.sequencer.engine.pending.length === 0,
    );
    const height = venue.sequencer.steps.height;
    venue.l1.reorganise(1);
    await until(() => venue.l1.steps.length === height);
    await venue.settled();
    assertAgrees(venue);
  });

  it("starts its workers again when they die, and catches up", async () => {
    const venue = await ready();
    const { stdout } = await promisify(execFile)("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)]);
    const workers = stdout
      .split("\n")
      .filter((line) => /workers\/(twin|admission)/.test(line))
      .map((line) => Number.parseInt(line, 10));
    assert.ok(workers.length >= 2);
    for (const pid of workers) process.kill(pid, "SIGKILL");
    const intent = venue.order(0, 1n, { side: "sell", price: 400_000n, size: 10n });
    // What was under way with the process is refused; the next call finds another.
    await venue.submit(intent).catch(() => venue.submit(intent));
    await venue.submit(venue.order(1, 1n, { price: 400_000n, size: 10n }));
    await venue.settled();
    assertAgrees(venue);
  });

  it("stops posting when L1 holds a step that is not this journal's", async () => {
    const venue = await ready();
    const last = venue.l1.steps.at(-1);
    assert.ok(last);
    await trade(venue, 1n);
    venue.l1.steps.push({ ...last, hash: "0xf0" }, { ...last, hash: "0xf0" }, { ...last, hash: "0xf0" });
    await until(() => venue.sequencer.steps.height > 0);
    let reason: string | null = null;
    for (let tries = 0; tries < 200 && !reason?.startsWith("ChainDisagrees"); tries++) {
      reason = (await venue.client.call("provega_status", {})).reason;
      await new Promise((done) => setTimeout(done, 10));
    }
    assert.match(reason ?? "", /^ChainDisagrees/);
  });

  it("replays its journal from scratch to the same state, for its own deployment only", async () => {
    const venue = await ready();
    for (let nonce = 1n; nonce <= 5n; nonce++) await trade(venue, nonce, nonce * 3n);
    await venue.submit(venue.order(2, 1n, { price: 100_000n }));
    await venue.settled();
    await venue.close();
    const again = await Sequencer.open(venue.folder, () => assert.fail("the journal is not empty"));
    assert.deepEqual(again.engine, venue.sequencer.engine);
    assert.deepEqual(again.history, venue.sequencer.history);
    assert.deepEqual(again.steps, venue.sequencer.steps);
    await again.close();
    const other = { rollup: `0x${"44".repeat(20)}` };
    await assert.rejects(() => Sequencer.open(venue.folder, () => assert.fail(), other), { code: "WrongDeployment" });
  });
});

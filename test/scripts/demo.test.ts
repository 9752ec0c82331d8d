import assert from "node:assert/strict";
import { createServer } from "node:net";
import { loadExtract } from "#market/load.ts";
import { surfaceOf } from "#market/quotes.ts";
import { buildScenario } from "#market/scenario.ts";
import { CAST } from "#market/script.ts";
import { SERIES, SERIES_NAMES } from "#market/series.ts";
import { devnetParameters } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import { publicKey } from "#protocol/signature.ts";
import type { AccountView, MarksView, StatusView, StepView, TradeView } from "#rollup-node/wire.ts";
import { assertFree } from "#scripts/demo/chain.ts";
import { clock, Phases } from "#scripts/demo/phases.ts";
import { NOT_YET_PROTECTED, summaryText } from "#scripts/demo/print.ts";
import { accountRows, failures, type Summary, seriesRows } from "#scripts/demo/summary.ts";

const scenes = buildScenario(loadExtract().map(surfaceOf));
const scene = scenes[0] ?? assert.fail();

/** A board of which only the slots are known. */
const ALL_LISTED = {
  underlyings: [],
  expiries: [],
  series: SERIES.map((_, slot) => ({ slot, mark: "0" })),
} as unknown as MarksView;
/** Marks as the node would show them, `factor` times the middle of the market. */
const marksView = (factor: number, of = scene): MarksView => ({
  underlyings: [],
  expiries: [],
  series: seriesRows(of, ALL_LISTED).map(({ series, mid }, slot) => ({
    series,
    slot,
    seriesHash: "0",
    status: "live",
    mark: String(Math.round(mid * factor * 1e6)),
    scenarioPrices: [],
    openLong: "0",
    openShort: "0",
    cap: "0",
    payoff: "0",
    deficitLong: "0",
    deficitShort: "0",
  })),
});
const account = (id: number, cash: string, positions: AccountView["positions"]): AccountView => ({
  account: id,
  owner: "0x00",
  key: ["0", "1"],
  epoch: "0",
  modes: { reduceOnly: false, closing: false, killed: [] },
  sessions: [],
  openOrders: [],
  positions,
  margin: {
    cash,
    equity: cash,
    health: cash,
    maintenance: "0",
    initial: "0",
    available: "0",
    isHealthy: true,
    worstScenario: [-1],
  },
});
const step = (number: number, kind: "marks" | "trade", trades: readonly number[], transaction: string): StepView => ({
  number,
  kind,
  status: "final",
  timestamp: "1770179043",
  oldRoot: String(number - 1),
  newRoot: String(number),
  trades,
  executions: 8,
  lanes: 4,
  requests: 0,
  timings: { witnessMs: 200, proveMs: 12_345, verifyMs: 9 },
  transaction,
  block: 5,
  gas: "300000",
});
const trade = (id: number): TradeView => ({
  id,
  cause: "book",
  fills: [],
  series: SERIES_NAMES[id % 8] ?? "",
  price: "100",
  size: "10000",
  takerSide: "buy",
  maker: 0,
  taker: 2,
  makerOrder: "",
  takerOrder: "",
  makerFee: "0",
  takerFee: "0",
  timestamp: "0",
  status: "final",
  step: 2,
});
const parameters = devnetParameters(PROFILE.devnet, [publicKey(new Uint8Array(32).fill(1))]);
/** A board on which everything has happened. */
const LIFE: MarksView = {
  underlyings: [{ timestamp: "0", mode: "open", spot: "1", index: "1", fundingSum: "1" }],
  expiries: [],
  series: marksView(1).series.map((each) => ({ ...each, status: "settled" })),
};
const good: Summary = {
  series: scenes.flatMap((each) => seriesRows(each, marksView(1, each))),
  accounts: accountRows(parameters, scene, [
    account(0, "1000000000", []),
    account(7, "9000000000", [
      { series: SERIES_NAMES[1], slot: 1, size: "-10000", mark: "0", index: "0", funding: null },
    ]),
  ]),
  steps: [
    step(1, "trade", [], "0xa"),
    step(
      2,
      "trade",
      Array.from({ length: 62 }, (_, at) => at + 1),
      "0xb",
    ),
    step(3, "marks", [], "0xb"),
  ],
  trades: Array.from({ length: 62 }, (_, at) => ({
    ...trade(at + 1),
    cause: at === 0 ? ("spread" as const) : at === 1 ? ("backstop" as const) : ("book" as const),
  })),
  refusals: ["one"],
  constraints: { trade: 122_626, marks: 79_600 },
  status: { roots: { sealed: "3", proven: "3", posted: "3", final: "3" }, quarantined: 0 } as StatusView,
  l1Root: "3",
  rebuiltRoot: "3",
  claimed: "1000000000",
  life: { market: LIFE, after: LIFE },
  seconds: 301,
};

describe("closing table", () => {
  it("sets marks beside the market and says which are inside", () => {
    const rows = seriesRows(scene, marksView(1));
    assert.equal(rows.length, SERIES.length);
    assert.ok(
      rows.every(
        ({ isInside, bid, mid, ask, mark, markVol, venueVol }) =>
          isInside &&
          bid < mid &&
          mid < ask &&
          Math.abs(mark - mid) < 1e-5 &&
          Math.abs((markVol ?? 0) - (venueVol ?? 0)) < 0.02,
      ),
    );
    assert.ok(seriesRows(scene, marksView(1.5)).every(({ isInside }) => !isInside));
    // Half of the middle, in basis points of a forward of about 76,800 to 77,100.
    for (const { mid, offMid } of seriesRows(scene, marksView(1.5)))
      assert.ok(Math.abs(offMid - (5_000 * mid) / 76_950) < 0.01 * offMid, `${offMid} of ${mid}`);
  });

  it("names accounts and finds who is near liquidation", () => {
    const [alfa, heidi] = good.accounts;
    assert.deepEqual([alfa?.name, alfa?.role, alfa?.liquidation], ["alfa", "maker", { down: null, up: null }]);
    assert.equal(heidi?.name, CAST[7]?.name);
    assert.ok((heidi?.liquidation.down ?? 0) > 0 && heidi?.liquidation.up === null);
  });

  it("is verified only if everything holds", () => {
    assert.deepEqual(failures(good), []);
    const wrong: readonly (readonly [Partial<Summary>, RegExp])[] = [
      [{ steps: good.steps.with(1, { ...step(2, "trade", [], "0xb"), status: "posted" }) }, /every step is final/],
      [{ steps: good.steps.toSpliced(1, 1) }, /numbered without a gap/],
      [{ l1Root: "9", rebuiltRoot: "9" }, /the root on L1 is the node's/],
      [{ rebuiltRoot: "9" }, /rebuilt from L1 alone/],
      [{ status: { ...good.status, quarantined: 1 } }, /nothing was quarantined/],
      [{ trades: good.trades.slice(0, 59) }, /at least 60 trades are final/],
      [{ refusals: [] }, /exactly one order was refused/],
      [{ series: seriesRows(scene, marksView(1.5)) }, /at least 90 % of the proved marks/],
    ];
    for (const [change, message] of wrong) {
      const found = failures({ ...good, ...change });
      assert.equal(found.length, 1, String(found));
      assert.match(found[0] ?? "", message);
    }
  });

  it("says it all in words, and what protects nobody yet", () => {
    const text = summaryText(good);
    for (const name of SERIES_NAMES) assert.match(text, new RegExp(`${name} +\\d+ `));
    assert.match(text, /48 of 48 \(2026-02-04 04:24 8\/8/);
    // Two steps share a transaction: its gas counts once, half for each.
    assert.match(text, /2 +trade .* 150,000 +2,419\n/);
    assert.match(text, /gas +600,000 in all, 9,677 per trade/);
    assert.match(text, /root of the node +the same/);
    assert.match(text, /12\.3 s/);
    assert.match(text, /proved mark +less mid, bp/);
    assert.match(text, /Each of 4 oracles fitted the real quotes less another quarter/);
    for (const line of NOT_YET_PROTECTED) assert.ok(text.includes(line));
    assert.doesNotMatch(NOT_YET_PROTECTED.join(), /oracle/);
  });
});

describe("progress of the demonstration", () => {
  it("says what runs, how far it is and how long it takes", async () => {
    let out = "";
    const phases = new Phases(
      {
        isTerminal: false,
        stderr: (text) => {
          out += text;
        },
      },
      2,
    );
    assert.equal(await phases.run("first", async () => 7), 7);
    await assert.rejects(
      phases.run("second", async () => {
        throw new Error("no");
      }),
      /no/,
    );
    assert.match(
      out,
      /^\[1\/2\] first …\n\[1\/2\] first {2}done in 0:00 \(0:00 in all\)\n\[2\/2\] second …\n\[2\/2\] second {2}failed after 0:00\n$/,
    );
  });

  it("rewrites its line on a terminal and estimates what is left", async () => {
    let out = "";
    const phases = new Phases(
      {
        isTerminal: true,
        stderr: (text) => {
          out += text;
        },
      },
      1,
    );
    await phases.run("long", async (phase) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      phase.update("half", 1, 10);
      await new Promise((resolve) => setTimeout(resolve, 600));
    });
    assert.ok(out.includes("\r\x1b[2K[1/1] long"));
    assert.match(out, /long {2}0:01 {2}half, about 0:0\d left/);
    assert.equal(clock(61_000), "1:01");
  });

  it("names the port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await assert.rejects(assertFree(port, "the chain"), {
      code: "PortInUse",
      message: new RegExp(`port ${port} .* --l1-port`),
    });
    await new Promise((resolve) => server.close(resolve));
    await assertFree(port, "the chain");
  });
});

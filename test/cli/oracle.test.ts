/**
 * The oracle's verbs against a node on an in-memory L1.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#cli/context.ts";
import { loadExtract } from "#market/load.ts";
import { createWallet } from "#scripts/wallet.ts";
import { openVenue, removeFolder, temporaryFolder, until, type Venue } from "#test/node/support/venue.ts";
import { NOW, ORACLE_SECRETS } from "#test/support/world.ts";
import { cli } from "./support.ts";

const EXTRACT = "market/btc-selloff-2026-02.csv";
const [NAMES, LINES] = (() => {
  const lines = readFileSync(EXTRACT, "utf8").split("\n");
  return [lines.findIndex((line) => line.startsWith("snapshot,")), lines] as const;
})();
/** The snapshot that stands 37 seconds after the world's time. */
const SNAPSHOT = loadExtract().find(({ time }) => time === Number(NOW) + 37) ?? assert.fail();
const rowsOf = (stamp: string) => LINES.filter((line) => line.startsWith(stamp));

describe("provega oracle", function () {
  this.slow(10_000);
  let venue: Venue;
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const env = Object.fromEntries(
    ORACLE_SECRETS.map((secret, at) => [`ORACLE_${at}`, `0x${Buffer.from(secret).toString("hex")}`]),
  );
  const write = (name: string, rows: readonly string[]): string => {
    writeFileSync(path(name), `${[...LINES.slice(0, NAMES + 1), ...rows].join("\n")}\n`);
    return path(name);
  };
  const source = write("one.csv", rowsOf(SNAPSHOT.stamp));
  const oracle = (args: readonly string[], changes: Partial<Context> = {}) =>
    cli(["oracle", ...args], {}, { env, connect: () => venue.client, ...changes });
  const once = (args: readonly string[]) => oracle(["run", "--once", "--source", source, ...args]);

  beforeEach(async () => {
    venue = await openVenue();
    venue.l1.isHolding = true;
    venue.l1.mine(37n);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
  });
  afterEach(async () => {
    await venue.close();
    removeFolder(venue.folder);
  });
  after(() => removeFolder(folder));

  it("publishes as one oracle of several, until a quorum is adopted", async () => {
    const wallet = createWallet(path("oracle.json"));
    const contents = JSON.parse(readFileSync(wallet.path, "utf8"));
    writeFileSync(wallet.path, JSON.stringify({ ...contents, secret: env["ORACLE_2"] }));
    const first = await once(["--key", wallet.path]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^BTC quotes of 2026-02-05T21:29:37Z\nexpiry +forward +quotes +inside +RMSE/);
    assert.match(first.stdout, /2026-02-27 +63,768\.12 +23 +100 % +0\.2\d/);
    assert.match(first.stdout, /published by oracle 2; waiting: 2 more needed\n$/);
    const second = await once(["--secret-env", "ORACLE_0", "--json"]);
    const { fits, ...rest } = JSON.parse(second.stdout);
    assert.deepEqual(rest, {
      underlying: "BTC",
      quoted: SNAPSHOT.time,
      timestamp: SNAPSHOT.time,
      oracles: [0],
      adopted: null,
      isCandidate: false,
      needed: 1,
    });
    assert.equal(fits[0].quotes, 23);
    const third = await once(["--secret-env", "ORACLE_3"]);
    assert.match(third.stdout, /published by oracle 3; adopted, journal entry \d+\n$/);
    const [underlying] = venue.sequencer.engine.marks.underlyings;
    assert.equal(underlying?.timestamp, BigInt(SNAPSHOT.time));
    const status = await cli(["status"], {}, { connect: () => venue.client });
    assert.match(status.stdout, /marks of BTC +2026-02-05T21:29:37Z, 0 s old, open\n/);
    assert.match(status.stdout, /oracles +3 of 4 heard, 3 make a table; 3 more needed for the next\n/);
  });

  it("acts for several oracles of a test network, and stamps with the chain's time if told so", async () => {
    venue.l1.mine(500n);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    const args = ["--secret-env", "ORACLE_0", "ORACLE_1", "ORACLE_2", "--stamp", "chain"];
    const { code, stdout, stderr } = await once(args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /quotes of 2026-02-05T21:29:37Z, stamped 2026-02-05T21:37:57Z\n/);
    assert.match(stdout, /published by oracle 0, 1, 2; adopted/);
  });

  it("refuses by name: keys, files, quotes, times, surfaces", async () => {
    const ether = path("ether.csv");
    writeFileSync(
      ether,
      "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,implied_volatility,futures_price,index_price\n2026-02-05T21:29:37.1+00:00,ETH-27FEB26-2000-C,call,2000,2026-02-27T08:00:00+00:00,0.05,0.06,0.055,0.7,2000,2000\n",
    );
    const refusals: readonly (readonly [string, number, readonly string[]])[] = [
      ["Usage", 2, ["--source", source]],
      ["Usage", 2, ["--source", source, "--secret-env", "NOTHING"]],
      ["Usage", 2, ["--source", source, "--secret-env", "ORACLE_0", "--interval", "0"]],
      ["WalletMissing", 1, ["--source", source, "--key", path("nobody.json")]],
      ["FileMissing", 1, ["--source", path("nothing.csv"), "--secret-env", "ORACLE_0"]],
      ["FileMissing", 1, ["--source", folder, "--secret-env", "ORACLE_0"]],
      ["BadQuotes", 1, ["--source", "package.json", "--secret-env", "ORACLE_0"]],
      ["NotAnOracle", 1, ["--source", source, "--secret-env", "STRANGER"]],
      ["BadQuotes", 1, ["--source", source, "--secret-env", "ORACLE_0", "--underlying", "ETH"]],
      ["UnknownSeries", 1, ["--source", ether, "--secret-env", "ORACLE_0", "--underlying", "ETH"]],
      ["FutureReport", 1, ["--source", EXTRACT, "--secret-env", "ORACLE_0"]],
    ];
    const all = { ...env, STRANGER: `0x${"77".repeat(32)}` };
    for (const [code, exit, args] of refusals) {
      const outcome = await oracle(["run", "--once", "--json", ...args], { env: all });
      assert.equal(JSON.parse(outcome.stderr).error.code, code, args.join(" "));
      assert.equal(outcome.code, exit);
    }
    const missing = write(
      "missing.csv",
      rowsOf(SNAPSHOT.stamp).filter((row) => !row.includes("2026-02-27")),
    );
    const crossed = write(
      "crossed.csv",
      rowsOf(SNAPSHOT.stamp).map((row) => {
        const fields = row.split(",");
        const [strike, future] = [Number(fields[3]), Number(fields[9])];
        // A ridge in the middle of the smile: no density is that negative.
        const factor = Math.abs(Math.log(strike / future)) < 0.05 ? 0.55 : 1;
        return fields.map((field, at) => (at === 5 || at === 6 ? String(Number(field) * factor) : field)).join(",");
      }),
    );
    for (const [file, code] of [
      [missing, "ExpiryMissing"],
      [crossed, "ButterflyArbitrage"],
    ] as const) {
      const outcome = await oracle(["run", "--once", "--source", file, "--secret-env", "ORACLE_0"]);
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, new RegExp(`^provega: ${code}: `));
    }
    assert.equal(venue.sequencer.engine.marks.underlyings[0]?.timestamp, 0n);
  });

  it("reads its source again and publishes what is new, whatever was refused between", async () => {
    const file = write("moving.csv", rowsOf(SNAPSHOT.stamp));
    const pauses: number[] = [];
    const later = rowsOf(SNAPSHOT.stamp).map((row) => row.replace("21:29:37Z", "21:30:37Z"));
    const pause = async (ms: number): Promise<boolean> => {
      pauses.push(ms);
      if (pauses.length === 2) writeFileSync(file, "nothing");
      if (pauses.length === 3) {
        venue.l1.mine(60n);
        write("moving.csv", later);
      }
      return pauses.length === 4;
    };
    const args = ["run", "--source", file, "--secret-env", "ORACLE_1", "--interval", "5", "--json"];
    const { code, stdout, stderr } = await oracle(args, { pause });
    assert.equal(code, 0, stderr);
    assert.deepEqual(pauses, [5_000, 5_000, 5_000, 5_000]);
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).quoted),
      [SNAPSHOT.time, SNAPSHOT.time + 60],
    );
    assert.match(stderr, /^provega: BadQuotes: .*\n$/);
  });

  it("replays snapshots with their pauses, and ends with the code of what was refused", async () => {
    const pauses: number[] = [];
    const mined = async (): Promise<void> => {
      venue.l1.mine(1n);
      await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    };
    const pause = async (ms: number): Promise<boolean> => {
      pauses.push(ms);
      await mined();
      return false;
    };
    const stamps = loadExtract().map(({ stamp }) => stamp);
    const some = write("some.csv", stamps.slice(2, 5).flatMap(rowsOf));
    const keys = ["--secret-env", "ORACLE_0", "ORACLE_1", "ORACLE_2"];
    const done = await oracle(["replay", "--source", some, "--speed", "7200", ...keys, "--json"], { pause });
    assert.equal(done.code, 0, done.stderr);
    const lines = done.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 3);
    assert.ok(lines.every(({ adopted, isCandidate }) => adopted !== null && !isCandidate));
    // 5 h 38 min and 18 h 22 min, 7,200 times faster.
    assert.deepEqual(pauses.map(Math.round), [2_817, 9_181]);
    await mined();
    const refused = await oracle(["replay", "--source", some, "--stamp", "quotes", ...keys], { pause });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /2026-02-05T15:51:32Z: StaleReport: /);
    assert.match(refused.stderr, /provega: StaleReport: 3 of 3 snapshots were refused\n {2}quotes of the past\?/);
    const stopped = await oracle(["replay", "--source", some, ...keys], { pause: async () => true });
    assert.equal(stopped.code, 0, stopped.stderr);
  });

  it("reads a folder of the venue's snapshots as it reads the extract", async () => {
    const snapshots = path("snapshots");
    mkdirSync(snapshots);
    writeFileSync(join(snapshots, "notes.csv"), "not a snapshot");
    const columns =
      "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,implied_volatility,futures_price,index_price";
    for (const { stamp, quotes } of loadExtract().slice(2, 4)) {
      const rows = quotes.map(({ strike, kind, expiry, bid, ask, mark, iv, future, index }) => {
        const date = new Date(expiry * 1000).toISOString().replace(".000Z", "+00:00");
        return [
          stamp.replace("Z", ".5+00:00"),
          `BTC-X-${strike}`,
          kind,
          strike,
          date,
          bid,
          ask,
          mark,
          iv,
          future,
          index,
        ];
      });
      const name = `deribit_options_snapshot_${stamp.replace(/[-:]/g, "")}.csv`;
      writeFileSync(join(snapshots, name), [columns, ...rows.map((row) => row.join(","))].join("\n"));
    }
    const read = await oracle(["run", "--once", "--source", snapshots, "--secret-env", "ORACLE_0", "--json"]);
    assert.equal(read.code, 0, read.stderr);
    const extract = await once(["--secret-env", "ORACLE_0", "--json"]);
    assert.deepEqual(JSON.parse(read.stdout), JSON.parse(extract.stdout));
  });

  it("explains both verbs with an example", async () => {
    for (const verb of ["run", "replay"]) {
      const { code, stdout } = await cli(["oracle", verb, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Example:\n {2}\\$ provega oracle ${verb}`));
      assert.match(stdout, /refused below -0\.001\).*refused below -0\.1 %\)/s);
    }
  });
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { americanPricer, circuitPricer } from "#cli/circuit-pricer.ts";
import { americanLine } from "#protocol/american-line.ts";
import { type PriceQuery, priceLine } from "#protocol/price-line.ts";
import { AMERICAN_QUERY } from "#test/support/options.ts";
import { cli, scratch } from "./support.ts";

const LINE = '{"forward":76784.68,"strike":70000,"years":0.0634,"vol":0.52,"kind":"put"}';
const QUERY = { forward: "76784.68", strike: "70000", years: "0.0634", vol: "0.52", kind: "put" } as const;
const stdinOf = (...chunks: readonly (string | Uint8Array)[]) => ({
  stdin: (async function* () {
    yield* chunks;
  })(),
});

describe("provega price", () => {
  it("writes one line per line with the twin's decimals", async () => {
    const bytes = new TextEncoder().encode(`${LINE}\n\n${LINE.replace("put", "call")}`);
    const { code, stdout } = await cli(["price"], {}, stdinOf(bytes.subarray(0, 40), bytes.subarray(40)));
    assert.equal(code, 0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines, [priceLine(QUERY), priceLine({ ...QUERY, kind: "call" })]);
    const [put, call] = lines;
    assert.ok(Math.abs(Number(call?.mark) - Number(put?.mark) - 6784.68) < 1e-9, "put-call parity");
  });

  it("keeps every digit of a number", async () => {
    const exact = LINE.replace("76784.68", "76784.680000000000000000001");
    const { stdout } = await cli(["price"], {}, stdinOf(exact));
    assert.deepEqual(JSON.parse(stdout), priceLine({ ...QUERY, forward: "76784.680000000000000000001" }));
    assert.deepEqual(
      JSON.parse((await cli(["price"], {}, stdinOf(LINE.replace("70000", '"70000"')))).stdout),
      priceLine(QUERY),
    );
  });

  it("names the line it refuses, and what a line looks like", async () => {
    const broken = [
      "{",
      "[]",
      "7",
      LINE.replace("put", "straddle"),
      LINE.replace("0.52", "-0.52"),
      LINE.replace("0.52", "5e-1"),
      LINE.replace("}", ',"extra":1}'),
      LINE.replace('"vol":0.52,', ""),
    ];
    for (const line of broken) {
      const { code, stderr, stdout } = await cli(["price"], {}, stdinOf(`${LINE}\n${line}\n`));
      assert.equal(code, 1, line);
      assert.match(stderr, /BadLine: line 2: .*; a line looks like \{"forward":100/, line);
      assert.equal(stdout.split("\n").length, 2);
    }
  });

  it("takes the circuit's answers when asked to", async () => {
    const circuitPricer = async () => () => ({ ...priceLine(QUERY), mark: "1" });
    const { stdout } = await cli(["price", "--circuit"], {}, { ...stdinOf(LINE), circuitPricer });
    assert.equal(JSON.parse(stdout).mark, "1");
  });
});

const AMERICAN = '{"spot":100,"strike":95,"years":1,"vol":0.25,"rate":0.075,"yield":0.05,"kind":"put"}';

describe("provega price --american", () => {
  it("writes the tree's decimals, of 64 steps unless told otherwise", async () => {
    const price = async (...args: string[]) =>
      JSON.parse((await cli(["price", "--american", ...args], {}, stdinOf(AMERICAN))).stdout);
    assert.deepEqual(await price(), americanLine(AMERICAN_QUERY, 64));
    assert.deepEqual(await price("--steps", "128"), americanLine(AMERICAN_QUERY, 128));
    assert.ok(Math.abs(Number((await price("--steps", "128")).price) / 6.278682685 - 1) < 1e-3);
  });

  it("names the line it refuses, and what a line looks like", async () => {
    const broken = [
      LINE,
      AMERICAN.replace("put", "both"),
      AMERICAN.replace("0.075", "-0.075"),
      AMERICAN.replace("0.075", "2"),
      AMERICAN.replace("0.25", "0"),
      AMERICAN.replace("0.25", "0.00001"),
      AMERICAN.replace("95", "4.99"),
      AMERICAN.replace('"yield":0.05,', ""),
    ];
    for (const line of broken) {
      const { code, stderr, stdout } = await cli(["price", "--american"], {}, stdinOf(`${AMERICAN}\n${line}\n`));
      assert.equal(code, 1, line);
      assert.match(stderr, /BadLine: line 2: .*; a line looks like \{"spot":100/, line);
      assert.equal(stdout.split("\n").length, 2);
    }
  });

  it("refuses steps that no tree has", async () => {
    for (const steps of ["7", "9", "0", "258", "1e2", "0x40", "-8", ""]) {
      const { code, stderr } = await cli(["price", "--american", "--steps", steps], {}, stdinOf(AMERICAN));
      assert.equal(code, 2, steps);
      assert.match(stderr, /even number from 8 to 256/);
    }
    const alone = await cli(["price", "--steps", "64"], {}, stdinOf(LINE));
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /goes with --american/);
    await assert.rejects(
      americanPricer(162, () => {}),
      { code: "OutOfRange" },
    );
  });

  it("takes every digit from a witness of the real template of that size", async function () {
    this.timeout(120_000).slow(30_000);
    const pricer = await americanPricer(16, () => {});
    const queries = ["80", "95", "100", "130"].flatMap((spot) =>
      (["call", "put"] as const).map((kind) => ({ ...AMERICAN_QUERY, spot, kind })),
    );
    for (const query of queries) assert.deepEqual(pricer(query), americanLine(query, 16), JSON.stringify(query));
    const americanPricerOf = async (steps: number) => {
      assert.equal(steps, 16);
      return pricer;
    };
    const options = { ...stdinOf(AMERICAN), americanPricer: americanPricerOf };
    const { stdout } = await cli(["price", "--american", "--steps", "16", "--circuit"], {}, options);
    assert.deepEqual(JSON.parse(stdout), americanLine(AMERICAN_QUERY, 16));
    assert.throws(() => pricer({ ...AMERICAN_QUERY, vol: "0.00001" }), { code: "OutOfRange" });
  });
});

describe("provega replay", () => {
  it("refuses files that are no tape", async () => {
    const path = scratch();
    const missing = await cli(["replay", "--tape", path]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /FileMissing/);
    writeFileSync(path, "a,b\n1,2\n");
    const wrong = await cli(["replay", "--tape", path]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /BadTape/);
    assert.equal((await cli(["replay"])).code, 2);
  });

  it("replays and says what it did", async () => {
    const path = scratch();
    const header =
      '"q","p","s","t","d","trade_seq","trade_id","tick_direction","iv","instrument_name","index_price","direction"';
    writeFileSync(
      path,
      `${header}\n"0.6","0.0165","TRADE","1641005912220","2022-01-01","234","197400889","3","61.54","BTC-2JAN22-47000-P","46786","sell"\n`,
    );
    const { code, stdout } = await cli(["replay", "--tape", path, "--json"]);
    assert.equal(code, 0);
    const result = JSON.parse(stdout);
    assert.deepEqual([result.tape, result.trades, result.lots, result.isConserved], [1, 1, "6000", true]);
    assert.match((await cli(["replay", "--tape", path])).stdout, /volume +0\.6000 BTC/);
  });
});

describe("provega price --circuit", function () {
  this.timeout(300_000);
  this.slow(60_000);

  it("takes every digit from a witness of the real template, and they are the twin's", async () => {
    const pricer = await circuitPricer(() => {});
    const queries = [0.02, 0.5, 1.9].flatMap((years) =>
      [0.05, 0.6, 3].flatMap((vol) =>
        [60, 99.5, 100, 240].flatMap((strike) =>
          (["call", "put"] as const).map((kind) => ({
            forward: "100",
            strike: String(strike),
            years: String(years),
            vol: String(vol),
            kind,
          })),
        ),
      ),
    );
    // Outside the domain: seconds before expiry, ten years, no volatility, far from the money.
    const outside = [{ years: "0.0000001" }, { years: "10" }, { vol: "0.001" }, { strike: "9000" }].map(
      (change) => ({ ...queries[0], ...change }) as PriceQuery,
    );
    for (const query of [...queries, ...outside])
      assert.deepEqual(pricer(query), priceLine(query), JSON.stringify(query));
    assert.ok(outside.every((query) => !pricer(query).isInDomain));
    const { code, stdout } = await cli(
      ["price", "--circuit"],
      {},
      { ...stdinOf(LINE), circuitPricer: async () => pricer },
    );
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), priceLine(QUERY));
  });
});

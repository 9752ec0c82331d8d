/** Verbs of a derivative's whole life: what they sign is what was asked for. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Wallet as L1Wallet, verifyMessage } from "ethers";
import { bulkOf, type Intent, intentMessage } from "#protocol/intent.ts";
import { PROFILE } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { verify } from "#protocol/signature.ts";
import { boardDigest } from "#rollup-node/board/command.ts";
import { controlMessage } from "#rollup-node/control.ts";
import type {
  AccountView,
  BoardParams,
  MarginView,
  MassQuoteParams,
  OrderView,
  SubmitParams,
  WireControl,
  WireSignature,
} from "#rollup-node/wire.ts";
import type { L1User } from "#scripts/l1-user.ts";
import { createWallet, openWallet, type Wallet } from "#scripts/wallet.ts";
import { cli, STATUS, scratch } from "./support.ts";

const CALL = "BTC-27FEB26-75000-C";
const FAR = "BTC-27FEB26-85000-C";
const DOMAIN = BigInt(STATUS.domain);
const NOW = BigInt(STATUS.chain.timestamp);
const MARGIN: MarginView = {
  cash: "5000000",
  equity: "4000000",
  health: "-1000000",
  maintenance: "5000000",
  initial: "6250000",
  available: "0",
  isHealthy: false,
  worstScenario: [0],
};
const ACCOUNT: AccountView = {
  account: 5,
  owner: "0x00",
  key: ["1", "2"],
  epoch: "3",
  modes: { reduceOnly: true, closing: false, killed: [0] },
  sessions: [{ place: 2, key: ["1", "2"], underlyings: [0], validUntil: "1770265500", maxSize: "50000" }],
  margin: MARGIN,
  positions: [
    { series: "BTC-PERP", slot: 7, size: "10000", mark: "64000000000", index: "6390000", funding: "-1250000" },
  ],
  openOrders: [],
};
const ORDER: OrderView = {
  id: "5:3:1",
  account: 5,
  kind: "spread",
  clientOrderId: "x",
  sequence: 9,
  status: "matched",
  isOpen: false,
  series: `${CALL}+${FAR}`,
  side: null,
  ratios: ["1", "-1"],
  price: "90000",
  size: "5000",
  filled: "5000",
  remaining: "0",
  cash: "-450000000",
  fee: "0",
  amount: "0",
  reason: null,
  steps: [],
};
const RECEIPT = { sequence: 9, intentHash: "0", journalHash: "0x", signature: "0x", operator: "0x" };
const ANSWERS = {
  provega_status: STATUS,
  provega_account: ACCOUNT,
  provega_submitIntent: { receipt: RECEIPT, order: ORDER, trades: [] },
};
/** What a command asked of the node. */
function paramsOf<P>(calls: readonly { readonly method: string; readonly params: unknown }[], method: string): P {
  const call = calls.find((each) => each.method === method);
  assert.ok(call, `no ${method}`);
  return call.params as P;
}
const signatureOf = ({ r8, s }: WireSignature) => ({ r8: { x: BigInt(r8[0]), y: BigInt(r8[1]) }, s: BigInt(s) });

describe("a derivative's life from the command line", () => {
  let path: string;
  let wallet: Wallet;
  beforeEach(() => {
    path = scratch();
    wallet = createWallet(path);
    wallet.setAccount(5);
  });
  const head = (nonce = 1n) => ({ account: 5, epoch: 3n, nonce, validUntil: NOW + 86_400n });
  /** The one intent that a command submitted is this one, signed by the wallet. */
  const signs = async (args: readonly string[], intent: Intent, series: readonly string[] = []) => {
    const [verb = "", ...rest] = args;
    const { code, stderr, calls } = await cli([verb, "--wallet", path, ...rest], ANSWERS);
    assert.equal(code, 0, stderr);
    const params = paramsOf<SubmitParams>(calls, "provega_submitIntent");
    assert.ok(verify(wallet.key, intentMessage(DOMAIN, intent), signatureOf(params.signature)), args.join(" "));
    if (params.intent.kind === "spread")
      assert.deepEqual(
        params.intent.legs.map((leg) => leg.series),
        series,
      );
  };
  const TERMS = { feePerLot: 5_000n, postOnly: false, ioc: false, fok: false, reduceOnly: false };

  it("spread: legs, ratios and a net limit that may be negative", async () => {
    const legs = [
      { seriesHash: seriesHash(parseSeries(CALL)), ratio: 1n },
      { seriesHash: seriesHash(parseSeries(FAR)), ratio: -2n },
    ];
    await signs(
      ["spread", "--fok", "--", "0.5", "-900", `+1:${CALL}`, `-2:${FAR}`],
      { kind: "spread", ...head(), ...TERMS, fok: true, size: 5_000n, price: -90_000n, legs },
      [CALL, FAR],
    );
    const refused = await cli(["spread", "1", "5", `1:${CALL}`, "--wallet", path], ANSWERS);
    assert.equal(refused.code, 2);
    const odd = await cli(["spread", "1", "5", `0:${CALL}`, `1:${FAR}`, "--wallet", path], ANSWERS);
    assert.match(odd.stderr, /is not a ratio and a series/);
  });

  it("resume, stop, contribute, collect and backstop", async () => {
    await signs(["stop"], { kind: "mode", ...head(), reduceOnly: true });
    await signs(["resume"], { kind: "mode", ...head(2n), reduceOnly: false });
    await signs(["contribute", "12.5"], { kind: "contribute", ...head(3n), amount: 12_500_000n });
    await signs(["collect", "1"], { kind: "collect", ...head(4n), amount: 1_000_000n });
    const terms = { size: 250_000n, discountPpm: 15_000n, feePerLot: 5_000n };
    await signs(["backstop", "25", "--discount", "1.5"], { kind: "backstop", ...head(5n), ...terms });
  });

  it("order: a market order signs a worst price, flags bind, and a time may be named", async () => {
    const book = { series: CALL, sequence: 1, bids: [], asks: [{ price: "100000", size: "1", orders: 1 }] };
    const args = ["order", "buy", CALL, "1", "--market", "--slippage", "0.55", "--reduce-only"];
    const timed = [...args, "--valid-until", "2026-02-05T00:00:00Z", "--wallet", path];
    const { code, stderr, calls } = await cli(timed, { ...ANSWERS, provega_book: book });
    assert.equal(code, 0, stderr);
    const { intent } = paramsOf<SubmitParams>(calls, "provega_submitIntent");
    assert.ok(intent.kind === "order");
    // 0.55 % above, to the next tick.
    assert.deepEqual([intent.price, intent.ioc, intent.reduceOnly], ["100600", true, true]);
    assert.equal(intent.validUntil, String(Date.UTC(2026, 1, 5) / 1000));
    const empty = await cli([...args, "--wallet", path], { ...ANSWERS, provega_book: { ...book, asks: [] } });
    assert.match(empty.stderr, /EmptyBook/);
  });

  it("quote: one signature over a file, in order slots that the next file reuses", async () => {
    const file = `${path}.csv`;
    writeFileSync(file, `series,side,size,price\n${CALL},buy,1,900\n${FAR},sell,0.5,1000\n`);
    const result = [
      { result: { receipt: RECEIPT, order: ORDER, trades: [] }, refusal: null },
      { result: null, refusal: { code: "Killed" as const, message: "no orders" } },
    ];
    const send = async () => {
      const { code, stdout, stderr, calls } = await cli(["quote", file, "--wallet", path], {
        ...ANSWERS,
        provega_massQuote: result,
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Killed: no orders/);
      return paramsOf<MassQuoteParams>(calls, "provega_massQuote");
    };
    const first = await send();
    const second = await send();
    const nonces = [first, second].map(({ intents }) => intents.map(({ nonce }) => Number(nonce)));
    assert.deepEqual(
      nonces[0]?.map((nonce) => nonce % 1024),
      nonces[1]?.map((nonce) => nonce % 1024),
    );
    assert.ok((nonces[1]?.[0] ?? 0) > (nonces[0]?.[0] ?? 0));
    const messages = first.intents.map((intent) => {
      assert.ok(intent.kind === "order");
      const { series, side, size, price, feePerLot, postOnly } = intent;
      return intentMessage(DOMAIN, {
        ...head(BigInt(intent.nonce)),
        ...TERMS,
        kind: "order",
        seriesHash: seriesHash(parseSeries(series)),
        side,
        size: BigInt(size),
        price: BigInt(price),
        feePerLot: BigInt(feePerLot),
        postOnly: postOnly === true,
      });
    });
    assert.ok(verify(wallet.key, bulkOf(PROFILE.devnet, messages).root, signatureOf(first.signature)));
    writeFileSync(file, `series,side,size,price\n${CALL},buy,1,900.5\n`);
    const bad = await cli(["quote", file, "--wallet", path], ANSWERS);
    assert.match(bad.stderr, /BadQuotes: .*quote 1: the price 900.5 is off the tick/);
  });

  it("kill: a control signed for now", async () => {
    const { code, stdout, calls } = await cli(["kill", "BTC", "--wallet", path], {
      ...ANSWERS,
      provega_control: { sequence: 3, left: 2 },
    });
    assert.equal(code, 0);
    assert.match(stdout, /orders taken out +2/);
    type Controlled = { readonly control: WireControl; readonly signature: WireSignature };
    const { control, signature } = paramsOf<Controlled>(calls, "provega_control");
    const message = controlMessage(DOMAIN, { ...control, time: BigInt(control.time) });
    assert.deepEqual(control, { action: "kill", account: 5, subject: 0, time: STATUS.chain.timestamp });
    assert.ok(verify(wallet.key, message, signatureOf(signature)));
    assert.equal((await cli(["kill", "DOGE", "--wallet", path], ANSWERS)).code, 2);
  });

  it("session: a key file of its own, registered with its limits, and revoked", async () => {
    const seen: unknown[] = [];
    const user = {
      setKey: async (account: number, place: number, key: { x: bigint }, limits: object) => {
        seen.push([account, place, key.x, limits]);
        return { transaction: "0x9" };
      },
    } as unknown as L1User;
    const file = `${path}.machine`;
    const add = ["session", "add", "--key-file", file, "--place", "2", "--max-size", "5", "--valid-for", "60"];
    const added = await cli([...add, "--wallet", path], ANSWERS, { onL1: () => user });
    assert.equal(added.code, 0, added.stderr);
    const machine = openWallet(file);
    assert.deepEqual([machine.account, machine.place], [5, 2]);
    assert.deepEqual(seen[0], [5, 2, machine.key.x, { underlyings: 1n, validUntil: NOW + 60n, maxSize: 50_000n }]);
    // The master's and the machine's nonces meet in no order slot.
    assert.notEqual(machine.takeNonce() % 1024n, openWallet(path).takeNonce() % 1024n);
    await cli(["session", "revoke", "--place", "2", "--wallet", path], ANSWERS, { onL1: () => user });
    assert.deepEqual(seen[1], [5, 2, wallet.key.x, { underlyings: 0n, validUntil: 0n, maxSize: 0n }]);
    const listed = await cli(["session", "list", "--wallet", path], ANSWERS);
    assert.match(listed.stdout, /2 +BTC +2026-02-05.* 5\.0000/);
    assert.equal((await cli(["session", "revoke", "--place", "5", "--wallet", path], ANSWERS)).code, 2);
  });

  it("board: the operator signs the text of what it orders", async () => {
    const key = `0x${"42".repeat(32)}`;
    const args = ["board", "list", "BTC-27MAR26-70000-C", "--cap", "1000"];
    const { code, stderr, calls } = await cli(
      args,
      { ...ANSWERS, provega_board: { sequence: 4, slot: 6 } },
      { env: { PROVEGA_OPERATOR_KEY: key } },
    );
    assert.equal(code, 0, stderr);
    const { operation, signature } = paramsOf<BoardParams>(calls, "provega_board");
    assert.equal(verifyMessage(boardDigest(DOMAIN, operation), signature), new L1Wallet(key).address);
    assert.deepEqual(JSON.parse(operation), {
      kind: "list",
      series: "BTC-27MAR26-70000-C",
      cap: "10000000",
      time: STATUS.chain.timestamp,
    });
    assert.equal((await cli(args, ANSWERS)).code, 2);
  });

  it("account: health, modes and funding", async () => {
    const { stdout } = await cli(["account", "--wallet", path], ANSWERS);
    for (const text of [/below maintenance margin/, /reduce-only/, /no orders in BTC/, /BTC-PERP.*-1\.25 USDC/])
      assert.match(stdout, text);
  });
});

/** Verbs of a derivative's whole life: what they sign is what was asked for. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Wallet as L1Wallet, type Transaction, toBeHex, verifyMessage } from "ethers";
import type { Context } from "#cli/context.ts";
import { parametersHash } from "#protocol/board-step.ts";
import { decodeGenesis } from "#protocol/genesis.ts";
import { bulkOf, type Intent, intentMessage } from "#protocol/intent.ts";
import { PROFILE } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { verify } from "#protocol/signature.ts";
import { boardDigest } from "#rollup-node/board/command.ts";
import { RpcError } from "#rollup-node/client.ts";
import { controlMessage } from "#rollup-node/control.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";
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
import { L1Error, type L1User } from "#scripts/l1-user.ts";
import { createWallet, openWallet, type Wallet } from "#scripts/wallet.ts";
import { fakeL1, makeHistory } from "./fake-l1.ts";
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
type Controlled = { readonly control: WireControl; readonly signature: WireSignature };
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
      ["spread", "0.5", "-900", `+1:${CALL}`, `-2:${FAR}`, "--fok"],
      { kind: "spread", ...head(), ...TERMS, fok: true, size: 5_000n, price: -90_000n, legs },
      [CALL, FAR],
    );
    const refused = await cli(["spread", "1", "5", `1:${CALL}`, "--wallet", path], ANSWERS);
    assert.equal(refused.code, 2);
    const odd = await cli(["spread", "1", "5", `0:${CALL}`, `1:${FAR}`, "--wallet", path], ANSWERS);
    assert.match(odd.stderr, /is not a ratio and a series/);
    const misspelt = await cli(["spread", "1", "5", `1:${CALL}`, `-1:${FAR}`, "--fko", "--wallet", path], ANSWERS);
    assert.equal(misspelt.code, 2);
    assert.match(misspelt.stderr, /unknown option --fko/);
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
    const { control, signature } = paramsOf<Controlled>(calls, "provega_control");
    const message = controlMessage(DOMAIN, { ...control, time: BigInt(control.time) });
    assert.deepEqual(control, { action: "kill", account: 5, subject: 0, time: STATUS.chain.timestamp });
    assert.ok(verify(wallet.key, message, signatureOf(signature)));
    assert.equal((await cli(["kill", "DOGE", "--wallet", path], ANSWERS)).code, 2);
  });

  it("order: leaves the book with its owner's connection only if that is asked for", async () => {
    const args = ["order", "buy", CALL, "1", "900", "--wallet", path];
    const held = await cli([...args, "--cancel-on-disconnect"], ANSWERS);
    assert.equal(held.code, 0, held.stderr);
    const { cancelOnDisconnect, intent } = paramsOf<SubmitParams>(held.calls, "provega_submitIntent");
    assert.deepEqual([cancelOnDisconnect, intent.kind], [true, "order"]);
    const plain = paramsOf<SubmitParams>((await cli(args, ANSWERS)).calls, "provega_submitIntent");
    assert.ok(!("cancelOnDisconnect" in plain));
    for (const flag of ["--ioc", "--fok", "--market"]) {
      const refused = await cli([...args, "--cancel-on-disconnect", flag], ANSWERS);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /Usage: an order that never waits/);
    }
  });

  it("keep-alive: a control signed for now, for so many seconds", async () => {
    const answers = { ...ANSWERS, provega_control: { sequence: 3, left: 0 } };
    const once = await cli(["keep-alive", "--for", "90", "--wallet", path, "--json"], answers);
    assert.equal(once.code, 0, once.stderr);
    const { control, signature } = paramsOf<Controlled>(once.calls, "provega_control");
    assert.deepEqual(control, { action: "keepAlive", account: 5, subject: 90, time: STATUS.chain.timestamp });
    const message = controlMessage(DOMAIN, { ...control, time: NOW });
    assert.ok(verify(wallet.key, message, signatureOf(signature)));
    assert.deepEqual(JSON.parse(once.stdout), { account: 5, until: (NOW + 90n).toString() });
    for (const flags of [
      ["--every", "0"],
      ["--for", "soon"],
      ["--every", "60", "--for", "60"],
    ]) {
      const wrong = await cli(["keep-alive", ...flags, "--wallet", path], answers);
      assert.deepEqual([wrong.code, wrong.calls], [2, []]);
    }
    const stale = new RpcError("StaleControl", 1081, "signed for 1770179100");
    const refused = await cli(["keep-alive", "--wallet", path, "--json"], { ...ANSWERS, provega_control: stale });
    assert.equal(refused.code, 1);
    assert.equal(JSON.parse(refused.stderr).error.code, "StaleControl");
  });

  it("keep-alive: again and again, once per L1 time, until it is stopped; a refusal does not end it", async () => {
    const times = [NOW, NOW, NOW + 30n, NOW + 60n];
    const pauses: number[] = [];
    let asked = 0;
    const { code, stdout, stderr, calls } = await cli(
      ["keep-alive", "--every", "30", "--wallet", path],
      {
        ...ANSWERS,
        provega_status: () => ({
          ...STATUS,
          chain: { ...STATUS.chain, timestamp: String(times[asked++]) },
        }),
        provega_control: ({ control }) => {
          if (BigInt(control.time) === NOW + 30n) throw new RpcError("StaleControl", 1081, "not newer");
          return { sequence: 3, left: 0 };
        },
      },
      { pause: async (ms) => pauses.push(ms) === times.length },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      pauses,
      times.map(() => 30_000),
    );
    const controls = calls.filter(({ method }) => method === "provega_control");
    assert.deepEqual(
      controls.map(({ params }) => [(params as Controlled).control.time, (params as Controlled).control.subject]),
      [NOW, NOW + 30n, NOW + 60n].map((time) => [String(time), 90]),
    );
    assert.equal(stdout.match(/orders stay until/g)?.length, 2);
    assert.equal(stderr, "provega: StaleControl: not newer\n");
  });

  it("stop and close on L1: of the wallet's account, also while no node answers", async () => {
    const seen: unknown[] = [];
    const onL1 = (l1: string, address: string) =>
      ({
        stop: async (account: number) => {
          seen.push(["stop", l1, address, account]);
          return { transaction: "0x1" };
        },
        close: async (account: number) => {
          seen.push(["close", l1, address, account]);
          return { transaction: "0x2" };
        },
      }) as unknown as L1User;
    const down = { provega_status: new NodeError("NodeUnreachable", "no node") };
    const rollup = `0x${"77".repeat(20)}`;
    const asked = [];
    for (const verb of [["stop", "--on-l1"], ["close"]]) {
      const args = [...verb, "--l1", "http://l1", "--wallet", path];
      asked.push(JSON.parse((await cli([...args, "--json"], ANSWERS, { onL1 })).stdout));
      const alone = await cli([...args, "--rollup", rollup], down, { onL1 });
      assert.equal(alone.code, 0, alone.stderr);
      assert.match(alone.stdout, /account +5\ntransaction +0x/);
      const unnamed = await cli([...args, "--json"], down, { onL1 });
      assert.equal(JSON.parse(unnamed.stderr).error.code, "NodeUnreachable");
    }
    assert.deepEqual(asked, [
      { account: 5, transaction: "0x1" },
      { account: 5, transaction: "0x2" },
    ]);
    assert.deepEqual(seen, [
      ["stop", "http://l1", STATUS.addresses.rollup, 5],
      ["stop", "http://l1", rollup, 5],
      ["close", "http://l1", STATUS.addresses.rollup, 5],
      ["close", "http://l1", rollup, 5],
    ]);
  });

  it("close: says by name who may not ask for it", async () => {
    const onL1 = () =>
      ({
        close: async () => {
          throw new L1Error("NotAccountOwner", "the contract refused: NotAccountOwner(0x12, 5)");
        },
      }) as unknown as L1User;
    const foreign = await cli(["close", "--wallet", path], ANSWERS, { onL1 });
    assert.equal(foreign.code, 1);
    assert.match(foreign.stderr, /NotAccountOwner: the contract refused.*\n {2}the wallet that registered/);
    const fresh = scratch();
    createWallet(fresh);
    const unregistered = await cli(["close", "--wallet", fresh, "--json"], ANSWERS, { onL1 });
    assert.equal(JSON.parse(unregistered.stderr).error.code, "WalletUnregistered");
    assert.deepEqual(unregistered.calls, []);
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

  it("board announce: the operator tells L1 the hash of the parameters that a step would publish", async () => {
    const key = `0x${"42".repeat(32)}`;
    const env = { PROVEGA_OPERATOR_KEY: key };
    const history = makeHistory();
    const sent: Transaction[] = [];
    const l1 = (operator: string) => async () => fakeL1(history, { operator, sent: (each) => sent.push(each) });
    const connectL1 = l1(new L1Wallet(key).address);
    const file = `${path}.parameters`;
    writeFileSync(file, history.genesis);
    const args = ["board", "announce", file, "--json"];
    const { code, stdout, stderr, calls } = await cli(args, ANSWERS, { env, connectL1 });
    assert.equal(code, 0, stderr);
    const { parameters } = decodeGenesis(history.genesis);
    const digest = toBeHex(parametersHash(PROFILE.devnet, parameters), 32);
    const [transaction] = sent;
    assert.ok(transaction && sent.length === 1);
    assert.deepEqual(JSON.parse(stdout), { parameters: digest, transaction: transaction.hash });
    assert.equal(transaction.to, STATUS.addresses.rollup);
    assert.equal(transaction.data, ROLLUP.encodeFunctionData("announceParameters", [digest]));
    // Nothing is ordered of the node yet.
    assert.deepEqual(
      calls.map(({ method }) => method),
      ["provega_status"],
    );
    const refused = async (expected: string, of: readonly string[], changes: Partial<Context>) => {
      const outcome = await cli(of, ANSWERS, { env, connectL1, ...changes });
      assert.equal(JSON.parse(outcome.stderr).error.code, expected);
      assert.equal(outcome.code, expected === "Usage" ? 2 : 1);
    };
    await refused("OnlyOperator", args, { connectL1: l1(`0x${"13".repeat(20)}`) });
    await refused("Usage", args, { env: {} });
    await refused("FileMissing", ["board", "announce", `${path}.none`, "--json"], {});
    writeFileSync(file, JSON.stringify({ ...JSON.parse(history.genesis), leveragePpm: ["many"] }));
    await refused("InvalidParams", args, {});
    const { risk, ...rest } = JSON.parse(history.genesis);
    writeFileSync(file, JSON.stringify({ ...rest, risk: { ...risk, epsilonPpm: "0" } }));
    await refused("OutOfRange", args, {});
    writeFileSync(file, "{");
    await refused("Usage", args, {});
    assert.equal(sent.length, 1);
  });

  it("account: health, modes and funding", async () => {
    const { stdout } = await cli(["account", "--wallet", path], ANSWERS);
    for (const text of [/below maintenance margin/, /reduce-only/, /no orders in BTC/, /BTC-PERP.*-1\.25 USDC/])
      assert.match(stdout, text);
  });
});

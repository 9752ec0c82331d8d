import assert from "node:assert/strict";
import { type Intent, intentMessage } from "#protocol/intent.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { verify } from "#protocol/signature.ts";
import { RpcError } from "#rollup-node/client.ts";
import type { AccountView, MarginView, OrderView, SubmitParams } from "#rollup-node/wire.ts";
import type { L1User } from "#scripts/l1-user.ts";
import { createWallet, openWallet, type Wallet } from "#scripts/wallet.ts";
import { cli, STATUS, scratch } from "./support.ts";

const SERIES = "BTC-27FEB26-70000-P";
const MARGIN: MarginView = {
  cash: "1000000000",
  equity: "1000000000",
  health: "1000000000",
  maintenance: "0",
  initial: "0",
  available: "1000000000",
  isHealthy: true,
  worstScenario: [-1],
};
const ACCOUNT: AccountView = {
  account: 5,
  owner: "0x00",
  key: ["1", "2"],
  epoch: "3",
  modes: { reduceOnly: false, closing: false, killed: [] },
  sessions: [],
  margin: MARGIN,
  positions: [{ series: SERIES, slot: 1, size: "-5000", mark: "1363123456", index: "0", funding: null }],
  openOrders: [],
};

/** An order as the node would show it. */
const viewOf = ({ intent, clientOrderId }: SubmitParams): OrderView => ({
  id: `${intent.account}:${intent.epoch}:${intent.nonce}`,
  account: intent.account,
  kind: intent.kind,
  clientOrderId,
  sequence: 9,
  status: "open",
  isOpen: true,
  series: intent.kind === "order" ? intent.series : null,
  side: intent.kind === "order" ? intent.side : null,
  ratios: [],
  price: "price" in intent ? intent.price : "0",
  size: "size" in intent ? intent.size : "0",
  filled: "0",
  remaining: "0",
  cash: "0",
  fee: "0",
  amount: "amount" in intent ? intent.amount : "0",
  reason: null,
  steps: [],
});
const submit = (params: SubmitParams) => ({
  receipt: { sequence: 9, intentHash: "0", journalHash: "0x", signature: "0x", operator: "0x" },
  order: viewOf(params),
  trades: [],
});
const ANSWERS = { provega_status: STATUS, provega_account: ACCOUNT, provega_submitIntent: submit };

/** Who may do nothing on L1. */
const NO_USER: L1User = {
  register: async () => assert.fail(),
  deposit: async () => assert.fail(),
  mint: async () => assert.fail(),
  stop: async () => assert.fail(),
  close: async () => assert.fail(),
  setKey: async () => assert.fail(),
  claim: async () => assert.fail(),
};

const submitted = (calls: readonly { method: string; params: unknown }[]): SubmitParams =>
  calls.find(({ method }) => method === "provega_submitIntent")?.params as SubmitParams;
const signatureOf = ({ signature }: SubmitParams) => ({
  r8: { x: BigInt(signature.r8[0]), y: BigInt(signature.r8[1]) },
  s: BigInt(signature.s),
});

describe("trading from the command line", () => {
  let path: string;
  let wallet: Wallet;
  beforeEach(() => {
    path = scratch();
    wallet = createWallet(path);
    wallet.setAccount(5);
  });
  const verifies = (params: SubmitParams, intent: Intent): boolean =>
    verify(wallet.key, intentMessage(BigInt(STATUS.domain), intent), signatureOf(params));

  it("signs exactly the order that was asked for", async () => {
    const args = [
      "order",
      "sell",
      SERIES,
      "0.5",
      "1383",
      "--post-only",
      "--valid-for",
      "3600",
      "--max-fee",
      "30",
      "--id",
      "mine",
      "--wallet",
      path,
    ];
    const { code, stdout, calls } = await cli(args, ANSWERS);
    assert.equal(code, 0);
    assert.match(stdout, /order +5:3:1/);
    const params = submitted(calls);
    assert.equal(params.clientOrderId, "mine");
    assert.deepEqual(params.intent, {
      kind: "order",
      account: 5,
      epoch: "3",
      nonce: "1",
      validUntil: "1770182700",
      series: SERIES,
      side: "sell",
      size: "5000",
      price: "138300",
      feePerLot: "3000",
      postOnly: true,
      ioc: false,
      fok: false,
      reduceOnly: false,
    });
    const intent: Intent = {
      kind: "order",
      account: 5,
      epoch: 3n,
      nonce: 1n,
      validUntil: 1770182700n,
      seriesHash: seriesHash(parseSeries(SERIES)),
      side: "sell",
      size: 5000n,
      price: 138300n,
      feePerLot: 3000n,
      postOnly: true,
      ioc: false,
      fok: false,
      reduceOnly: false,
    };
    assert.ok(verifies(params, intent));
    assert.ok(!verifies(params, { ...intent, price: 138200n }));
  });

  it("takes a new nonce for every attempt", async () => {
    const args = ["order", "buy", SERIES, "1", "1300", "--wallet", path];
    assert.equal(submitted((await cli(args, ANSWERS)).calls).intent.nonce, "1");
    const refusal = {
      ...ANSWERS,
      provega_submitIntent: new RpcError("InsufficientMargin", 1050, "initial margin would be short of 7.5 USDC"),
    };
    const refused = await cli(args, refusal);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /InsufficientMargin: initial margin would be short of 7.5 USDC\n {2}deposit more/);
    assert.equal(submitted((await cli(args, ANSWERS)).calls).intent.nonce, "3");
  });

  it("refuses what it can see is wrong before it signs anything", async () => {
    const cases: [string[], number, RegExp][] = [
      [["buy", SERIES, "1", "1383.50"], 1, /OffTick: the price is 1383.50; it is a multiple of 1.00 USDC/],
      [["buy", SERIES, "0.00001", "1383"], 2, /the size is "0.00001"; it is a decimal number with at most 4 decimals/],
      [["buy", SERIES, "0", "1383"], 2, /above 0/],
      [["buy", "BTC-30FEB26-70000", "1", "1383"], 1, /UnknownSeries/],
      [["buy", SERIES, "1", "1383", "--ioc", "--post-only"], 2, /at most one of them/],
    ];
    for (const [terms, expected, message] of cases) {
      const { code, stderr, calls } = await cli(["order", ...terms, "--wallet", path], ANSWERS);
      assert.equal(code, expected, terms.join(" "));
      assert.match(stderr, message);
      assert.deepEqual(calls, []);
    }
    assert.equal(openWallet(path).takeNonce(), 1n);
  });

  it("previews without submitting, and a preview of a refusal is a refusal", async () => {
    const preview = { before: MARGIN, after: { ...MARGIN, initial: "5000000", isHealthy: false }, refusal: null };
    const args = ["order", "buy", SERIES, "1", "1300", "--preview", "--wallet", path];
    const fine = await cli(args, { ...ANSWERS, provega_previewOrder: preview });
    assert.equal(fine.code, 0);
    assert.match(fine.stdout, /before\n.*initial margin +0\.00 USDC.*after.*initial margin +5\.00 USDC/s);
    const refusal = { code: "InsufficientMargin" as const, message: "short" };
    const bad = await cli(args, { ...ANSWERS, provega_previewOrder: { ...preview, refusal } });
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /InsufficientMargin: short/);
    assert.ok(![...fine.calls, ...bad.calls].some(({ method }) => method === "provega_submitIntent"));
  });

  it("cancels an order by a larger nonce of its slot", async () => {
    const order: OrderView = {
      ...viewOf({
        intent: { kind: "cancel", account: 5, epoch: "3", nonce: "17", validUntil: "9" },
        clientOrderId: "mine",
        signature: { r8: ["0", "0"], s: "0" },
      }),
    };
    const { code, calls } = await cli(["cancel", "mine", "--wallet", path], { ...ANSWERS, provega_order: order });
    assert.equal(code, 0);
    assert.deepEqual(calls.find(({ method }) => method === "provega_order")?.params, {
      account: 5,
      clientOrderId: "mine",
    });
    const params = submitted(calls);
    assert.deepEqual(params.intent, {
      kind: "cancel",
      account: 5,
      epoch: "3",
      nonce: String(17 + 1024),
      validUntil: "1770265500",
    });
    assert.ok(verifies(params, { kind: "cancel", account: 5, epoch: 3n, nonce: 1041n, validUntil: 1770265500n }));
    const byId = await cli(["cancel", "5:3:17", "--wallet", path], { ...ANSWERS, provega_order: order });
    assert.deepEqual(byId.calls.find(({ method }) => method === "provega_order")?.params, { id: "5:3:17" });
  });

  it("cancels everything by raising the epoch", async () => {
    const { calls, code } = await cli(["cancel", "--all", "--wallet", path], ANSWERS);
    assert.equal(code, 0);
    assert.deepEqual(submitted(calls).intent, {
      kind: "cancelAll",
      account: 5,
      epoch: "3",
      nonce: "1",
      validUntil: "1770265500",
    });
    assert.equal((await cli(["cancel", "--wallet", path], ANSWERS)).code, 2);
    assert.equal((await cli(["cancel", "x", "--all", "--wallet", path], ANSWERS)).code, 2);
  });

  it("withdraws, and claims on L1", async () => {
    const { calls, stdout } = await cli(["withdraw", "12.5", "--wallet", path], ANSWERS);
    assert.deepEqual(submitted(calls).intent, {
      kind: "withdraw",
      account: 5,
      epoch: "3",
      nonce: "1",
      validUntil: "1770265500",
      amount: "12500000",
    });
    assert.match(stdout, /amount +12\.50 USDC/);
    const user = {
      ...NO_USER,
      claim: async () => ({ amount: 7_000_000n, transaction: "0xabc" }),
    };
    const claimed = await cli(["withdraw", "--claim", "--wallet", path], ANSWERS, { onL1: () => user });
    assert.equal(claimed.code, 0);
    assert.match(claimed.stdout, /claimed +7\.00 USDC/);
  });

  it("registers and deposits on L1 at the node's contract", async () => {
    const seen: unknown[] = [];
    const onL1 = (l1: string, address: string, of: Wallet) => ({
      ...NO_USER,
      register: async (amount: bigint) => {
        seen.push([l1, address, of.owner, amount]);
        return { account: 11, transaction: "0x1" };
      },
      deposit: async (account: number, amount: bigint) => {
        seen.push([account, amount]);
        return { transaction: "0x2" };
      },
      mint: async (amount: bigint) => {
        seen.push(["mint", amount]);
        return { transaction: "0x3" };
      },
    });
    const fresh = scratch();
    const { owner } = createWallet(fresh);
    const registered = await cli(
      ["register", "--deposit", "1000", "--l1", "http://l1", "--wallet", fresh, "--json"],
      ANSWERS,
      { onL1 },
    );
    assert.deepEqual(JSON.parse(registered.stdout), { account: 11, transaction: "0x1" });
    const again = await cli(["register", "--wallet", fresh], ANSWERS, { onL1 });
    assert.equal(again.code, 1);
    assert.match(again.stderr, /AlreadyRegistered: .* has account 11/);
    const deposited = await cli(["deposit", "0.000001", "--mint", "--wallet", fresh, "--json"], ANSWERS, { onL1 });
    assert.deepEqual(JSON.parse(deposited.stdout), { account: 11, amount: "1", transaction: "0x2" });
    assert.deepEqual(seen, [
      ["http://l1", STATUS.addresses.rollup, owner, 1_000_000_000n],
      ["mint", 1n],
      [11, 1n],
    ]);
  });

  it("shows accounts and books", async () => {
    const own = await cli(["account", "--wallet", path], ANSWERS);
    assert.match(own.stdout, /cash +1,000\.00 USDC/);
    assert.match(own.stdout, /BTC-27FEB26-70000-P +-0\.5000 +1,363\.12/);
    assert.deepEqual((await cli(["account", "--id", "2"], ANSWERS)).calls[0]?.params, { account: 2 });
    const book = {
      series: SERIES,
      sequence: 1,
      bids: [{ price: "134300", size: "40000", orders: 2 }],
      asks: [
        { price: "138300", size: "20000", orders: 1 },
        { price: "138400", size: "1", orders: 1 },
      ],
    };
    const shown = await cli(["book", SERIES], { provega_book: book });
    assert.match(shown.stdout, /4\.0000 +1,343\.00 +1,383\.00 +2\.0000\n +1,384\.00 +0\.0001/);
    assert.deepEqual(JSON.parse((await cli(["book", SERIES, "--json"], { provega_book: book })).stdout), book);
  });
});

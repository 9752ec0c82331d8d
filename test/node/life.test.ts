/**
 * What can happen to a position, through API, engine, sealer and twin on an L1 in memory: spreads, session keys, mass quotes, kill
 * switches, emergency stops, requests for quote, backstops, expiry. The state is rebuilt from the words on L1 at the end of each.
 */
import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { deploymentDomain } from "#protocol/binding.ts";
import { genesisState } from "#protocol/genesis.ts";
import { bulkOf, type Intent, intentMessage, type Spread } from "#protocol/intent.ts";
import { PROFILE, SETTLEMENT } from "#protocol/params.ts";
import { applyWords } from "#protocol/rebuild.ts";
import { seriesHash, seriesName } from "#protocol/series.ts";
import { publicKey, registrationPoint, sign } from "#protocol/signature.ts";
import { signSpotSum } from "#protocol/spot-sum.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { boardDigest } from "#rollup-node/board/command.ts";
import { RpcError, submitParams, wireIntent, wireSignature } from "#rollup-node/client.ts";
import { type Control, controlMessage } from "#rollup-node/control.ts";
import { DOMAIN, EXPIRY, ORACLE_SECRETS, trader } from "#test/support/world.ts";
import {
  genesisFor,
  OPERATOR,
  openVenue,
  removeFolder,
  until,
  type Venue,
  type VenueOptions,
} from "./support/venue.ts";

/** The state that L1 alone leads to. */
const rebuilt = ({ l1 }: Venue): State =>
  l1.steps.reduce((state, { words }) => applyWords(state, words), genesisState(genesisFor("devnet"), DOMAIN));
/** A perpetual at the spot, 1e-2 USDC per unit. */
const SPOT = 6_400_000n;
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error) => (error instanceof RpcError ? error.code : String(error)),
  );

describe("a derivative's life in a node", function () {
  this.timeout(120_000);
  const open: Venue[] = [];
  const ready = async (options: VenueOptions = {}) => {
    const venue = await openVenue({ profile: "devnet", ...options });
    open.push(venue);
    await venue.fund(4, 200_000_000_000n);
    await venue.publish();
    await venue.settled();
    return venue;
  };
  afterEach(async () => {
    for (const venue of open.splice(0)) {
      await venue.close().catch(() => undefined);
      removeFolder(venue.folder);
    }
  });
  /** Everything final, and L1's words lead to the engine's accounts. */
  const agrees = async (venue: Venue) => {
    await venue.settled();
    const state = rebuilt(venue);
    assert.equal(stateRoot(state), venue.sequencer.steps.get(venue.sequencer.steps.height)?.sealed.newRoot);
    return state;
  };
  const head = (venue: Venue, account: number, nonce: bigint) => ({
    account,
    epoch: venue.sequencer.engine.accounts.get(account)?.epoch ?? 0n,
    nonce,
    validUntil: venue.l1.timestamp + 3_600n,
  });
  const FLAGS = { feePerLot: 1_000n, postOnly: false, ioc: false, fok: false, reduceOnly: false };
  const hashAt = ({ series }: Venue, slot: number): bigint => seriesHash(series[slot] ?? series[0]);
  const spread = (venue: Venue, account: number, nonce: bigint, terms: Partial<Spread>): Spread => ({
    kind: "spread",
    ...head(venue, account, nonce),
    ...FLAGS,
    fok: true,
    size: 10n,
    price: 0n,
    legs: [
      { seriesHash: hashAt(venue, 0), ratio: 1n },
      { seriesHash: hashAt(venue, 2), ratio: -1n },
    ],
    ...terms,
  });
  const controlled = (venue: Venue, control: Omit<Control, "time">, secret: Uint8Array, time = venue.l1.timestamp) => {
    const signature = sign(secret, controlMessage(DOMAIN, { ...control, time }));
    return venue.client.call("provega_control", {
      control: { ...control, time: time.toString() },
      signature: wireSignature(signature),
    });
  };
  const secretOf = (id: number) => trader(id).secret;

  it("executes a spread wholly in its ratio against two books, in one step", async () => {
    const venue = await ready();
    await venue.submit(venue.order(0, 1n, { slot: 0, side: "sell", price: 400_000n, size: 40n }));
    await venue.submit(venue.order(1, 1n, { slot: 2, side: "buy", price: 300_000n, size: 40n }));
    const tooDear = spread(venue, 2, 1n, { price: 90_000n });
    const names = venue.names;
    const refused = await venue.client.submit(venue.signed(tooDear), "dear", names);
    assert.deepEqual(
      [refused.order.status, refused.order.filled, refused.order.reason?.code],
      ["cancelled", "0", "FillOrKill"],
    );
    const { order, trades } = await venue.client.submit(
      venue.signed(spread(venue, 2, 2n, { price: 100_000n })),
      "good",
      names,
    );
    assert.deepEqual([order.filled, order.cash, trades[0]?.cause], ["10", "-1000000", "spread"]);
    assert.equal(order.series, `${names[0]}+${names[2]}`);
    const state = await agrees(venue);
    assert.deepEqual(
      [0, 2].map((slot) => state.accounts.get(2)?.positions[slot]?.size),
      [10n, -10n],
    );
  });

  it("lets a session key trade within its limits, never withdraw, and stop the account", async () => {
    const venue = await ready();
    const secret = new Uint8Array(32).fill(0xa7);
    const limits = { underlyings: 1n, validUntil: venue.l1.timestamp + 7_200n, maxSize: 50n };
    venue.l1.queue.push({ kind: "key", account: 2, place: 3, b: registrationPoint(publicKey(secret)), limits });
    await until(() => venue.sequencer.engine.accounts.get(2)?.sessions[2]?.limits.maxSize === 50n);
    const bySession = (intent: Intent, id: string) =>
      venue.client.submit({ intent, signature: sign(secret, intentMessage(DOMAIN, intent)) }, id, venue.names);
    const { order } = await bySession(venue.order(2, 1n, { price: 100_000n, size: 50n }), "fits");
    assert.equal(order.status, "open");
    assert.equal(await codeOf(bySession(venue.order(2, 2n, { price: 100_000n, size: 51n }), "large")), "SessionLimit");
    const late = venue.order(2, 2n, { price: 100_000n, size: 5n, validUntil: limits.validUntil + 1n });
    assert.equal(await codeOf(bySession(late, "late")), "SessionLimit");
    const withdraw: Intent = { kind: "withdraw", ...head(venue, 2, 2n), amount: 1n };
    assert.equal(await codeOf(bySession(withdraw, "thief")), "SessionLimit");
    await bySession({ kind: "mode", ...head(venue, 2, 3n), reduceOnly: true }, "stop");
    assert.equal(
      await codeOf(bySession({ kind: "mode", ...head(venue, 2, 4n), reduceOnly: false }, "go")),
      "SessionLimit",
    );
    const view = await venue.client.call("provega_account", { account: 2 });
    assert.deepEqual(view.modes, { reduceOnly: true, closing: false, killed: [] });
    assert.deepEqual(
      view.sessions.map(({ place, maxSize }) => [place, maxSize]),
      [[3, "50"]],
    );
    assert.equal(await codeOf(venue.submit(venue.order(2, 5n, { price: 100_000n }))), "ReducingOnly");
    const state = await agrees(venue);
    assert.ok(state.accounts.get(2)?.isReduceOnly);
    assert.equal(state.accounts.get(2)?.sessions[2]?.limits.maxSize, 50n);
  });

  it("takes a mass quote under one signature, replaces it by the next, and executes from it", async () => {
    const venue = await ready();
    const quotes = (round: bigint, price: bigint) =>
      [0, 2, 4].map((slot, at) =>
        venue.order(0, 256n + BigInt(at) + 1_024n * round, { slot, side: "sell", price, size: 20n }),
      );
    const send = (intents: readonly Intent[], clientOrderId: string) => {
      const { root } = bulkOf(
        PROFILE.devnet,
        intents.map((intent) => intentMessage(DOMAIN, intent)),
      );
      return venue.client.call("provega_massQuote", {
        intents: intents.map((intent) =>
          wireIntent(intent, (hash) =>
            seriesName(venue.series.find((each) => seriesHash(each) === hash) ?? venue.series[0]),
          ),
        ),
        signature: wireSignature(sign(secretOf(0), root)),
        clientOrderId,
      });
    };
    const first = await send(quotes(1n, 400_000n), "one");
    assert.deepEqual(
      first.map(({ result }) => result?.order.status),
      ["open", "open", "open"],
    );
    await send(quotes(2n, 410_000n), "two");
    const book = await venue.client.call("provega_book", { series: venue.names[0] ?? "" });
    assert.deepEqual(
      book.asks.map(({ price, size }) => [price, size]),
      [["410000", "20"]],
    );
    assert.equal(await codeOf(send(quotes(2n, 410_000n).slice(0, 1), "two")), "DuplicateClientOrderId");
    const { order } = await venue.submit(venue.order(1, 1n, { price: 410_000n, size: 20n }));
    assert.equal(order.filled, "20");
    const state = await agrees(venue);
    assert.equal(state.accounts.get(0)?.positions[0]?.size, -20n);
  });

  it("kills and releases an underlying by any of the account's keys, once per time", async () => {
    const venue = await ready();
    await venue.submit(venue.order(0, 1n, { price: 100_000n }));
    const kill = { action: "kill", account: 0, subject: 0 } as const;
    assert.equal(await codeOf(controlled(venue, kill, secretOf(1))), "BadSignature");
    assert.equal(await codeOf(controlled(venue, { ...kill, subject: 1 }, secretOf(0))), "OutOfRange");
    const { left } = await controlled(venue, kill, secretOf(0));
    assert.equal(left, 1);
    assert.equal(await codeOf(controlled(venue, kill, secretOf(0))), "StaleControl");
    assert.equal(await codeOf(venue.submit(venue.order(0, 2n, { price: 100_000n }))), "Killed");
    await controlled(venue, { ...kill, action: "release" }, secretOf(0), venue.l1.timestamp + 1n);
    await venue.submit(venue.order(0, 3n, { price: 100_000n }));
  });

  it("takes orders out whose owner is not heard of any more", async () => {
    const venue = await ready();
    const intent = venue.order(0, 1n, { price: 100_000n });
    const params = submitParams(venue.signed(intent), "present", venue.nameOf(intent));
    await venue.client.call("provega_submitIntent", { ...params, cancelOnDisconnect: true });
    await controlled(venue, { action: "keepAlive", account: 0, subject: 200 }, secretOf(0));
    venue.l1.mine(150n);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    assert.equal((await venue.client.call("provega_order", { id: "0:0:1" })).status, "open");
    venue.l1.mine(100n);
    await until(async () => (await venue.client.call("provega_order", { id: "0:0:1" })).status === "cancelled");
    assert.equal((await venue.client.call("provega_order", { id: "0:0:1" })).reason?.code, "Disconnected");
  });

  it("executes an ask at the best of its quotes", async () => {
    const venue = await ready();
    const ask = spread(venue, 2, 1n, { price: 120_000n, fok: false });
    const asked = await venue.client.call("provega_ask", {
      ...submitParams(venue.signed(ask), "ask", venue.names),
      until: (venue.l1.timestamp + 50n).toString(),
    });
    const legs = ask.legs.map((leg) => ({ ...leg, ratio: -leg.ratio }));
    for (const [maker, price] of [
      [0, -110_000n],
      [1, -100_000n],
    ] as const) {
      const quote = spread(venue, maker, 1n, { price, legs, fok: false });
      await venue.client.call("provega_quote", {
        ...submitParams(venue.signed(quote), `quote-${maker}`, venue.names),
        ask: asked.ask.id,
      });
    }
    assert.deepEqual(
      (await venue.client.call("provega_asks", {})).map(({ quotes }) => quotes.map(({ price }) => price)),
      [["100000", "110000"]],
    );
    assert.equal(
      await codeOf(controlled(venue, { action: "take", account: 1, subject: asked.ask.id }, secretOf(1))),
      "UnknownAsk",
    );
    await controlled(venue, { action: "take", account: 2, subject: asked.ask.id }, secretOf(2));
    const [trade] = await venue.client.call("provega_trades", {});
    assert.deepEqual([trade?.cause, trade?.maker, trade?.price], ["quote", 1, "100000"]);
    const state = await agrees(venue);
    assert.equal(state.accounts.get(1)?.positions[0]?.size, -10n);
  });

  it("liquidates with the backstop when marks move, and pays funding", async () => {
    const venue = await ready({ settlementSeconds: 60n });
    venue.l1.queue.push({ kind: "deposit", account: 3, amount: 1n });
    const backstop: Intent = {
      kind: "backstop",
      ...head(venue, 0, 1n),
      validUntil: venue.l1.timestamp + 90_000n,
      size: 1_000_000n,
      discountPpm: 2_000n,
      feePerLot: 1_000n,
    };
    await venue.submit(backstop);
    await venue.submit({ kind: "withdraw", ...head(venue, 3, 1n), amount: 180_000_000_000n });
    await venue.submit(venue.order(1, 1n, { slot: 7, side: "sell", price: SPOT, size: 12_000n }));
    const { order } = await venue.submit(venue.order(3, 2n, { slot: 7, side: "buy", price: SPOT, size: 12_000n }));
    assert.equal(order.filled, "12000");
    await venue.settled();
    venue.l1.mine(600n);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    await venue.publish(venue.l1.timestamp, 56_000n);
    await until(() => venue.sequencer.history.trades.some(({ op }) => op.cause === "backstop"));
    const view = await venue.client.call("provega_account", { account: 3 });
    assert.ok(BigInt(view.margin.health) >= 0n);
    const state = await agrees(venue);
    assert.ok(state.globals.insurance > 0n);
    assert.ok((state.accounts.get(0)?.positions[7]?.size ?? 0n) > 0n);
    assert.equal(venue.sequencer.history.quarantined, 0);
  });

  it("settles an expiry by the oracles' sums, pays it out, and lists another series in its place", async () => {
    const venue = await ready();
    await venue.submit(venue.order(0, 1n, { slot: 0, side: "sell", price: 400_000n, size: 100n }));
    await venue.submit(venue.order(1, 1n, { slot: 0, side: "buy", price: 400_000n, size: 100n }));
    await venue.settled();
    const average = (usd: bigint, secret: Uint8Array) =>
      [EXPIRY - SETTLEMENT.averageSeconds, EXPIRY].map((timestamp) =>
        signSpotSum(DOMAIN, { underlying: 0, timestamp, sum: usd * 100_000_000n * timestamp }, secret),
      );
    const [first = new Uint8Array(32)] = ORACLE_SECRETS;
    assert.equal(await codeOf(venue.client.publishSums(average(70_000n, first))), "FutureReport");
    venue.l1.mine(EXPIRY - venue.l1.timestamp + 5n);
    await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    const stranger = new Uint8Array(32).fill(3);
    assert.equal(await codeOf(venue.client.publishSums(average(70_000n, stranger))), "BadSignature");
    for (const [at, secret] of ORACLE_SECRETS.entries())
      await venue.client.publishSums(average(at === 0 ? 1_000_000n : 70_000n, secret));
    const state = await agrees(venue);
    const [settled] = state.board;
    assert.equal(settled?.status, "settled");
    // One oracle lied: the median is another's.
    const strike = settled?.series?.strike ?? 0n;
    assert.equal(settled?.index, (70_000n * 100_000_000n - strike) / 1_000_000n);
    assert.deepEqual((await venue.client.call("provega_status", {})).settlements, []);

    const order = async (command: object, wallet = OPERATOR) => {
      const operation = JSON.stringify({ ...command, time: venue.l1.timestamp.toString() });
      const signature = await wallet.signMessage(boardDigest(DOMAIN, operation));
      return venue.client.call("provega_board", { operation, signature });
    };
    const list = { kind: "list", series: "BTC-27MAR26-70000-C", cap: "500000" };
    assert.equal(await codeOf(order(list, new Wallet(`0x${"77".repeat(32)}`))), "NotOperator");
    assert.equal(await codeOf(order({ ...list, series: "BTC-31FEB26-70000-C" })), "UnknownSeries");
    assert.equal(await codeOf(order({ ...list, leverage: "9" })), "InvalidParams");
    const { slot } = await order(list);
    assert.ok(slot !== null && slot !== 7);
    assert.equal(await codeOf(order(list)), "StaleControl");
    const listed = await agrees(venue);
    assert.deepEqual([listed.board[slot]?.status, listed.board[slot]?.cap], ["listed", 500_000n]);
    assert.notEqual(deploymentDomain(1n, 1n), DOMAIN);
  });

  it("stops and closes an account by L1 request, and asks for announced parameters", async () => {
    const venue = await ready();
    await venue.submit(venue.order(0, 1n, { price: 100_000n }));
    venue.l1.queue.push({ kind: "stop", account: 0 });
    await until(() => venue.sequencer.engine.accounts.get(0)?.isReduceOnly === true);
    assert.equal((await venue.client.call("provega_order", { id: "0:0:1" })).status, "cancelled");
    assert.equal((await venue.client.call("provega_account", { account: 0 })).epoch, "1");
    const { oracles, leveragePpm, ...risk } = venue.sequencer.genesis.parameters;
    const command = {
      kind: "parameters",
      risk: Object.fromEntries(
        Object.entries({ ...risk, sizePpm: 60n }).map(([name, value]) => [name, value.toString()]),
      ),
      leveragePpm: leveragePpm.map(String),
      oracles: oracles.map(({ x, y }) => [x.toString(), y.toString()]),
      time: venue.l1.timestamp.toString(),
    };
    const operation = JSON.stringify(command);
    const signature = await OPERATOR.signMessage(boardDigest(DOMAIN, operation));
    assert.equal(await codeOf(venue.client.call("provega_board", { operation, signature })), "NotAnnounced");
    venue.l1.isEverythingAnnounced = true;
    await venue.client.call("provega_board", { operation, signature });
    const state = await agrees(venue);
    assert.equal(state.parameters.sizePpm, 60n);
    assert.ok(state.accounts.get(0)?.isReduceOnly);
  });
});

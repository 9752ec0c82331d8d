/**
 * Random commands against the engine's invariants, and its acid test: whatever it emits, the specification accepts.
 */
import assert from "node:assert/strict";
import { orderSlotOf } from "#protocol/account.ts";
import { isPerpetualSlot, type Profile, type ProfileName, SCALE } from "#protocol/params.ts";
import { dueSocialisations } from "#rollup-node/engine/board.ts";
import { isCrossed, type Resting } from "#rollup-node/engine/book.ts";
import { estimate, riskNow } from "#rollup-node/engine/risk.ts";
import type { Event, Op } from "#rollup-node/engine/types.ts";
import { isLaneOp, pack } from "#rollup-node/pipeline/pack.ts";
import { type Random, randomFrom, runSeed } from "#test/support/random.ts";
import { NOW, PARAMETERS } from "#test/support/world.ts";
import { EngineRun, USD } from "./support/engine.ts";
import { Specification } from "./support/specification.ts";

const ACCOUNTS = 10;
/** An account that does nothing but take liquidations over. */
const BACKSTOP = ACCOUNTS;
const FAR = 1n << 39n;

/** Sends random commands to an engine; most are orders around the mark. */
class Crowd {
  readonly run: EngineRun;
  readonly #random: Random;
  readonly #nonces = new Map<number, bigint>();
  #spot = 64_000n;
  #funding = 0n;

  constructor(profile: ProfileName, random: Random) {
    this.#random = random;
    // Short on purpose: many accounts live near initial margin.
    const accounts = Array.from({ length: ACCOUNTS }, () => random.amount(100n, 20_000n) * USD);
    accounts.push(40_000n * USD);
    const parameters = { liquidationCap: 20_000n, leveragePpm: [random.chance(0.5) ? 20_000n : 0n] };
    this.run = new EngineRun({ profile, accounts, makerFee: 2n, takerFee: 5n, cap: 400_000n, parameters });
    this.run.marks();
  }

  #nonce(account: number): bigint {
    const nonce = (this.#nonces.get(account) ?? 0n) + 1n + BigInt(this.#random.int(3));
    this.#nonces.set(account, nonce);
    return nonce;
  }

  step(): void {
    const { run } = this;
    const random = this.#random;
    const account = random.int(ACCOUNTS);
    const dice = random.int(1_000);
    if (dice < 40) this.#reprice();
    else if (dice < 60) run.pass(BigInt(random.int(600)));
    else if (dice < 80) this.#request(account);
    else if (dice < 150) this.#intent(account);
    else if (dice < 250) this.#spread(account);
    else if (dice < 300) this.#ask(account);
    else if (dice < 330) this.#quotes(account);
    else if (dice < 345) this.#control(account);
    else if (dice < 355) this.#board();
    else this.#order(account);
  }

  /** Small moves, and now and then a crash. */
  #reprice(): void {
    const random = this.#random;
    const move = random.chance(0.3) ? (random.chance(0.1) ? 25_000 : 9_000) : 900;
    this.#spot += BigInt(random.int(2 * move) - move) + (64_000n - this.#spot) / 10n;
    this.#funding += BigInt(random.int(200) - 100);
    this.run.pass(BigInt(1 + random.int(6_000)));
    if (this.run.state.backstops.length === 0)
      this.run.submit(this.run.backstop(BACKSTOP, this.#nonce(BACKSTOP), { discountPpm: 3_000n, validUntil: FAR }));
    this.run.marks(this.#spot, this.#funding);
    for (const effect of dueSocialisations(this.run.state)) {
      const side = effect.slot === null ? "nobody" : effect.isShort ? "short" : "long";
      this.run.must({ type: "board", operation: { kind: "socialise", slot: effect.slot ?? 0, side }, effect });
    }
  }

  #request(account: number): void {
    const random = this.#random;
    if (random.chance(0.97)) this.run.request({ kind: "deposit", account, amount: random.amount(1n, 5_000n) * USD });
    else this.run.request({ kind: random.chance(0.5) ? "close" : "stop", account });
  }

  #intent(account: number): void {
    const random = this.#random;
    const nonce = this.#nonce(account);
    const amount = random.amount(1n, 1_000n) * USD;
    const { run } = this;
    const dice = random.int(10);
    if (dice < 4) run.submit(run.withdraw(account, nonce, amount));
    else if (dice < 6) run.submit(run.intent("cancel", account, nonce));
    else if (dice < 7) run.submit(run.intent("cancelAll", account, nonce));
    else if (dice < 8) run.submit(run.mode(account, nonce, random.chance(0.15)));
    else if (dice < 9) run.submit(run.amount("contribute", account, nonce, amount / 50n));
    else run.submit(run.amount("collect", account, nonce, 1n + BigInt(random.int(500))));
  }

  #slot(): number {
    const random = this.#random;
    const { length } = this.run.state.board;
    return random.chance(0.4) ? length - 1 : random.int(length);
  }
  #terms(account: number) {
    const random = this.#random;
    const slot = this.#slot();
    const price = this.run.price(slot, BigInt(random.int(200) - 100) * 100n);
    const kind = random.int(10);
    return {
      nonce: this.#nonce(account),
      slot,
      side: random.chance(0.5) ? ("buy" as const) : ("sell" as const),
      size: random.amount(200n, 12_000n),
      price: price > 0n ? price : 100n,
      postOnly: kind === 0,
      ioc: kind === 1,
      fok: kind === 2,
      reduceOnly: random.chance(0.1),
      validUntil: this.run.state.time + 50n + BigInt(random.int(20_000)),
    };
  }
  #order(account: number): void {
    const { nonce, ...terms } = this.#terms(account);
    this.run.submit(this.run.order(account, nonce, terms), { cancelOnDisconnect: this.#random.chance(0.2) });
  }

  #legs(): readonly (readonly [number, bigint])[] {
    const random = this.#random;
    const legs = new Map<number, bigint>();
    for (let count = 1 + random.int(4); count > 0; count--)
      legs.set(this.#slot(), BigInt(1 + random.int(3)) * (random.chance(0.5) ? 1n : -1n));
    return [...legs];
  }
  #net(legs: readonly (readonly [number, bigint])[]): bigint {
    const fair = legs.reduce((sum, [slot, ratio]) => sum + ratio * this.run.price(slot), 0n);
    return fair + BigInt(this.#random.int(400) - 100) * 100n;
  }
  #spread(account: number): void {
    const random = this.#random;
    const legs = this.#legs();
    const fok = random.chance(0.3);
    const terms = { price: this.#net(legs), size: random.amount(1n, 900n), fok, ioc: !fok };
    this.run.submit(this.run.spread(account, this.#nonce(account), legs, { ...terms, reduceOnly: random.chance(0.1) }));
  }

  #ask(account: number): void {
    const random = this.#random;
    const { run } = this;
    const open = [...run.state.asks.values()];
    if (open.length === 0 || random.chance(0.3)) {
      const legs = this.#legs();
      const spread = run.spread(account, this.#nonce(account), legs, {
        price: this.#net(legs),
        size: random.amount(1n, 900n),
      });
      run.try({ type: "ask", ...run.submission(spread), until: run.state.time + BigInt(random.int(900)) });
      return;
    }
    const asked = random.pick(open);
    const { intent } = asked.resting.signed;
    if (random.chance(0.2)) return void run.try({ type: "take", ask: asked.id });
    if (intent.kind !== "spread") return;
    const legs = intent.legs.map(({ seriesHash, ratio }) => ({ seriesHash, ratio: -ratio }));
    const price = -intent.price + BigInt(random.int(300) - 50) * 100n;
    const answer = run.spread(account, this.#nonce(account), [], { legs, price, size: intent.size });
    run.try({ type: "quote", ask: asked.id, ...run.submission(answer) });
  }

  #quotes(account: number): void {
    const orders = Array.from({ length: 4 }, () => {
      const { nonce, ...terms } = this.#terms(account);
      return this.run.submission(this.run.order(account, nonce, { ...terms, postOnly: true, ioc: false, fok: false }));
    });
    this.run.must({ type: "quotes", account, orders });
  }

  #control(account: number): void {
    const random = this.#random;
    if (random.chance(0.4)) this.run.must({ type: "disconnect", account });
    else this.run.must({ type: "kill", account, underlying: 0, isOn: random.chance(0.1) });
  }

  /** What has expired is settled, near its last mark; a settled slot is listed anew. */
  #board(): void {
    const { run } = this;
    const expired = run.state.board.findIndex(({ status }) => status === "expired");
    if (expired >= 0) {
      const payoff = run.price(expired) + BigInt(this.#random.int(2_000));
      const effect = { kind: "settle", slot: expired, payoff } as const;
      run.must({ type: "board", operation: { kind: "settle", slot: expired, averages: null }, effect });
      return;
    }
    const settled = run.state.board.findIndex(({ status }) => status === "settled");
    const series = run.state.board[settled]?.series;
    if (!series) return;
    const effect = {
      kind: "list",
      slot: settled,
      series: { ...series, expiry: run.state.time + 400_000n },
      cap: 400_000n,
    } as const;
    run.try({ type: "board", operation: effect, effect });
  }
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

function checkInvariants({ state }: EngineRun): void {
  const { accounts, books, board, pots, config } = state;
  const all = [...accounts.entries()].map(([, account]) => account);
  const deficits = board.flatMap(({ deficitLong, deficitShort }) => [deficitLong, deficitShort]);
  const { feePot, insurance, clearing, deficit, totalCash } = pots;
  const held = sum(all.map(({ cash }) => cash)) + feePot + insurance + clearing - deficit - sum(deficits);
  assert.equal(held, totalCash, "cash is conserved");
  assert.equal(clearing, 0n, "what one side earned the other has paid");
  assert.ok(feePot >= 0n && insurance >= 0n && deficit >= 0n && deficits.every((each) => each >= 0n));
  board.forEach(({ openLong, openShort }, slot) => {
    const sizes = all.map((account) => account.sizes[slot] ?? 0n);
    assert.equal(sum(sizes), 0n, "positions net to zero");
    assert.equal(openLong, sum(sizes.filter((size) => size > 0n)));
    assert.equal(openShort, openLong);
  });
  for (const account of all) {
    const { surplus, health, error } = estimate(state, Number(account.cash), account.lots);
    const exact = riskNow(state, account);
    const unit = Number(SCALE.marginPerEquity);
    assert.ok(Math.abs(health - Number(exact.health) / unit) <= error * 1.000001, "the estimate keeps its bound");
    assert.ok(
      Math.abs(surplus - Number(exact.surplus) / (4 * unit * Number(SCALE.surplusPerMargin))) <= error * 1.000001,
    );
    assert.deepEqual([...account.lots], account.sizes.map(Number));
    assert.ok(account.cash >= 0n || account.sizes.some((size) => size !== 0n), "no debt without positions");
  }
  for (const [slot, book] of books.entries()) {
    assert.equal(isCrossed(book), false, "no book is crossed");
    for (const side of ["buy", "sell"] as const) {
      const orders = book.orders(side);
      const prices = orders.map(({ signed }) => Number(signed.intent.price) * (side === "buy" ? -1 : 1));
      assert.deepEqual(
        prices,
        prices.toSorted((a, b) => a - b),
        "best first",
      );
      for (const order of orders) checkResting(state, order, slot);
    }
  }
  function checkResting({ time }: typeof state, resting: Resting, slot: number): void {
    const { intent } = resting.signed;
    const memory = accounts.get(intent.account)?.slots.get(orderSlotOf(config.profile, intent.nonce));
    assert.deepEqual(
      [memory?.key, resting.at, (memory?.filled ?? 0n) + resting.remaining],
      [resting.key, slot, intent.size],
    );
    assert.equal(memory?.resting, resting);
    assert.ok(resting.remaining > 0n && intent.validUntil >= time + config.settlementSeconds);
  }
}

/** Seals as many of these operations as fit one step and pass together, as the sealer does. */
function sealSome(profile: Profile, specification: Specification, ops: readonly Op[], timestamp: bigint): number {
  for (let some = ops.filter(isLaneOp); ; some = some.slice(0, -1)) {
    const { lanes, count } = pack(profile, some);
    assert.ok(count > 0, "an operation fits one step");
    some = some.slice(0, count);
    try {
      specification.trade(lanes, timestamp);
      return count;
    } catch (error) {
      const packed = some.map((op) => (op.kind === "trade" ? op.cause : op.kind));
      if (count === 1) assert.fail(`the specification refuses a step of ${packed}: ${error}`);
    }
  }
}

/** Seals what is pending as the pipeline packs it, each step as late as may be. Returns the number of steps. */
function sealAll(run: EngineRun, specification: Specification): number {
  const { profile, settlementSeconds } = run.state.config;
  const timeOf = (op: Op | undefined): bigint => run.times.get(op?.id ?? 0) ?? 0n;
  let pending = run.state.pending;
  let steps = 0;
  for (let [first] = pending; first; [first] = pending, steps++) {
    const latest = timeOf(first) + settlementSeconds;
    if (!isLaneOp(first)) {
      specification.apply(first, latest);
      pending = pending.slice(1);
      continue;
    }
    const end = pending.findIndex((op) => !isLaneOp(op) || timeOf(op) > latest);
    pending = pending.slice(sealSome(profile, specification, pending.slice(0, end < 0 ? pending.length : end), latest));
  }
  return steps;
}

/** Plays commands; after each, what it emitted goes to the specification. */
function play(profile: ProfileName, seed: number, commands: number, isHashed: boolean, checkEvery: number): EngineRun {
  const crowd = new Crowd(profile, randomFrom(seed));
  const { run } = crowd;
  const specification = new Specification(run.genesis, isHashed);
  let seen = 0;
  const follow = () => {
    for (; seen < run.state.pending.length; seen++) {
      const op = run.state.pending[seen];
      if (!op) continue;
      try {
        specification.apply(op, (run.times.get(op.id) ?? 0n) + run.state.config.settlementSeconds);
      } catch (error) {
        assert.fail(
          `the specification refuses operation ${op.id}, ${op.kind} ${op.kind === "trade" ? op.cause : ""}: ${error}`,
        );
      }
    }
  };
  follow();
  for (let count = 0; count < commands; count++) {
    crowd.step();
    follow();
    if (count % checkEvery === 0) checkInvariants(run);
  }
  checkInvariants(run);
  compare(run, specification);
  return run;
}

function compare({ state }: EngineRun, specification: Specification): void {
  for (const [id, account] of state.accounts.entries()) {
    const proved = specification.account(id);
    assert.deepEqual(
      [account.cash, account.sizes, account.epoch, account.isReduceOnly, account.isClosing, account.liquidation],
      [
        proved?.cash,
        proved?.positions.map(({ size }) => size),
        proved?.epoch,
        proved?.isReduceOnly,
        proved?.isClosing,
        proved?.liquidation,
      ],
      `account ${id}`,
    );
  }
  const { globals, board, marks } = specification.state;
  assert.deepEqual(state.marks, marks);
  assert.deepEqual(state.board, board);
  const { feePot, insurance, deficit, totalCash } = globals;
  assert.deepEqual(
    [state.pots.feePot, state.pots.insurance, state.pots.deficit, state.pots.totalCash],
    [feePot, insurance, deficit, totalCash],
  );
}

const tradesBy = (events: readonly Event[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const event of events)
    if (event.type === "traded") counts.set(event.op.cause, (counts.get(event.op.cause) ?? 0) + 1);
  return counts;
};

describe("engine: random commands", () => {
  const seed = runSeed();
  const commands = Number(process.env["PROVEGA_COMMANDS"] ?? 100_000);

  it(`keeps its invariants and emits only what the specification accepts, devnet (PROVEGA_SEED=${seed})`, function () {
    this.timeout(900_000);
    const run = play("devnet", seed, commands, false, 50);
    const counts = tradesBy(run.events);
    for (const cause of ["book", "spread", "quote", "liquidation", "backstop", "close"])
      assert.ok(
        (counts.get(cause) ?? 0) > 3,
        `${cause}: ${counts.get(cause) ?? 0} trades are too few to mean anything`,
      );
  });

  it(`the same on tiny, and with the specification's own trees and words`, function () {
    this.timeout(300_000);
    play("tiny", seed + 1, commands / 20, false, 20);
    play("tiny", seed + 2, 150, true, 20);
    play("devnet", seed + 3, 150, true, 20);
  });

  it("emits what the pipeline packs into steps that the specification accepts", function () {
    this.timeout(300_000);
    const crowd = new Crowd("devnet", randomFrom(seed + 4));
    for (let count = 0; count < 5_000; count++) crowd.step();
    const specification = new Specification(crowd.run.genesis, false);
    const { length } = crowd.run.state.pending;
    assert.ok(sealAll(crowd.run, specification) < length);
    compare(crowd.run, specification);
  });

  it("gives the same state and events for the same commands", () => {
    const [one, other] = [play("devnet", 7, 400, false, 100), play("devnet", 7, 400, false, 100)];
    assert.deepEqual(one.events, other.events);
    assert.deepEqual(one.state, other.state);
  });

  it("marks older than their maximum age stop growth and nothing else", () => {
    const run = new EngineRun({ accounts: [10_000n * USD, 10_000n * USD] });
    run.marks();
    run.must({ type: "time", timestamp: NOW + PARAMETERS.maxMarksAge + 1n, block: 1 });
    const outcome = run.submit(run.order(0, 1n));
    assert.equal("code" in outcome ? outcome.code : null, "MarksStale");
    assert.deepEqual(run.state.pending.at(-1)?.kind, "marks");
    assert.equal(isPerpetualSlot(run.state.config.profile, 3), true);
  });
});

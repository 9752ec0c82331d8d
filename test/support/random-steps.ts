/**
 * Random valid `trade` steps that evolve a state: orders, spreads and backstops, filled wholly, partly and again, signed by
 * master and session keys, alone and in bulk; liquidations, forced closes and write-offs; every other intent and request;
 * accounts at and below initial margin; and between the steps whatever can happen to marks and series.
 * @module
 */
import { type Account, orderAt, orderKey, orderSlotOf } from "#protocol/account.ts";
import { accrue } from "#protocol/accrue.ts";
import { ProtocolError } from "#protocol/errors.ts";
import type { Execution } from "#protocol/execute.ts";
import { bookedAtMark } from "#protocol/executed.ts";
import { abs } from "#protocol/field.ts";
import { type Backstop, type Intent, legsOf, netPrice, type Order, type Spread } from "#protocol/intent.ts";
import { isStale, type Lane } from "#protocol/lane.ts";
import { marginTerms, type Risk, riskOf } from "#protocol/margin.ts";
import { accountCapacity, bulkCapacity, type ProfileName, SCALE } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import { accountOf, type State } from "#protocol/state.ts";
import { applyTrade, type TradeStep, type TradeTrace } from "#protocol/trade.ts";
import type { Random } from "./random.ts";
import { randomEvent } from "./random-events.ts";
import {
  backstop,
  cancel,
  cancelAll,
  close,
  collect,
  contribute,
  deposit,
  fill,
  fillSpread,
  forced,
  hashOfSlot,
  indebted,
  insured,
  type Leg,
  lane,
  markPrice,
  mode,
  order,
  register,
  run,
  type Signed,
  setKey,
  signed,
  signedBySession,
  signedInBulk,
  spread,
  step,
  stop,
  taken,
  USD_CASH,
  withdraw,
  withSession,
  worldState,
  writtenOff,
} from "./world.ts";

export type Sample = { readonly state: State; readonly step: TradeStep; readonly trace: TradeTrace };

/** Cash units per unit of surplus: how much of a surplus can be withdrawn. */
const SURPLUS_PER_CASH = 4n * SCALE.equityPerCash * SCALE.marginPerEquity * SCALE.surplusPerMargin;
/** Steps of one world, so that registrations do not run out of places. */
const WORLD_STEPS = 60;
const ACCOUNTS = 5;

type Tradable = Order | Spread;
/** What one side of a trade receives per unit, and pays for it: net, 1e-2 USDC. */
type Wish = { readonly legs: readonly Leg[]; readonly net: bigint };
const mirrored = ({ legs, net }: Wish): Wish => ({
  legs: legs.map(({ slot, ratio }) => ({ slot, ratio: -ratio })),
  net: -net,
});

export class RandomSteps {
  readonly #random: Random;
  readonly #profile: ProfileName;
  #state: State;
  #steps = 0;
  #resting: Signed<Tradable>[] = [];
  #among: readonly number[] | null = null;
  #nonces = new Map<number, bigint>();

  constructor(random: Random, profile: ProfileName = "tiny") {
    this.#random = random;
    this.#profile = profile;
    this.#state = this.#freshWorld();
  }

  /** The next valid step. */
  next(): Sample {
    if (this.#steps++ % WORLD_STEPS === 0) this.#state = this.#freshWorld();
    for (let tries = 0; ; tries++) {
      // After many refusals too: nothing may be possible on the board and marks as they are.
      if (this.#random.chance(tries === 0 ? 0.3 : 0.04)) this.#state = randomEvent(this.#random, this.#state);
      const step = this.#candidate();
      try {
        const state = this.#state;
        const { state: after, trace } = applyTrade(state, step);
        this.#state = after;
        this.#remember(trace);
        return { state, step, trace };
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }

  /** Accounts with two session keys, a poor insurance fund, low caps of open interest and of liquidation. */
  #freshWorld(): State {
    const random = this.#random;
    this.#resting = [];
    this.#nonces = new Map();
    const cash = () => (random.chance(0.5) ? BigInt(5_000 + random.int(100_000)) : random.amount(1_000n, 200_000n));
    const accounts = Array.from({ length: ACCOUNTS }, () => ({ cash: cash() * USD_CASH }));
    const fund = random.chance(0.5) ? 0n : random.amount(0n, 3_000n) * USD_CASH;
    const funded = insured(worldState({ profile: this.#profile, accounts }), fund);
    const slot = random.int(funded.profile.series);
    const debt = random.chance(0.4) ? random.amount(0n, 50n) * USD_CASH : 0n;
    const world = indebted(funded, slot, random.pick(["long", "short"] as const), debt);
    const keyed = accounts.reduce((state, _, id) => {
      const limited = withSession(state, id, 2, { maxSize: random.amount(1n, 40_000n) });
      return withSession(limited, id, 1);
    }, world);
    return {
      ...keyed,
      parameters: { ...keyed.parameters, liquidationCap: random.amount(20_000n, 300_000n) },
      board: keyed.board.map((slot) => ({
        ...slot,
        cap: random.chance(0.4) ? random.amount(200n, 20_000n) : slot.cap,
      })),
    };
  }

  #candidate(): TradeStep {
    const random = this.#random;
    if (random.chance(0.03)) {
      const id = random.pick(this.#ids());
      return step(this.#state, [lane(id, [], stop(id))], BigInt(random.int(30)));
    }
    const { lanes: most, intents } = this.#state.profile;
    // Where lanes hold several intents, often the same two accounts go several rounds.
    const rounds = random.chance(0.7) ? Math.min(most / 2, intents) : 1;
    this.#among = rounds > 1 ? [random.pick(this.#ids()), random.pick(this.#ids())] : null;
    const lanes = merged(Array.from({ length: rounds }, () => this.#round()).flat());
    this.#among = null;
    const request = random.chance(0.25) ? this.#request(lanes[0]?.account ?? 0) : null;
    const [first, ...others] = lanes;
    const withRequest = request && first?.request === null ? [{ ...first, request }, ...others] : lanes;
    return step(this.#state, withRequest, BigInt(random.int(30)));
  }

  /** The most urgent thing, usually; else a trade or something that trades nothing. */
  #round(): readonly Lane[] {
    const random = this.#random;
    if (random.chance(0.7)) {
      const bankrupt = this.#ids().find((id) => this.#isBankrupt(id));
      if (bankrupt !== undefined) return [writtenOff(bankrupt)];
      const forced = this.#ids().filter((id) => this.#isForcible(id));
      if (forced.length > 0) return this.#force(random.pick(forced));
    }
    return random.chance(0.75) ? this.#trade() : this.#singles();
  }

  #request(account: number): Request {
    const random = this.#random;
    const draw = random.int(10);
    if (draw < 2) return close(account);
    if (draw === 2) return setKey(account, 0);
    if (draw < 5) return setKey(account, 1 + random.int(4), random.chance(0.2) ? { validUntil: 0n } : {});
    return deposit(account, random.amount(1n, 50_000n * USD_CASH));
  }

  /** One or two lanes with an intent each that trades nothing, or with none, sometimes behind a registration. */
  #singles(): readonly Lane[] {
    const random = this.#random;
    const unregistered = this.#state.accounts.size;
    const ids = this.#ids();
    const lanes = [this.#single(random.pick(ids))];
    if (random.chance(0.2) && unregistered < Number(accountCapacity(this.#state.profile))) {
      return [this.#registration(unregistered), ...lanes];
    }
    return random.chance(0.4) ? [...lanes, this.#single(random.pick(ids))] : lanes;
  }

  #registration(id: number): Lane {
    const amount = this.#random.chance(0.2) ? 0n : this.#random.amount(1n, 90_000n * USD_CASH);
    const drawn = run(signed(this.#state, withdraw(this.#state, id, this.#nonce(id), amount / 3n)));
    return lane(id, this.#random.chance(0.5) ? [drawn] : [], register(id, amount));
  }

  #single(id: number): Lane {
    const random = this.#random;
    const { globals, parameters } = this.#state;
    const { isReduceOnly, positions } = accountOf(this.#state, id);
    // Whoever holds what is settled is best visited for nothing.
    const isDue = positions.some(({ size }, slot) => size !== 0n && this.#state.board[slot]?.status === "settled");
    if (random.chance(isDue ? 0.6 : 0.08)) return lane(id, []);
    if (isReduceOnly && random.chance(0.4)) return this.#alone(mode(this.#state, id, this.#nonce(id), false));
    if (BigInt(id) === parameters.feeAccount && globals.feePot > 0n && random.chance(0.5))
      return this.#alone(collect(this.#state, id, this.#nonce(id), random.amount(1n, globals.feePot)));
    const draw = random.int(20);
    if (draw < 9) return this.#alone(withdraw(this.#state, id, this.#nonce(id), this.#withdrawable(id)));
    if (draw < 12) return this.#alone(cancelAll(this.#state, id, this.#nonce(id)));
    if (draw < 14) return this.#alone(contribute(this.#state, id, this.#nonce(id), this.#withdrawable(id) / 50n));
    if (draw < 15) return this.#alone(mode(this.#state, id, this.#nonce(id), true));
    const resting = this.#live().find(({ intent }) => intent.account === id);
    return this.#alone(cancel(this.#state, id, this.#nonce(id, resting?.intent.nonce)));
  }

  #alone(intent: Intent): Lane {
    const isForSessions = intent.kind === "cancel" || (intent.kind === "mode" && intent.reduceOnly);
    return lane(intent.account, [run(isForSessions ? this.#signed(intent) : signed(this.#state, intent))]);
  }

  /** Everything that margin allows, a little less, or a little of it. */
  #withdrawable(id: number): bigint {
    const room = this.#risk(id).surplus / SURPLUS_PER_CASH;
    const { cash } = this.#account(id);
    const most = room < cash ? room : cash;
    if (most <= 0n) return 0n;
    return this.#random.chance(0.5) ? most : this.#random.amount(0n, most);
  }

  /** Two accounts, or one with itself, are on the two sides of a wish. */
  #trade(): readonly Lane[] {
    const random = this.#random;
    const state = this.#state;
    const reducing = this.#ids().filter((id) => this.#held(id).length > 0 && this.#mayOnlyReduce(id));
    if (reducing.length > 0 && random.chance(0.5)) return this.#reduction(random.pick(reducing));
    const unwinding = isStale(state, 0, state.globals.timestamp) ? this.#unwinding() : null;
    if (unwinding) return unwinding;
    const resting = this.#live();
    const rests = resting.length > 0 && random.chance(0.5) ? random.pick(resting) : undefined;
    const wish = rests ? this.#wishOf(rests.intent) : this.#wish();
    const maker = rests ? rests.intent.account : random.pick(this.#ids());
    const taker = random.chance(0.05) ? maker : random.pick(this.#ids());
    const most = rests ? rests.intent.size - this.#filled(rests.intent) : wish.legs.length > 1 ? 3_000n : 30_000n;
    const atEdge = random.chance(0.3);
    const units = atEdge ? this.#unitsToAnEdge(maker, taker, wish, most) : random.amount(1n, most);
    const made = this.#execution(maker, wish, units, { rests, withFee: !atEdge });
    return this.#inAnyOrder([lane(maker, [made]), lane(taker, [this.#counter(taker, mirrored(wish), units, !atEdge)])]);
  }

  /** An order, or a backstop's taking where there is one leg. */
  #counter(id: number, wish: Wish, units: bigint, withFee: boolean): Execution {
    const [leg, ...others] = wish.legs;
    if (leg && abs(leg.ratio) === 1n && others.length === 0 && this.#random.chance(0.08))
      return this.#taking(id, leg.slot, units * leg.ratio, wish.net * leg.ratio, 0n);
    return this.#execution(id, wish, units, { withFee });
  }

  /** One series, or two to four of them in some ratio, near the mark. */
  #wish(): Wish {
    const random = this.#random;
    const slots = Array.from({ length: this.#state.profile.series }, (_, slot) => slot).filter(
      (slot) => this.#state.board[slot]?.status === "live",
    );
    const isSpread = slots.length > 1 && random.chance(0.3);
    const count = isSpread ? 2 + random.int(3) : 1;
    const legs = Array.from({ length: count }, () => ({
      slot: random.pick(slots),
      ratio: (random.chance(0.5) ? 1n : -1n) * (isSpread ? BigInt(1 + random.int(3)) : 1n),
    }));
    const mark = this.#markOf(legs);
    const net = mark + (BigInt(random.int(41) - 20) * abs(mark)) / 1_000n;
    return { legs, net };
  }

  #markOf(legs: readonly Leg[]): bigint {
    return legs.reduce((sum, { slot, ratio }) => sum + ratio * markPrice(this.#state, slot), 0n);
  }

  /** An account that may not grow trades part of a position away near the mark. */
  #reduction(id: number): readonly Lane[] {
    const random = this.#random;
    const { slot, size } = random.pick(this.#held(id));
    const price = markPrice(this.#state, slot) + BigInt(random.int(20_001) - 10_000);
    const ratio = size > 0n ? -1n : 1n;
    const wish = { legs: [{ slot, ratio }], net: ratio * (price > 0n ? price : 0n) };
    return this.#between(id, this.#other(id), wish, random.amount(1n, abs(size)), random.chance(0.3));
  }

  /** A long and a short of one series trade with each other, neither growing: what old marks allow. */
  #unwinding(): readonly Lane[] | null {
    const sizeOf = (id: number, slot: number) => this.#account(id).positions[slot]?.size ?? 0n;
    for (let slot = 0; slot < this.#state.profile.series; slot++) {
      const [long, short] = [1n, -1n].map((sign) => this.#ids().find((id) => sign * sizeOf(id, slot) > 0n));
      if (long === undefined || short === undefined || this.#state.board[slot]?.status !== "live") continue;
      const [most, other] = [sizeOf(long, slot), -sizeOf(short, slot)];
      const units = this.#random.amount(1n, most < other ? most : other);
      const wish = { legs: [{ slot, ratio: -1n }], net: -markPrice(this.#state, slot) };
      return this.#between(long, short, wish, units, true);
    }
    return null;
  }

  /** Part of a position, or all of it, leaves an account that did not ask for it now. */
  #force(id: number): readonly Lane[] {
    const random = this.#random;
    const state = this.#state;
    const { slot, size } = random.pick(this.#held(id));
    const isSunk = this.#risk(id).equity < 0n;
    const lots = random.chance(isSunk ? 0.8 : 0.3) ? abs(size) : random.amount(1n, abs(size));
    const traded = size > 0n ? -lots : lots;
    const spot = (state.marks.underlyings[0]?.spot ?? 0n) / 1_000_000n;
    const price = markPrice(state, slot) - ((traded > 0n ? -1n : 1n) * spot * BigInt(random.int(95))) / 10_000n;
    const isClosing = accountOf(state, id).isClosing;
    const penalty = isClosing || random.chance(0.3) ? 0n : (lots * spot * BigInt(random.int(50))) / 10_000n;
    const other = this.#other(id);
    const wish = { legs: [{ slot, ratio: traded > 0n ? -1n : 1n }], net: traded > 0n ? -price : price };
    const counter =
      price < 0n || random.chance(0.4)
        ? this.#taking(other, slot, -traded, price, this.#discount(slot, -traded, price))
        : this.#execution(other, wish, lots, { withFee: random.chance(0.3) });
    return this.#inAnyOrder([lane(id, [forced(slot, traded, price, penalty)]), lane(other, [counter])]);
  }

  /** The largest whole ppm of spot by which a price is better than the mark to who takes `size`. */
  #discount(slot: number, size: bigint, price: bigint): bigint {
    const { spot = 1n } = this.#state.marks.underlyings[0] ?? {};
    const gain = (size > 0n ? 1n : -1n) * ((this.#state.marks.slots[slot]?.mark ?? 0n) - price * 10_000n);
    return gain < 0n ? 0n : (gain * 100n * 1_000_000n) / spot;
  }

  #taking(id: number, slot: number, size: bigint, price: bigint, discountPpm: bigint): Execution {
    const intent = backstop(
      this.#state,
      id,
      this.#nonce(id),
      abs(size) + this.#random.amount(0n, 10_000n),
      discountPpm,
    );
    return taken(signed<Backstop>(this.#state, intent), { slot, size, price });
  }

  #between(id: number, other: number, wish: Wish, units: bigint, withFee: boolean): readonly Lane[] {
    return this.#inAnyOrder([
      lane(id, [this.#execution(id, wish, units, { withFee })]),
      lane(other, [this.#counter(other, mirrored(wish), units, withFee)]),
    ]);
  }
  #inAnyOrder(lanes: readonly Lane[]): readonly Lane[] {
    return this.#random.chance(0.5) ? lanes : lanes.toReversed();
  }

  #execution(
    id: number,
    wish: Wish,
    units: bigint,
    { rests, withFee }: { readonly rests?: Signed<Tradable> | undefined; readonly withFee: boolean },
  ): Execution {
    const random = this.#random;
    const tradable = rests ?? this.#signed(this.#intent(id, wish, units));
    const lots = units * legsOf(tradable.intent).reduce((sum, { ratio }) => sum + abs(ratio), 0n);
    const fee = withFee && random.chance(0.5) ? random.amount(0n, lots * tradable.intent.feePerLot) : 0n;
    const { intent } = tradable;
    if (intent.kind === "spread") return fillSpread({ ...tradable, intent }, units, wish.net, fee);
    return fill({ ...tradable, intent }, units, intent.side === "sell" ? -wish.net : wish.net, fee);
  }

  /** An order of at least `units`, its limit at the price or beyond. */
  #intent(id: number, { legs, net }: Wish, units: bigint): Tradable {
    const random = this.#random;
    const size = random.chance(0.5) ? units : units + random.amount(1n, 4n * units);
    const limit = net + (random.chance(0.5) ? BigInt(random.int(500)) : 0n);
    const terms = {
      postOnly: random.chance(0.2),
      ioc: random.chance(0.2),
      fok: random.chance(0.1),
      reduceOnly: random.chance(this.#held(id).length > 0 ? 0.15 : 0),
      validUntil: this.#state.globals.timestamp + BigInt(30 + random.int(7_200)),
    };
    const nonce = this.#nonce(id);
    const [leg, ...others] = legs;
    if (!leg || others.length > 0 || abs(leg.ratio) !== 1n)
      return { ...spread(this.#state, id, nonce, { legs, size, price: limit }), ...terms };
    const side = leg.ratio < 0n ? "sell" : "buy";
    const price = side === "sell" ? (limit > 0n ? 0n : -limit) : limit;
    return { ...order(this.#state, id, nonce, { slot: leg.slot, side, size, price }), ...terms };
  }

  /** By the master key or a session key that may, alone or among other intents of the account. */
  #signed<I extends Intent>(intent: I): Signed<I> {
    const random = this.#random;
    const sessions = accountOf(this.#state, intent.account).sessions.flatMap(({ limits }, at) =>
      limits.validUntil >= intent.validUntil ? [at + 1] : [],
    );
    const place = sessions.length > 0 && random.chance(0.35) ? random.pick(sessions) : 0;
    if (random.chance(0.8)) {
      return place === 0 ? signed(this.#state, intent) : signedBySession(this.#state, intent, place);
    }
    const others: readonly I[] = Array.from(
      { length: random.int(Math.min(4, bulkCapacity(this.#state.profile))) },
      (_, at) => ({ ...intent, nonce: intent.nonce + BigInt(at + 1) }),
    );
    const at = random.chance(0.5) ? 0 : others.length;
    const one = signedInBulk<I>(this.#state, others.toSpliced(at, 0, intent), place)[at];
    if (!one) throw new RangeError("no such intent in the bulk");
    return one;
  }

  /** As many units as the cap of open interest lets be, or margin of one side. */
  #unitsToAnEdge(maker: number, taker: number, wish: Wish, most: bigint): bigint {
    const [leg, ...others] = wish.legs;
    const { cap = 0n, openLong = 0n } = this.#state.board[leg?.slot ?? 0] ?? {};
    const room = cap - openLong;
    const draw = this.#random.int(3);
    if (draw === 0 && room > 0n && room <= most && others.length === 0) return room;
    return draw === 1 ? this.#unitsToEdge(maker, wish, most) : this.#unitsToEdge(taker, mirrored(wish), most);
  }

  /** As many units as initial margin lets an account take, by bisection. */
  #unitsToEdge(id: number, { legs, net }: Wish, most: bigint): bigint {
    const { cash, positions } = this.#account(id);
    const isMet = (units: bigint) =>
      this.#riskOf({
        cash: cash - net * units + bookedAtMark(this.#state, { legs, units }),
        positions: positions.map(({ size, index }, at) => ({
          size: legs.reduce((sum, { slot, ratio }) => (slot === at ? sum + units * ratio : sum), size),
          index,
        })),
      }).surplus >= 0n;
    let [met, unmet] = [0n, most + 1n];
    while (unmet - met > 1n) {
      const middle = (met + unmet) / 2n;
      if (isMet(middle)) met = middle;
      else unmet = middle;
    }
    return met > 0n ? met : 1n;
  }

  #riskOf(account: Pick<Account, "cash" | "positions">): Risk {
    const { profile, marks, parameters } = this.#state;
    return riskOf(profile, marks, parameters, marginTerms(account));
  }
  #risk(id: number): Risk {
    return this.#riskOf(this.#account(id));
  }
  /** As a lane finds it. */
  #account(id: number): Account {
    return accrue(this.#state, accountOf(this.#state, id)).account;
  }
  /** Positions that can be traded. */
  #held(id: number): readonly { readonly slot: number; readonly size: bigint }[] {
    if (!this.#state.accounts.has(id)) return [];
    return this.#account(id).positions.flatMap(({ size }, slot) =>
      size !== 0n && this.#state.board[slot]?.status === "live" ? [{ slot, size }] : [],
    );
  }
  #isBankrupt(id: number): boolean {
    const { cash, positions } = this.#account(id);
    return cash < 0n && positions.every(({ size }) => size === 0n);
  }
  #mayOnlyReduce(id: number): boolean {
    const { isReduceOnly, isClosing } = accountOf(this.#state, id);
    return isReduceOnly || isClosing || this.#risk(id).surplus < 0n;
  }
  #isForcible(id: number): boolean {
    return this.#held(id).length > 0 && (accountOf(this.#state, id).isClosing || this.#risk(id).health < 0n);
  }
  #other(id: number): number {
    return this.#random.pick([...this.#state.accounts.keys()].filter((each) => each !== id));
  }
  #ids(): readonly number[] {
    return this.#among ?? [...this.#state.accounts.keys()];
  }
  /** A nonce that was not used; with `beyond`, often the one that cancels that order. */
  #nonce(id: number, beyond?: bigint): bigint {
    const last = this.#nonces.get(id) ?? 0n;
    const next =
      beyond !== undefined && this.#random.chance(0.7)
        ? beyond + 4n * (1n + (last - beyond) / 4n)
        : last + BigInt(1 + this.#random.int(3));
    this.#nonces.set(id, next > last ? next : last);
    return next;
  }
  #wishOf(intent: Tradable): Wish {
    const slotOf = (hash: bigint) =>
      this.#state.board.findIndex(({ series }, slot) => series && hashOfSlot(this.#state, slot) === hash);
    return {
      legs: legsOf(intent).map(({ seriesHash, ratio }) => ({ slot: slotOf(seriesHash), ratio })),
      net: netPrice(intent),
    };
  }
  #filled({ account, epoch, nonce }: Tradable): bigint {
    const slot = orderAt(accountOf(this.#state, account).orders, orderSlotOf(this.#state.profile, nonce));
    return slot.key === orderKey(epoch, nonce) ? slot.filled : -1n;
  }
  /** Orders partly filled that can still go on. */
  #live(): readonly Signed<Tradable>[] {
    const { accounts, globals } = this.#state;
    return this.#resting.filter(({ intent }) => {
      const filled = this.#filled(intent);
      const isOwn = accounts.get(intent.account)?.epoch === intent.epoch;
      return isOwn && filled >= 0n && filled < intent.size && intent.validUntil > globals.timestamp + 30n;
    });
  }
  #remember(trace: TradeTrace): void {
    for (const { executions } of trace.lanes) {
      for (const { execution } of executions) {
        if (execution.intent === null) continue;
        const { intent } = execution;
        if (intent.kind !== "order" && intent.kind !== "spread") continue;
        this.#resting.push({ ...execution, intent });
      }
    }
    const live = new Map(this.#live().map((each) => [`${each.intent.account}/${each.intent.nonce}`, each]));
    this.#resting = [...live.values()];
  }
}

/** One lane per account of those that hold one intent each, so that accounts execute several; lanes with requests first. */
function merged(lanes: readonly Lane[]): readonly Lane[] {
  if (lanes.length <= 2) return lanes;
  const byAccount = new Map<number, Lane>();
  for (const each of lanes) {
    const so = byAccount.get(each.account);
    const executions = [...(so?.executions ?? []), ...each.executions];
    const isWrittenOff = so?.isWrittenOff === true || each.isWrittenOff === true;
    byAccount.set(each.account, { ...each, request: so?.request ?? each.request, executions, isWrittenOff });
  }
  return [...byAccount.values()].sort((a, b) => Number(a.request === null) - Number(b.request === null));
}

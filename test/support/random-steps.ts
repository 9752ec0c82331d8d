/**
 * Random valid `trade` steps that evolve a state: fills, partial fills carried over, replaced orders, cancels, deposits,
 * registrations, accounts at and below initial margin, old marks.
 * @module
 */
import { orderAt, orderKey, orderSlotOf } from "#protocol/account.ts";
import { ProtocolError } from "#protocol/errors.ts";
import type { Execution } from "#protocol/execute.ts";
import { abs } from "#protocol/field.ts";
import type { Order, SignedIntent } from "#protocol/intent.ts";
import { isStale, type Lane } from "#protocol/lane.ts";
import { marginTerms, riskOf } from "#protocol/margin.ts";
import { accountCapacity, type ProfileName, SCALE } from "#protocol/params.ts";
import type { Request } from "#protocol/request.ts";
import { accountOf, type State } from "#protocol/state.ts";
import { applyTrade, type TradeStep, type TradeTrace } from "#protocol/trade.ts";
import type { Random } from "./random.ts";
import {
  cancel,
  cancelAll,
  deposit,
  fill,
  lane,
  markPrice,
  marksAt,
  order,
  PARAMETERS,
  register,
  run,
  SPOT_USD,
  signed,
  step,
  USD_CASH,
  withdraw,
  worldState,
} from "./world.ts";

export type Sample = { readonly state: State; readonly step: TradeStep; readonly trace: TradeTrace };

/** Cash units per unit of surplus: how much of a surplus can be withdrawn. */
const SURPLUS_PER_CASH = 4n * SCALE.equityPerCash * SCALE.marginPerEquity;
/** Steps of one world, so that registrations do not run out of places. */
const WORLD_STEPS = 40;
const ACCOUNTS = 5;

type SignedOrder = SignedIntent & { readonly intent: Order };
/** What one lane of a trade does. */
type Side = { readonly id: number; readonly side: Order["side"]; readonly resting?: SignedOrder };

export class RandomSteps {
  readonly #random: Random;
  readonly #profile: ProfileName;
  #state: State;
  #steps = 0;
  #resting: SignedOrder[] = [];
  #among: readonly number[] | null = null;
  #nonces = new Map<number, bigint>();

  constructor(random: Random, profile: ProfileName = "tiny") {
    this.#random = random;
    this.#profile = profile;
    this.#state = this.#freshWorld();
  }

  /** The next valid step; each executes at least one intent. */
  next(): Sample {
    if (this.#steps++ % WORLD_STEPS === 0) this.#state = this.#freshWorld();
    for (let tries = 0; ; tries++) {
      // After many refusals too: nothing may be possible on the marks as they are.
      if (this.#random.chance(tries === 0 ? 0.15 : 0.03)) this.#state = this.#withNewMarks();
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

  #freshWorld(): State {
    this.#resting = [];
    this.#nonces = new Map();
    const accounts = Array.from({ length: ACCOUNTS }, () => ({
      cash: this.#random.amount(1_000n, 200_000n) * USD_CASH,
    }));
    return worldState({ profile: this.#profile, accounts });
  }

  /** A jump of the spot with fresh marks, or so long without any that they are old. */
  #withNewMarks(): State {
    const state = this.#state;
    const { profile, globals } = state;
    const timestamp = globals.timestamp + 60n;
    if (this.#random.chance(0.25)) {
      return { ...state, globals: { ...globals, timestamp: timestamp + PARAMETERS.maxMarksAge } };
    }
    const spot = SPOT_USD + BigInt(this.#random.int(20_000)) - 10_000n;
    return { ...state, marks: marksAt(profile, spot, timestamp), globals: { ...globals, timestamp } };
  }

  #candidate(): TradeStep {
    const random = this.#random;
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

  #round(): readonly Lane[] {
    return this.#random.chance(0.65) ? this.#trade() : this.#singles();
  }

  #request(account: number): Request {
    return deposit(account, this.#random.amount(1n, 50_000n * USD_CASH));
  }

  /** One or two lanes with a withdrawal, a cancel or a cancel-all each, sometimes behind a registration. */
  #singles(): readonly Lane[] {
    const random = this.#random;
    const unregistered = this.#state.accounts.size;
    const ids = this.#ids();
    const lanes = [this.#single(random.pick(ids))];
    if (random.chance(0.3) && unregistered < Number(accountCapacity(this.#state.profile))) {
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
    const state = this.#state;
    const resting = this.#live().find(({ intent }) => intent.account === id);
    const other = random.chance(0.25)
      ? cancelAll(state, id, this.#nonce(id))
      : cancel(state, id, this.#nonce(id, resting?.intent.nonce));
    return lane(id, [
      run(signed(state, random.chance(0.5) ? withdraw(state, id, this.#nonce(id), this.#withdrawable(id)) : other)),
    ]);
  }

  /** Everything that margin allows, a little less, or a little of it. */
  #withdrawable(id: number): bigint {
    const account = accountOf(this.#state, id);
    const room =
      this.#surplus(
        id,
        0n,
        account.positions.map(() => 0n),
      ) / SURPLUS_PER_CASH;
    const most = room < account.cash ? room : account.cash;
    if (most <= 0n) return 0n;
    return this.#random.chance(0.5) ? most : this.#random.amount(0n, most);
  }

  /** Two accounts, or one with itself, execute opposite orders in one series. */
  #trade(): readonly Lane[] {
    const random = this.#random;
    const state = this.#state;
    const sinking = this.#ids().filter(
      (id) => this.#surplus(id) < 0n && accountOf(state, id).positions.some(({ size }) => size !== 0n),
    );
    const resting = this.#live();
    if (sinking.length > 0 && random.chance(0.6)) return this.#reduction(random.pick(sinking));
    const unwinding = isStale(state, 0, state.globals.timestamp) ? this.#unwinding() : null;
    if (unwinding) return unwinding;
    const rests = resting.length > 0 && random.chance(0.5) ? random.pick(resting) : undefined;
    const slot = rests ? this.#slotOf(rests.intent) : random.int(state.profile.series);
    const maker: Side = rests
      ? { id: rests.intent.account, side: rests.intent.side, resting: rests }
      : { id: random.pick(this.#ids()), side: random.pick(["buy", "sell"] as const) };
    const taker: Side = {
      id: random.chance(0.05) ? maker.id : random.pick(this.#ids()),
      side: maker.side === "buy" ? "sell" : "buy",
    };
    const mark = markPrice(state, slot);
    const price = rests ? rests.intent.price : mark + (BigInt(random.int(41) - 20) * mark) / 1_000n;
    const most = rests ? rests.intent.size - this.#filled(rests.intent) : 30_000n;
    const atEdge = random.chance(0.3);
    const lots = atEdge ? this.#lotsToEdge(random.pick([maker, taker]), slot, price, most) : random.amount(1n, most);
    return this.#lanesOf([maker, taker], slot, lots, price, !atEdge);
  }

  /** A sinking account trades part of a position away near the mark. */
  #reduction(id: number): readonly Lane[] {
    const random = this.#random;
    const held = accountOf(this.#state, id).positions.flatMap(({ size }, slot) =>
      size === 0n ? [] : [{ slot, size }],
    );
    const { slot, size } = random.pick(held);
    const side = size > 0n ? "sell" : "buy";
    const counterparty: Side = {
      id: random.pick([...this.#state.accounts.keys()].filter((other) => other !== id)),
      side: side === "buy" ? "sell" : "buy",
    };
    const price = markPrice(this.#state, slot) + BigInt(random.int(20_001) - 10_000);
    return this.#lanesOf(
      [{ id, side }, counterparty],
      slot,
      random.amount(1n, abs(size)),
      price > 0n ? price : 0n,
      random.chance(0.3),
    );
  }

  /** A long and a short of one series trade with each other, neither growing: what old marks allow. */
  #unwinding(): readonly Lane[] | null {
    const sizeOf = (id: number, slot: number) => accountOf(this.#state, id).positions[slot]?.size ?? 0n;
    for (let slot = 0; slot < this.#state.profile.series; slot++) {
      const [long, short] = [1n, -1n].map((sign) => this.#ids().find((id) => sign * sizeOf(id, slot) > 0n));
      if (long === undefined || short === undefined) continue;
      const [most, other] = [sizeOf(long, slot), -sizeOf(short, slot)];
      const lots = this.#random.amount(1n, most < other ? most : other);
      const sides = [
        { id: long, side: "sell" as const },
        { id: short, side: "buy" as const },
      ];
      return this.#lanesOf(sides, slot, lots, markPrice(this.#state, slot), true);
    }
    return null;
  }

  #lanesOf(sides: readonly Side[], slot: number, lots: bigint, price: bigint, withFee: boolean): readonly Lane[] {
    const lanes = sides.map((side) => lane(side.id, [this.#execution(side, slot, lots, price, withFee)]));
    return this.#random.chance(0.5) ? lanes : lanes.toReversed();
  }

  #execution({ id, side, resting }: Side, slot: number, lots: bigint, price: bigint, withFee: boolean): Execution {
    const random = this.#random;
    const slack = random.chance(0.5) ? BigInt(random.int(500)) : 0n;
    const limit = side === "buy" ? price + slack : price > slack ? price - slack : 0n;
    const size = random.chance(0.5) ? lots : lots + random.amount(1n, 4n * lots);
    const signedOrder =
      resting ??
      signed(this.#state, {
        ...order(this.#state, id, this.#nonce(id), { slot, side, size, price: limit }),
        postOnly: random.chance(0.2),
        ioc: random.chance(0.2),
        validUntil: this.#state.globals.timestamp + BigInt(30 + random.int(7_200)),
      });
    const fee = withFee && random.chance(0.5) ? random.amount(0n, lots * signedOrder.intent.feePerLot) : 0n;
    return fill(signedOrder, lots, price, fee);
  }

  /** As many lots as initial margin lets the side take, by bisection. */
  #lotsToEdge({ id, side }: Side, slot: number, price: bigint, most: bigint): bigint {
    const sizes = (lots: bigint) =>
      accountOf(this.#state, id).positions.map((_, at) => (at === slot ? (side === "buy" ? lots : -lots) : 0n));
    const isMet = (lots: bigint) => this.#surplus(id, (side === "buy" ? -lots : lots) * price, sizes(lots)) >= 0n;
    let [met, unmet] = [0n, most + 1n];
    while (unmet - met > 1n) {
      const middle = (met + unmet) / 2n;
      if (isMet(middle)) met = middle;
      else unmet = middle;
    }
    return met > 0n ? met : 1n;
  }

  /** Surplus of an account after a change of its cash and sizes. */
  #surplus(id: number, cash = 0n, sizes: readonly bigint[] = []): bigint {
    const { profile, marks, parameters } = this.#state;
    const terms = marginTerms(accountOf(this.#state, id));
    const changed = { cash: terms.cash + cash, sizes: terms.sizes.map((size, slot) => size + (sizes[slot] ?? 0n)) };
    return riskOf(profile, marks, parameters, changed).surplus;
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
  #slotOf(intent: Order): number {
    return this.#state.board.findIndex(
      (_, slot) =>
        order(this.#state, 0, 1n, { slot, side: "buy", size: 1n, price: 0n }).seriesHash === intent.seriesHash,
    );
  }
  #filled({ account, epoch, nonce }: Order): bigint {
    const slot = orderAt(accountOf(this.#state, account).orders, orderSlotOf(this.#state.profile, nonce));
    return slot.key === orderKey(epoch, nonce) ? slot.filled : -1n;
  }
  /** Orders partly filled that can still go on. */
  #live(): readonly SignedOrder[] {
    const { accounts, globals } = this.#state;
    return this.#resting.filter(({ intent }) => {
      const filled = this.#filled(intent);
      const isOwn = accounts.get(intent.account)?.epoch === intent.epoch;
      return isOwn && filled >= 0n && filled < intent.size && intent.validUntil > globals.timestamp + 30n;
    });
  }
  #remember(trace: TradeTrace): void {
    for (const { executions } of trace.lanes) {
      for (const {
        execution: { intent, signature },
      } of executions) {
        if (intent.kind === "order") this.#resting.push({ intent, signature });
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
    byAccount.set(each.account, { ...each, request: so?.request ?? each.request, executions });
  }
  return [...byAccount.values()].sort((a, b) => Number(a.request === null) - Number(b.request === null));
}

/**
 * A whole market in one process, hour by hour: prices move, oracles report, makers quote, the engine liquidates, series expire,
 * people trade; and behind every step somebody looks whether it still adds up. Deterministic by its seed.
 * @module
 */
import { DEVNET_CAP, DEVNET_LEVERAGE_PPM, DEVNET_RISK, genesisState } from "#protocol/genesis.ts";
import type { Intent, Spread } from "#protocol/intent.ts";
import { NEVER, PROFILE, type ProfileName, SCALE } from "#protocol/params.ts";
import { registrationPoint } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import type { StepTrace } from "#protocol/transition.ts";
import { nextOperation } from "#rollup-node/board/next.ts";
import { SumPool } from "#rollup-node/board/sums.ts";
import { checkStep, checkTable, type Violation } from "./checks.ts";
import { addSums, listing } from "./expiries.ts";
import { firstSeries } from "./listing.ts";
import { massQuote, quotesOf } from "./makers.ts";
import { marksStep, oracleKeys } from "./oracles.ts";
import { type Envelope, markOf, orderOf, spotOf, spreadOf } from "./orders.ts";
import type { Hour } from "./path.ts";
import { BACKSTOP, type Participant, populate, TREASURY } from "./population.ts";
import { Random } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { type Holding, type Wish, wishOf } from "./takers.ts";
import { UNSIGNED, Venue } from "./venue.ts";

export const SIMULATED: ProfileName = "devnet";
/** Nothing here lives on a chain. */
const DOMAIN = 0x51_0000n;
const HOUR = 3_600n;
/** Seconds into the hour at which people trade. */
const TRADING = 1_200n;
/** Time that the engine leaves for sealing, proving and posting. */
const SETTLEMENT_SECONDS = 60n;
/** All oracles have signed when a settlement is due. */
const NO_GRACE = 0n;
/** What takers pay, part of the notional at the start. */
const TAKER_FEE = 3e-4;
/** What the treasury puts into the insurance fund at the start, USDC per account. */
const INSURANCE_PER_ACCOUNT = 100;
/** What the backstop gains on what it takes, parts per million of spot. */
const BACKSTOP_DISCOUNT = 8_000n;
/** Part of its positions that the backstop sells in an hour. */
const UNWINDING = 10n;
/** Makers that answer a request for quotes, and what they want beyond the net mark, part of spot and leg. */
const ANSWERS = { makers: 2, edge: 3e-3 } as const;

/** Lots that nobody ever reaches. */
const ANY_SIZE = 1n << 39n;
/** Fees below this stay in the pot for now, 1e-6 USDC. */
const LEAST_COLLECTED = 100n * SCALE.cash;
/** How much worse than the mark the backstop sells, part of spot. */
const UNWINDING_GIVE = 5e-3;

export type SimulationOptions = {
  readonly path: readonly Hour[];
  readonly accounts: number;
  readonly seed: number;
  /** USDC in the insurance fund at the start. */
  readonly insurance?: number;
  readonly onStep?: (trace: StepTrace) => void;
};

export class Simulation {
  readonly recorder = new Recorder();
  readonly violations: Violation[] = [];
  readonly participants: readonly Participant[];
  readonly #options: SimulationOptions;
  readonly #venue: Venue;
  readonly #reports: Random;
  readonly #turns: Random;
  readonly #fee: bigint;
  readonly #sums = new SumPool(PROFILE[SIMULATED]);

  constructor(options: SimulationOptions) {
    const { path, accounts, seed } = options;
    const [first] = path;
    if (!first) throw new RangeError("a simulation of no hours");
    this.#options = options;
    this.participants = populate(accounts, seed);
    this.#reports = new Random(seed, "reports");
    this.#turns = new Random(seed, "turns");
    this.#fee = BigInt(Math.ceil((first.spot * TAKER_FEE * Number(SCALE.cash)) / Number(SCALE.lotsPerUnit)));
    this.#venue = new Venue(genesisOf(first), {
      settings: { makerFee: 0n, takerFee: this.#fee, settlementSeconds: SETTLEMENT_SECONDS },
      onStep: (trace) => {
        this.recorder.step(trace);
        this.violations.push(...checkStep(trace));
        options.onStep?.(trace);
      },
      onEvent: (event) => this.recorder.event(event),
      onQuarantine: (step, message) => this.violations.push({ step, check: "engine", message }),
    });
    this.#open(first);
  }

  get state(): State {
    return this.#venue.state;
  }

  /** Plays every hour; `onHour` hears how many are done. */
  play(onHour: (done: number, total: number) => void = () => {}): void {
    const { path } = this.#options;
    for (const [age, hour] of path.entries()) {
      this.#hour(hour, age);
      onHour(age + 1, path.length);
    }
  }

  /** Everyone registers; the treasury fills the insurance fund, the backstop says what it takes. */
  #open({ time }: Hour): void {
    this.#venue.time(BigInt(time));
    for (const who of this.participants) {
      const b = registrationPoint(who.key);
      const owner = BigInt(who.account) + 1n;
      this.#venue.request({ kind: "register", account: who.account, owner, b, amount: who.deposit });
      who.brought = who.deposit;
    }
    const insurance = this.#options.insurance ?? INSURANCE_PER_ACCOUNT * this.participants.length;
    const treasury = this.#of(TREASURY);
    const amount = BigInt(Math.round(insurance)) * SCALE.cash;
    if (amount > 0n) this.#send({ kind: "contribute", amount, ...this.#envelope(treasury, NEVER) });
    const discount = { discountPpm: BACKSTOP_DISCOUNT, feePerLot: this.#fee };
    this.#send({ kind: "backstop", size: ANY_SIZE, ...discount, ...this.#envelope(this.#of(BACKSTOP), NEVER) });
    this.#venue.settle();
  }

  #hour(hour: Hour, age: number): void {
    const time = BigInt(hour.time);
    // Too short for the next hour: quotes leave when it begins.
    const until = time + HOUR + SETTLEMENT_SECONDS - 1n;
    // 1 Prices: makers know them before the oracles' table is in force
    this.#venue.time(time);
    this.#reprice(hour, time, until);
    const { candidateAge } = this.state.parameters;
    if (this.state.marks.underlyings[0]?.mode === "closeOnly") {
      this.#venue.time(time + candidateAge);
      this.#reprice(hour, time + candidateAge, until);
    }
    // 2 Expiries and debts
    this.#board(time);
    while (this.#list(hour));
    // 3 Trading
    this.#venue.time(time + TRADING);
    for (const who of this.#shuffled()) this.#turn(who, hour, age, until);
    this.#venue.settle();
    // 4 Does it add up?
    const { pots, board } = this.#venue.engine;
    const accountOf = (account: number) => this.#known(account);
    this.violations.push(...checkTable(this.state, { pots, board, accountOf }));
    this.recorder.sample(this.state, hour, this.participants);
  }

  /** New quotes, then the table that they were made for. */
  #reprice(hour: Hour, time: bigint, until: bigint): void {
    const step = marksStep(this.state, hour, time, this.#reports);
    this.#quote(this.#venue.price(step), hour, until);
    const isFirst = this.state.board.some(({ status }) => status === "listed");
    this.#venue.marks(step);
    // What was priced for the first time could not be quoted before.
    if (isFirst) this.#quote(this.state, hour, until);
  }

  /** Every maker quotes by the prices of `priced` whatever trades. */
  #quote(priced: State, hour: Hour, until: bigint): void {
    for (const who of this.#shuffled()) {
      if (who.group !== "maker") continue;
      const { sizes } = this.#known(who.account);
      const quotes = quotesOf(priced, who, sizes, hour, until).filter(
        ({ slot }) => this.state.board[slot]?.status === "live",
      );
      const command = massQuote(priced, who, quotes, this.#fee, () => this.#envelope(who, until));
      this.recorder.order(this.#venue.submit(command));
    }
  }

  /** Settles what expired and repays what can be repaid, as a node does. */
  #board(time: bigint): void {
    addSums(this.state, this.#options.path, time, this.#sums);
    for (;;) {
      const work = nextOperation(this.#venue.engine, this.#sums, NO_GRACE);
      if (!work) break;
      this.#venue.board(work);
    }
    this.#sums.prune(this.state.board);
  }

  #list(hour: Hour): boolean {
    const work = listing(this.state, hour, DEVNET_CAP);
    if (work) this.#venue.board(work);
    return work !== null;
  }

  #turn(who: Participant, hour: Hour, age: number, until: bigint): void {
    if (who.group === "treasury") this.#collect(until);
    else if (who.group === "backstop") this.#unwind(who, until);
    else {
      const wish = wishOf(this.state, who, this.#known(who.account), hour, age);
      if (wish) this.#grant(who, wish, hour, until);
    }
  }

  #grant(who: Participant, wish: Wish, hour: Hour, until: bigint): void {
    const envelope = this.#envelope(who, until);
    switch (wish.kind) {
      case "order":
        this.#send(orderOf(this.state, envelope, this.#fee, wish));
        return;
      case "withdraw":
        if (this.#try({ kind: "withdraw", amount: wish.amount, ...envelope })) who.brought -= wish.amount;
        return;
      case "deposit":
        this.#venue.request({ kind: "deposit", account: who.account, amount: wish.amount });
        who.brought += wish.amount;
        return;
      case "spread": {
        const spread = spreadOf(this.state, envelope, this.#fee, wish);
        // Half of them ask the makers for quotes, the others take what the books show.
        if (who.random.isBelow(0.5)) this.#ask(spread, wish, hour, until);
        else this.#send(spread);
      }
    }
  }

  /** A request for quotes: makers answer with the opposite spread, the best answer is taken. */
  #ask(spread: Spread, wish: Extract<Wish, { kind: "spread" }>, hour: Hour, until: bigint): void {
    const { time, counters } = this.#venue.engine;
    const { ask } = counters;
    const command = { type: "ask", intent: spread, signature: UNSIGNED, clientOrderId: "" } as const;
    const refusal = this.#venue.submit({ ...command, until: time + SETTLEMENT_SECONDS });
    this.recorder.order(refusal);
    if (refusal) return;
    const makers = this.participants.filter(({ group }) => group === "maker");
    for (let answer = 0; answer < ANSWERS.makers; answer++) {
      const maker = this.#turns.pick(makers);
      const net = wish.legs.reduce((sum, { slot, ratio }) => sum + Number(ratio) * markOf(this.state, slot), 0);
      const price = net + hour.spot * ANSWERS.edge * wish.legs.length * maker.random.between(0.5, 1.2);
      const legs = wish.legs.map(({ slot, ratio }) => ({ slot, ratio: -ratio }));
      const terms = { legs, units: wish.units, price: -price };
      const intent = spreadOf(this.state, this.#envelope(maker, until), this.#fee, terms);
      this.recorder.order(this.#venue.submit({ type: "quote", ask, intent, signature: UNSIGNED, clientOrderId: "" }));
    }
    this.recorder.order(this.#venue.submit({ type: "take", ask }));
  }

  /** The operator takes its fees. */
  #collect(until: bigint): void {
    const { feePot } = this.state.globals;
    if (feePot < LEAST_COLLECTED) return;
    const who = this.#of(TREASURY);
    this.#send({ kind: "collect", amount: feePot, ...this.#envelope(who, until) });
  }

  /** The backstop sells what it took, little by little. */
  #unwind(who: Participant, until: bigint): void {
    const { sizes } = this.#known(who.account);
    for (const [slot, held] of sizes.entries()) {
      if (held === 0n || this.state.board[slot]?.status !== "live") continue;
      const part = -held / UNWINDING;
      const size = part === 0n ? -held : part;
      const price = Math.max(1, markOf(this.state, slot) + (size > 0n ? 1 : -1) * spotOf(this.state) * UNWINDING_GIVE);
      const terms = { slot, size, price, ioc: true, reduceOnly: true };
      this.#send(orderOf(this.state, this.#envelope(who, until), this.#fee, terms));
    }
  }

  #send(intent: Intent): void {
    this.#try(intent);
  }

  #try(intent: Intent): boolean {
    const refusal = this.#venue.send(intent);
    this.recorder.order(refusal);
    return refusal === null;
  }

  #known(account: number): Holding & { readonly epoch: bigint } {
    const known = this.#venue.engine.accounts.get(account);
    if (!known) throw new RangeError(`the engine does not know account ${account}`);
    return known;
  }

  #of(account: number): Participant {
    const who = this.participants[account];
    if (!who) throw new RangeError(`nobody has account ${account}`);
    return who;
  }

  #envelope(who: Participant, validUntil: bigint): Envelope {
    return { account: who.account, epoch: this.#known(who.account).epoch, nonce: who.nextNonce(), validUntil };
  }

  #shuffled(): readonly Participant[] {
    const order = this.participants.slice();
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(this.#turns.unit() * (at + 1));
      [order[at], order[other]] = [order[other] as Participant, order[at] as Participant];
    }
    return order;
  }
}

function genesisOf({ time, spot }: Hour): State {
  const profile = PROFILE[SIMULATED];
  const parameters = {
    ...DEVNET_RISK,
    feeAccount: BigInt(TREASURY),
    leveragePpm: Array.from({ length: profile.underlyings }, () => DEVNET_LEVERAGE_PPM),
    oracles: oracleKeys(profile.oracles),
  };
  return genesisState(
    { profile: SIMULATED, series: firstSeries(profile, time, spot), cap: DEVNET_CAP, parameters },
    DOMAIN,
  );
}

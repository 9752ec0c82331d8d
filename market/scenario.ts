/**
 * The demonstration as data: who quotes, who trades, in which order. Prices come from the market; sizes and trades are composed.
 * Rounds are built so that each fills one devnet step of four accounts with two intents each: a maker (or two) and takers that
 * all trade the same two series.
 * @module
 */
import type { Intent } from "#protocol/intent.ts";
import { MARKET, orderSlots, PROFILE, SCALE } from "#protocol/params.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { type Snapshot, toSpot } from "./chain.ts";
import { type MarketQuote, marketQuotes, type Source, type Surface } from "./quotes.ts";
import { CAST, type Closing, LAST_WITHDRAWAL, type Leg, type Name, ROUNDS, type Round } from "./script.ts";
import { EXPIRIES, LISTED_LATER, SERIES, type SeriesName } from "./series.ts";

export type Place = {
  readonly act: "place";
  readonly party: Name;
  /** The client's own id of the order, unique over the scenario. */
  readonly id: string;
  readonly series: SeriesName;
  readonly side: "buy" | "sell";
  /** Lots. */
  readonly size: bigint;
  /** 1e-2 USDC per unit. */
  readonly price: bigint;
  readonly nonce: bigint;
  /** Unix seconds. */
  readonly validUntil: bigint;
  /** Most the owner pays, 1e-6 USDC per lot. */
  readonly feePerLot: bigint;
  readonly postOnly: boolean;
  readonly ioc: boolean;
  /** The fact behind a price taken from the market. */
  readonly source: Source | null;
  /** Code with which the venue must refuse, or null. */
  readonly refusal: "InsufficientMargin" | null;
};
export type SpreadPlace = Omit<Place, "act" | "series" | "side" | "source"> & {
  readonly act: "spread";
  readonly legs: readonly { readonly series: SeriesName; readonly ratio: bigint }[];
};
export type Action =
  /** The operator lists a series; `cap` in lots. */
  | { readonly act: "list"; readonly series: SeriesName; readonly cap: bigint }
  /** Options of this expiry, unix seconds, settle at `spot`, 1e-8 USDC per unit. */
  | { readonly act: "expire"; readonly expiry: number; readonly spot: bigint }
  | SpreadPlace
  | {
      readonly act: "backstop";
      readonly party: Name;
      /** Lots. */
      readonly size: bigint;
      readonly discountPpm: bigint;
      readonly nonce: bigint;
      readonly validUntil: bigint;
    }
  /** An account registers on L1, its key and first deposit in 1e-6 USDC. */
  | { readonly act: "open"; readonly party: Name; readonly deposit: bigint }
  /** The oracles report what they make of the snapshot. */
  | { readonly act: "marks"; readonly snapshot: Snapshot }
  | Place
  | {
      readonly act: "cancel";
      readonly party: Name;
      readonly id: string;
      readonly nonce: bigint;
      readonly validUntil: bigint;
    }
  | {
      readonly act: "withdraw";
      readonly party: Name;
      readonly amount: bigint;
      readonly nonce: bigint;
      readonly validUntil: bigint;
    };

/** What a party signs. */
export type Signed = Exclude<Action, { readonly act: "open" | "marks" | "list" | "expire" }>;
export const isSigned = (action: Action): action is Signed =>
  action.act !== "open" && action.act !== "marks" && action.act !== "list" && action.act !== "expire";

/** The intent of an action, for the party's account; nobody's epoch has been raised yet. */
export function intentOf(action: Signed, account: number): Intent {
  const common = { account, epoch: 0n, nonce: action.nonce, validUntil: action.validUntil };
  if (action.act === "cancel") return { kind: "cancel", ...common };
  if (action.act === "withdraw") return { kind: "withdraw", ...common, amount: action.amount };
  if (action.act === "backstop")
    return {
      kind: "backstop",
      ...common,
      size: action.size,
      discountPpm: action.discountPpm,
      feePerLot: MAX_FEE_PER_LOT,
    };
  const { size, price, feePerLot, postOnly, ioc } = action;
  const terms = { size, price, feePerLot, postOnly, ioc, fok: false, reduceOnly: false };
  const hashOf = (name: SeriesName): bigint => seriesHash(parseSeries(name));
  if (action.act === "place")
    return { kind: "order", ...common, ...terms, seriesHash: hashOf(action.series), side: action.side };
  const legs = action.legs.map(({ series, ratio }) => ({ seriesHash: hashOf(series), ratio }));
  return { kind: "spread", ...common, ...terms, legs, ioc: false, fok: true };
}

/** What happens at one snapshot, in order; the first snapshot opens the accounts. */
export type Scene = {
  readonly stamp: string;
  readonly time: number;
  readonly surface: Surface;
  readonly actions: readonly Action[];
};

/** Most that any party signs for, 1e-6 USDC per lot: 30 USDC per unit. */
export const MAX_FEE_PER_LOT = 3_000n;
/** Lots of each maker's quote. */
const QUOTE_SIZE = 4n * SCALE.lotsPerUnit;
/** Seconds after the last snapshot until which takers' orders and other intents are valid. */
const LAST_GRACE = 86_400n;

const MAKERS = CAST.filter(({ role }) => role === "maker").map(({ name }) => name);
/** Which maker quotes an expiry first, and so trades first: they take turns. */
const BACKSTOP_NONCE = 500n;
const makersAt = (scene: number, slot: number): readonly Name[] => {
  // The perpetual takes its turn with the last expiry.
  const expiry = EXPIRIES.indexOf(Number(SERIES[slot]?.expiry));
  const turn = (scene + (expiry < 0 ? EXPIRIES.length - 1 : expiry)) % MAKERS.length;
  return [...MAKERS.slice(turn), ...MAKERS.slice(0, turn)];
};

/** Order slots per account: a quote's successor has the same slot and a larger nonce, and so replaces it. */
const SLOTS = orderSlots(PROFILE.devnet);
const quoteNonce = (scene: number, { slot, side }: MarketQuote): bigint =>
  1n + BigInt(2 * slot + (side === "sell" ? 1 : 0)) + SLOTS * BigInt(scene);

/** The whole script over the surfaces of the snapshots, one scene each. */
export function buildScenario(surfaces: readonly Surface[]): Scene[] {
  const times = surfaces.map(({ snapshot }) => BigInt(snapshot.time));
  const end = (times.at(-1) ?? 0n) + LAST_GRACE;
  const nonces = new Map<Name, bigint>();
  const nextNonce = (party: Name): bigint => {
    const nonce = (nonces.get(party) ?? 0n) + 1n;
    nonces.set(party, nonce);
    return nonce;
  };
  const placed: Place[] = [];
  return surfaces.map((surface, scene) => {
    const { stamp, time } = surface.snapshot;
    const quotes = marketQuotes(surface).filter(({ series }) => scene >= LISTING_SCENE || series !== LISTED_LATER);
    const next = times[scene + 1];
    // A quote ends with its snapshot: at the next one's prices it would be stale.
    const quotedUntil = next ?? end;
    const opening =
      scene > 0
        ? []
        : CAST.map(({ name, deposit }) => ({ act: "open" as const, party: name, deposit: deposit * SCALE.cash }));
    const quoting = quotes.flatMap((quote) =>
      makersAt(scene, quote.slot).map((party) => makerQuote(scene, party, quote, quotedUntil)),
    );
    const trading = ROUNDS.filter((round) => round.scene === scene).flatMap((script, round) => {
      const actions = playRound(script, { scene, round, quotes, validUntil: end, nextNonce, placed });
      placed.push(...actions.filter((action) => action.act === "place"));
      return actions;
    });
    return {
      stamp,
      time,
      surface,
      actions: [...opening, ...listing(scene), { act: "marks", snapshot: surface.snapshot }, ...quoting, ...trading],
    };
  });
}

const LISTING_SCENE = 1;
const listing = (scene: number): readonly Action[] =>
  scene === LISTING_SCENE ? [{ act: "list", series: LISTED_LATER, cap: LISTED_CAP }] : [];
/** 1,000 units of underlying. */
const LISTED_CAP = 1_000n * SCALE.lotsPerUnit;

/**
 * The first expiry, and a withdrawal by who has nothing left to wait for. Composed: the data end weeks before, and the
 * oracles' sums say that spot is back where it was at the bottom of them.
 */
export function expiryScene(scenes: readonly Scene[]): Scene {
  const last = scenes.at(-1);
  const [expiry = 0] = EXPIRIES;
  if (!last) throw new Error("the script has no scene");
  const { party, amount } = LAST_WITHDRAWAL;
  const own = scenes.flatMap(({ actions }) => actions.filter(isSigned).filter((action) => action.party === party));
  const nonce = 1n + own.reduce((most, action) => (action.nonce > most ? action.nonce : most), 0n);
  return {
    stamp: new Date(expiry * 1000).toISOString().replace(/[-:]|\.\d+/g, ""),
    time: expiry + SETTLED_AFTER,
    surface: last.surface,
    actions: [
      { act: "expire", expiry, spot: toSpot(Math.min(...scenes.map(({ surface }) => surface.spot))) },
      { act: "withdraw", party, amount: amount * SCALE.cash, nonce, validUntil: BigInt(expiry) + LAST_GRACE },
    ],
  };
}
/** Seconds behind an expiry at which the demonstration looks at it. */
const SETTLED_AFTER = 60;

const makerQuote = (scene: number, party: Name, quote: MarketQuote, validUntil: bigint): Place => ({
  act: "place",
  party,
  id: `${party}-${scene + 1}-${quote.series}-${quote.side}`,
  series: quote.series,
  side: quote.side,
  size: QUOTE_SIZE,
  price: quote.price,
  nonce: quoteNonce(scene, quote),
  validUntil,
  feePerLot: MAX_FEE_PER_LOT,
  postOnly: true,
  ioc: false,
  source: quote.source,
  refusal: null,
});

type Stage = {
  readonly scene: number;
  /** Of the round within its scene. */
  readonly round: number;
  readonly quotes: readonly MarketQuote[];
  readonly validUntil: bigint;
  readonly nextNonce: (party: Name) => bigint;
  readonly placed: readonly Place[];
};

function playRound({ legs, poster, takers, closing = [] }: Round, stage: Stage): Action[] {
  const atMiddle = (leg: Leg) => ({ price: middleOf(stage.quotes, leg) });
  const resting = poster
    ? legs.map((leg, at) =>
        partyOrder(poster.party, opposite(leg), poster.sizes[at] ?? 0, stage, { ...atMiddle(leg), postOnly: true }),
      )
    : [];
  const taking = takers.flatMap(({ party, sizes, tooLarge, isSpread = false }): Action[] => {
    if (isSpread) return [spreadOrder(party, legs, sizes[0], stage)];
    return legs.flatMap((leg, at) => {
      if (sizes[at] === 0) return [];
      const terms = poster ? atMiddle(leg) : { ...touch(stage.quotes, leg), ioc: true };
      const refused = tooLarge && at === 0 ? [tooLargeOrder(party, leg, tooLarge, stage, terms)] : [];
      return [...refused, partyOrder(party, leg, sizes[at] ?? 0, stage, terms)];
    });
  });
  return [...resting, ...taking, ...closing.map((each) => closingAction(each, stage))];
}

/** Units to lots; the script has at most four decimals. */
const lots = (units: number): bigint => BigInt(Math.round(units * Number(SCALE.lotsPerUnit)));

const partyOrder = (
  party: Name,
  { series, side }: Leg,
  units: number,
  stage: Stage,
  terms: Partial<Place> & Pick<Place, "price">,
): Place => ({
  act: "place",
  party,
  id: `${party}-${stage.scene + 1}.${stage.round + 1}-${series}-${side}`,
  series,
  side,
  size: lots(units),
  nonce: stage.nextNonce(party),
  validUntil: stage.validUntil,
  feePerLot: MAX_FEE_PER_LOT,
  postOnly: false,
  ioc: false,
  source: null,
  refusal: null,
  ...terms,
});

/** At the market: the net of what its legs cost and bring. */
function spreadOrder(party: Name, legs: readonly Leg[], units: number, stage: Stage): SpreadPlace {
  const ratioOf = ({ side }: Leg): bigint => (side === "buy" ? 1n : -1n);
  return {
    act: "spread",
    party,
    id: `${party}-${stage.scene + 1}.${stage.round + 1}-spread`,
    legs: legs.map((leg) => ({ series: leg.series, ratio: ratioOf(leg) })),
    size: lots(units),
    price: legs.reduce((sum, leg) => sum + ratioOf(leg) * touch(stage.quotes, leg).price, 0n),
    nonce: stage.nextNonce(party),
    validUntil: stage.validUntil,
    feePerLot: MAX_FEE_PER_LOT,
    postOnly: false,
    ioc: false,
    refusal: null,
  };
}

function tooLargeOrder(party: Name, leg: Leg, units: number, stage: Stage, terms: Pick<Place, "price">): Place {
  const order = partyOrder(party, leg, units, stage, { ...terms, refusal: "InsufficientMargin" });
  // One that could rest is judged whole; one that takes would trade as much as margin allows.
  return { ...order, id: `${order.id}-too-large`, ioc: false };
}

function closingAction(closing: Closing, { nextNonce, placed, validUntil }: Stage): Action {
  const { act, party } = closing;
  if (act === "backstop") {
    const { units, discountPpm } = closing;
    // Beyond the order slots of the party's quotes.
    return { act, party, size: units * SCALE.lotsPerUnit, discountPpm, nonce: BACKSTOP_NONCE, validUntil };
  }
  if (act === "withdraw")
    return { act, party, amount: closing.amount * SCALE.cash, nonce: nextNonce(party), validUntil };
  const target = placed.findLast(
    (place) => place.party === party && place.series === closing.leg.series && place.side === closing.leg.side,
  );
  if (!target) throw new Error(`${party} has no order in ${closing.leg.series} to cancel`);
  return { act, party, id: target.id, nonce: target.nonce + SLOTS, validUntil };
}

const opposite = ({ series, side }: Leg): Leg => ({ series, side: side === "buy" ? "sell" : "buy" });
const quoteOn = (quotes: readonly MarketQuote[], series: SeriesName, side: "buy" | "sell"): MarketQuote => {
  const found = quotes.find((quote) => quote.series === series && quote.side === side);
  if (!found) throw new Error(`no ${side} quote in ${series}`);
  return found;
};

/** At the market: a buyer pays the ask, a seller takes the bid. */
function touch(quotes: readonly MarketQuote[], leg: Leg): Pick<Place, "price" | "source"> {
  const { price, source } = quoteOn(quotes, leg.series, opposite(leg).side);
  return { price, source };
}

/** The middle of the market, rounded down to a tick: better for both sides than the makers' quotes. */
function middleOf(quotes: readonly MarketQuote[], { series }: Leg): bigint {
  const sum = quoteOn(quotes, series, "buy").price + quoteOn(quotes, series, "sell").price;
  return (sum / (2n * MARKET.tick)) * MARKET.tick;
}

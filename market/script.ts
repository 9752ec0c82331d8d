/**
 * Who takes part in the demonstration and what they do: composed by us. Prices are the market's (`scenario.ts`).
 * @module
 */
import type { SeriesName } from "./series.ts";

/** Two market makers, of whom the second takes liquidations as well, and eight takers. `deposit` in USDC. */
export const CAST = [
  { name: "alfa", role: "maker", deposit: 400_000n },
  { name: "bravo", role: "maker", deposit: 400_000n },
  { name: "carol", role: "taker", deposit: 90_000n },
  { name: "dan", role: "taker", deposit: 25_000n },
  { name: "erin", role: "taker", deposit: 50_000n },
  { name: "frank", role: "taker", deposit: 30_000n },
  { name: "grace", role: "taker", deposit: 16_000n },
  { name: "heidi", role: "taker", deposit: 16_000n },
  { name: "ivan", role: "taker", deposit: 17_500n },
  { name: "judy", role: "taker", deposit: 20_000n },
] as const;
export type Name = (typeof CAST)[number]["name"];

/** What takers do in one series of a round. */
export type Leg = { readonly series: SeriesName; readonly side: "buy" | "sell" };
/** `sizes` in units of underlying, one per leg. */
export type Part = {
  readonly party: Name;
  readonly sizes: readonly [number, number];
  /** A first attempt at the first leg that margin must refuse. */
  readonly tooLarge?: number;
  /** Both legs under one signature, in one ratio or not at all; the first size counts. */
  readonly isSpread?: boolean;
};
/**
 * Takers that trade the same two series, against the makers' quotes or against `poster`, who rests orders in the middle of the market.
 * `title` tells a reader why.
 */
export type Round = {
  readonly scene: number;
  readonly title: string;
  readonly legs: readonly [Leg, Leg];
  readonly takers: readonly Part[];
  readonly poster?: Part;
  readonly closing?: readonly Closing[];
};
export type Closing =
  /** Takes liquidations that the books cannot: `units` of underlying over all series, `discountPpm` of spot better than the mark. */
  | { readonly act: "backstop"; readonly party: Name; readonly units: bigint; readonly discountPpm: bigint }
  /** `amount` in USDC. */
  | { readonly act: "withdraw"; readonly party: Name; readonly amount: bigint }
  /** The party's newest order in that series. */
  | { readonly act: "cancel"; readonly party: Name; readonly leg: Leg };

const buy = (series: SeriesName): Leg => ({ series, side: "buy" });
const sell = (series: SeriesName): Leg => ({ series, side: "sell" });
const FEB = {
  p60: "BTC-27FEB26-60000-P",
  p70: "BTC-27FEB26-70000-P",
  c75: "BTC-27FEB26-75000-C",
  c85: "BTC-27FEB26-85000-C",
} as const;
const MAR = {
  p60: "BTC-27MAR26-60000-P",
  p70: "BTC-27MAR26-70000-P",
  c75: "BTC-27MAR26-75000-C",
} as const;
const PERP = "BTC-PERP";

/** Who holds options until they expire and then takes everything out, in USDC. */
export const LAST_WITHDRAWAL = { party: "judy", amount: 18_000n } as const;

export const ROUNDS: readonly Round[] = [
  {
    scene: 0,
    title: "a perpetual on thin margin, an option sold and held until it expires, and a backstop",
    legs: [buy(PERP), sell(FEB.c85)],
    takers: [
      { party: "ivan", sizes: [1, 0] },
      { party: "judy", sizes: [0, 0.5] },
    ],
    closing: [{ act: "backstop", party: "bravo", units: 5n, discountPpm: 2_000n }],
  },
  {
    scene: 0,
    title: "collars: protection bought, upside sold",
    legs: [buy(FEB.p70), sell(FEB.c85)],
    takers: [
      { party: "carol", sizes: [2, 2] },
      { party: "erin", sizes: [1.2, 1.2] },
      { party: "grace", sizes: [0.8, 0.7] },
    ],
  },
  {
    scene: 0,
    title: "call spreads; one order is too large for its account, half of it is not",
    legs: [buy(MAR.c75), sell(PERP)],
    takers: [
      { party: "heidi", sizes: [1.8, 1], tooLarge: 3.6 },
      { party: "frank", sizes: [1, 1] },
      { party: "dan", sizes: [0.5, 0.5] },
    ],
  },
  {
    scene: 1,
    title: "one order through two makers",
    legs: [buy(FEB.p60), sell(FEB.c75)],
    takers: [
      { party: "carol", sizes: [5, 4.5] },
      { party: "dan", sizes: [2, 1] },
    ],
  },
  {
    scene: 1,
    title: "takers among themselves, inside the spread",
    legs: [sell(MAR.p70), buy(MAR.c75)],
    poster: { party: "erin", sizes: [3, 2] },
    takers: [
      { party: "frank", sizes: [1, 0.5] },
      { party: "grace", sizes: [0.5, 1] },
      { party: "dan", sizes: [1, 0.5] },
    ],
  },
  {
    scene: 2,
    title: "collars closed: protection sold at a profit",
    legs: [sell(FEB.p70), buy(FEB.c85)],
    takers: [
      { party: "carol", sizes: [1.5, 2] },
      { party: "erin", sizes: [1.2, 1.2] },
      { party: "grace", sizes: [0.8, 0.7] },
    ],
  },
  {
    scene: 2,
    title: "protection bought late",
    legs: [buy(MAR.p60), sell(PERP)],
    takers: [
      { party: "frank", sizes: [1, 0.5] },
      { party: "dan", sizes: [0.5, 0.5] },
      { party: "grace", sizes: [0.4, 0.2] },
    ],
  },
  {
    scene: 3,
    title: "the bottom: puts sold, calls bought back, through two makers",
    legs: [sell(FEB.p60), buy(FEB.c75)],
    takers: [
      { party: "carol", sizes: [5, 4.5] },
      { party: "dan", sizes: [2, 1] },
    ],
  },
  {
    scene: 3,
    title: "put spreads",
    legs: [buy(MAR.p60), sell(MAR.p70)],
    takers: [
      { party: "erin", sizes: [1.5, 1.5], isSpread: true },
      { party: "carol", sizes: [1, 1] },
      { party: "grace", sizes: [0.5, 0.3] },
    ],
  },
  {
    scene: 4,
    title: "takers among themselves, inside the spread",
    legs: [buy(FEB.c75), sell(FEB.p60)],
    poster: { party: "dan", sizes: [1.5, 1.5] },
    takers: [
      { party: "carol", sizes: [0.5, 0.5] },
      { party: "grace", sizes: [0.4, 0.4] },
      { party: "frank", sizes: [0.6, 0.6] },
    ],
  },
  {
    scene: 4,
    title: "the rebound: calls sold, short calls closed",
    legs: [sell(MAR.c75), buy(PERP)],
    takers: [
      { party: "heidi", sizes: [0.5, 0.4] },
      { party: "erin", sizes: [1, 1] },
      { party: "frank", sizes: [0.5, 0.5] },
    ],
  },
  {
    scene: 5,
    title: "a last trade, a withdrawal and a cancel",
    legs: [buy(FEB.p70), sell(FEB.c75)],
    takers: [{ party: "carol", sizes: [1, 1] }],
    closing: [
      { act: "withdraw", party: "heidi", amount: 1_000n },
      { act: "cancel", party: "erin", leg: buy(MAR.p70) },
    ],
  },
];

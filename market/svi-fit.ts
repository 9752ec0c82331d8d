/**
 * One raw-SVI slice per expiry, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)) of total variance in log-moneyness,
 * fitted to the two-sided out-of-the-money quotes. Each residual is counted in half-spreads, so that a tight quote weighs
 * more than a wide one and nothing else does.
 * @module
 */
import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { coinToUsd, MONEYNESS_LIMIT, type Quote } from "./chain.ts";
import { MarketError } from "./errors.ts";
import { black76, impliedVariance } from "./implied-vol.ts";

/** Raw SVI parameters of total variance, floating point. */
export type Svi = {
  readonly a: number;
  readonly b: number;
  readonly rho: number;
  readonly m: number;
  readonly sigma: number;
};

export type SviFit = {
  readonly svi: Svi;
  /** Quotes fitted. */
  readonly quotes: number;
  /** Log-moneyness of the lowest and the highest of them. */
  readonly range: { readonly low: number; readonly high: number };
  /** Root mean square of the residuals, in half-spreads of total variance. */
  readonly error: number;
  /** Quotes whose fitted price lies inside bid and ask. */
  readonly inside: number;
};

/** Total variance at log-moneyness `k`. */
export const sviVariance = ({ a, b, rho, m, sigma }: Svi, k: number): number =>
  a + b * (rho * (k - m) + Math.hypot(k - m, sigma));

/**
 * The optimiser sees the slice's minimum in place of `a`, so that bounds alone keep every variance positive.
 * `b (1 + |rho|)` below 2 keeps the wings free of arbitrage (Rogers and Lee); the others keep the slice a smile, not a parabola.
 */
const BOUNDS = {
  low: [1e-6, 1e-4, -0.95, -0.3, 0.01],
  high: [4, 1, 0.95, 0.3, 1],
};
const STARTS = [-0.5, 0, 0.5].flatMap((rho) => [0.05, 0.2, 0.5].map((sigma) => ({ rho, sigma })));

type Point = { readonly k: number; readonly middle: number; readonly halfSpread: number };

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
const fromOptimiser = (p: readonly number[]): Svi => {
  const [b, rho, m, sigma] = [at(p, 1), at(p, 2), at(p, 3), at(p, 4)];
  return { a: at(p, 0) - b * sigma * Math.sqrt(1 - rho * rho), b, rho, m, sigma };
};
/** Derivatives of the variance by the optimiser's parameters: minimum, b, rho, m, sigma. */
function gradient(p: readonly number[], k: number): number[] {
  const [b, rho, sigma, x] = [at(p, 1), at(p, 2), at(p, 4), k - at(p, 3)];
  const root = Math.hypot(x, sigma);
  const q = Math.sqrt(1 - rho * rho);
  return [1, rho * x + root - sigma * q, b * (x + (sigma * rho) / q), b * (-rho - x / root), b * (sigma / root - q)];
}

/** The quotes that are fitted: out of the money, inside the extract's strikes, both sides above intrinsic value. */
function pointsOf(quotes: readonly Quote[], forward: number): Point[] {
  return quotes.flatMap((quote) => {
    const { kind, strike, bid, ask } = quote;
    const k = Math.log(strike / forward);
    if (!isFitted(quote, forward)) return [];
    const [low, high] = [bid, ask].map((price) => impliedVariance(kind, forward, strike, coinToUsd(price, forward)));
    return low && high ? [{ k, middle: (low + high) / 2, halfSpread: (high - low) / 2 }] : [];
  });
}

/** Fits the quotes of one expiry. Throws `MarketError` TooFewQuotes if fewer than six can be fitted. */
export function fitSvi(quotes: readonly Quote[], forward: number): SviFit {
  const points = pointsOf(quotes, forward);
  const atMoney = points.toSorted((a, b) => Math.abs(a.k) - Math.abs(b.k))[0];
  if (!atMoney || points.length < 6)
    throw new MarketError("TooFewQuotes", `${points.length} quotes do not make a surface; 6 do`);
  const scaled = (f: (point: Point) => number) => points.map((point) => f(point) / point.halfSpread);
  // The library weighs its steps and its error differently, so we hand it residuals that are already in half-spreads.
  const data = { x: points.map((_, index) => index), y: scaled(({ middle }) => middle) };
  const pointAt = (index: number): Point => points[index] ?? atMoney;
  const model = (p: number[]) => (index: number) =>
    sviVariance(fromOptimiser(p), pointAt(index).k) / pointAt(index).halfSpread;
  const jacobianFunction = (p: number[]) => (index: number) =>
    gradient(p, pointAt(index).k).map((each) => each / pointAt(index).halfSpread);
  const fits = STARTS.map(({ rho, sigma }) =>
    levenbergMarquardt(data, model, {
      initialValues: [atMoney.middle, 0.1, rho, 0, sigma],
      minValues: BOUNDS.low,
      maxValues: BOUNDS.high,
      jacobianFunction,
      maxIterations: 300,
      damping: 0.1,
      errorTolerance: 1e-9,
    }),
  );
  const best = fits.reduce((a, b) => (b.parameterError < a.parameterError ? b : a));
  const svi = fromOptimiser(best.parameterValues);
  const inside = insideQuotes(quotes, forward, svi);
  const ks = points.map(({ k }) => k);
  const range = { low: Math.min(...ks), high: Math.max(...ks) };
  return { svi, quotes: points.length, range, error: Math.sqrt(best.parameterError / points.length), inside };
}

const insideQuotes = (quotes: readonly Quote[], forward: number, svi: Svi): number =>
  quotes.filter((quote) => isFitted(quote, forward) && isInside(quote, forward, fittedPrice(quote, forward, svi)))
    .length;

/** Whether a quote is of those that a fit looks at: out of the money and inside the extract's strikes. */
export function isFitted({ kind, strike }: Quote, forward: number): boolean {
  const k = Math.log(strike / forward);
  return (kind === "call") === k >= 0 && Math.abs(k) < MONEYNESS_LIMIT;
}

/** Price of a series under a slice, USD. */
export const fittedPrice = ({ kind, strike }: Pick<Quote, "kind" | "strike">, forward: number, svi: Svi): number =>
  black76(kind, forward, strike, sviVariance(svi, Math.log(strike / forward)));

/** Whether a USD price lies inside the market's bid and ask. */
export const isInside = ({ bid, ask }: Quote, forward: number, price: number): boolean =>
  price >= coinToUsd(bid, forward) && price <= coinToUsd(ask, forward);

/**
 * Fractional bits and domains of the pricing functions, declared once; `circuits/generated/tables.circom` repeats them.
 * The budget behind the choices is in docs/pricing.md.
 * @module
 */

export const PRECISION = {
  /** Logarithm and log-moneyness. */
  log: 48,
  /** Argument of the logarithm after it is shifted into [1, 2). */
  mantissa: 53,
  /** Exponent of the volatility shock: the argument of the exponential. */
  exponent: 36,
  /** Half of the total standard deviation, the root of variance / 4. */
  stdev: 48,
  /** Discounted forward and strike: parts of their unit. */
  present: 7,
  /** Relative shock of the volatility in a scenario, and the reciprocal of what it makes of it. */
  shock: 32,
  /** Volatility of the `price` command, 1 = 100 %. */
  vol: 40,
  /** Years of the `price` command. */
  years: 50,
} as const;

/**
 * Fractional bits inside a price: `log` of kappa, `inverse` of 1 / s, `grid` of kappa / s and of s/2, that is of the arguments of the
 * distribution. An error common to both arguments cancels to first order, so kappa and 1 / s may be coarse in a price; Greeks
 * have no such luck and take kappa as it is. What s/2 has below the grid enters a mark to first order, a scenario price not
 * at all: hence the finer grid of these.
 */
export const MARK = { log: 30, inverse: 24, grid: 20 } as const;
export const RISK_PRICE = { log: 30, inverse: 18, grid: 25 } as const;
export const FULL = { log: 48, inverse: 32, grid: 20 } as const;

/** Bits of the bound of what all but the tables may take from a price, in units of the smaller of forward and strike. */
export const SLACK_BITS = { mark: 39, risk: 26 } as const;
/**
 * Smallest `epsilonPpm`: what maintenance margin adds per contract, in parts per million of spot, so that it covers the error of a
 * scenario price. That is at most 1e-7 of the forward; one part per million covers forwards up to ten times spot.
 */
export const MIN_EPSILON_PPM = 1n;
/** Added to kappa at 2^-30, of which `ln` and two roundings may take less than 2 units: so it never falls below 0. */
export const KAPPA_BIAS = 1n;

/** Pieces of a function: `count` segments of width 2^`width` of the argument's unit, a polynomial of degree `degree` on each. */
export const PIECES = {
  tail: { count: 32, width: 18, degree: 7 },
  risk: { count: 26, width: 23, degree: 5 },
  density: { count: 32, width: 18, degree: 7 },
  slope: { count: 32, width: 18, degree: 4 },
  /** ln(1 + x), x in [0, 1) at 2^-53. */
  log: { count: 64, width: 47, degree: 5 },
  /** exp(x), x in [0, 1.125) at 2^-36. */
  exp: { count: 9, width: 33, degree: 6 },
} as const;

/**
 * Fractional bits of the argument in each step of Horner's rule, the outermost first: a term of high degree is small and
 * needs few, and fewer bits keep the unrounded result short. Truncating a decomposed argument costs nothing.
 */
export const ARGUMENT_BITS = {
  tail: Array<number>(7).fill(MARK.grid),
  risk: [RISK_PRICE.grid, RISK_PRICE.grid, 24, 20, 16],
  density: [...Array<number>(6).fill(FULL.grid), 16],
  slope: Array<number>(4).fill(MARK.grid),
  log: [PRECISION.mantissa, 43, 36, 29, 22],
  exp: [PRECISION.exponent, 36, 30, 24, 18, 12],
} as const;

/** Fractional bits of each function's unrounded value. A slope times a `stdev` has the unit of the tail. */
export const VALUE_BITS = { tail: 164, risk: 125, density: 156, slope: 116, log: 200, exp: 172 } as const;

/** Bits of the integers whose logarithm is taken: forward and strike, 1e-8 USDC. */
export const FORWARD_BITS = 53;
export const STRIKE_BITS = 54;

/** Where an option is priced; outside, it is marked at its intrinsic value. */
export const DOMAIN = {
  /** Strike and forward within this ratio of each other. */
  moneyness: 20n,
  minSeconds: 60n,
  maxSeconds: 63_072_000n,
  /** Volatility in percent. */
  minVolPercent: 1n,
  maxVolPercent: 500n,
} as const;

/** Volatility shock of the scenarios: 25 %, times (30 days / time to expiry)^0.3 below 30 days, at most threefold. */
export const SHOCK = {
  fraction: 4n,
  exponentTenths: 3n,
  longSeconds: 2_592_000n,
  /** 30 days / 3^(10/3), rounded down: below it the shock is 75 %. */
  shortSeconds: 66_562n,
} as const;

/** The binomial tree of American options: `protocol/american.ts`. */
export const TREE = {
  /** Even numbers of steps. */
  minSteps: 8,
  maxSteps: 256,
  /** Up to here no sum of a tree needs rounding in the field: the most that its circuit has. */
  maxCircuitSteps: 160,
  /** Of `circuits/instances/american.circom`. */
  steps: 64,
  /** Years of 365 days. */
  years: 60,
  /** Forwards, in parts of the strike. */
  unit: 36,
  /** Growth per step, and fall from a node to the next lower one. */
  growth: 32,
  /** Place of the spot between two nodes. */
  place: 30,
  /** Premium of early exercise, in parts of the strike. */
  premium: 48,
  /** Added to a rank of nodes so that it is not negative. */
  offset: 262_144,
  /** Halvings added to the highest node's logarithm so that it is not negative. */
  halvings: 16,
  /** Half of the total standard deviation at 2^-48: 2^-12 <= s < 1.5. */
  minHalf: 34_359_738_368n,
  maxHalf: 211_106_232_532_992n,
} as const;

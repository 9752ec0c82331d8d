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
  /** Reciprocal of the total standard deviation: its error cancels in a price to second order. */
  inverse: 26,
  /** Grid on which the normal tail is evaluated; what lies below it enters as a first-order correction. */
  grid: 20,
  /** Normal tail, unrounded: 7 steps of Horner's rule on the grid. */
  tail: 164,
  /** Normal density, unrounded: times a `stdev` it has the unit of the tail. */
  density: 116,
  /** Relative shock of the volatility in a scenario. */
  shock: 32,
  /** Volatility of the `price` command, 1 = 100 %. */
  vol: 40,
  /** Years of the `price` command. */
  years: 60,
  /** Greeks. */
  greek: 64,
} as const;

/** Pieces of a function: `count` segments of width 2^`width` of the argument's unit, a polynomial of degree `degree` on each. */
export const PIECES = {
  tail: { count: 32, width: 18, degree: 7 },
  density: { count: 32, width: 18, degree: 5 },
  /** ln(1 + x), x in [0, 1) at 2^-53. */
  log: { count: 64, width: 47, degree: 5 },
  /** exp(x), x in [0, 1.125) at 2^-36. */
  exp: { count: 9, width: 33, degree: 5 },
} as const;

/**
 * Fractional bits of the argument in each step of Horner's rule, the outermost first: a term of high degree is small and
 * needs few, and fewer bits keep the unrounded result inside the field. Truncating a decomposed argument costs nothing.
 */
export const ARGUMENT_BITS = {
  tail: Array<number>(7).fill(PRECISION.grid),
  density: Array<number>(5).fill(PRECISION.grid),
  log: [PRECISION.mantissa, 43, 36, 29, 22],
  exp: [PRECISION.exponent, 32, 28, 24, 20],
} as const;

/** Fractional bits of each function's unrounded value. */
export const VALUE_BITS = { tail: PRECISION.tail, density: PRECISION.density, log: 200, exp: 156 } as const;

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

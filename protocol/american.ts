/**
 * American options: Black-76 for what the option is worth without early exercise, a binomial tree for what early exercise
 * adds. The executable twin of `circuits/pricing/american.circom`.
 *
 * A call is priced as the put whose spot and strike, rate and yield are exchanged (McDonald and Schroder), which is the same
 * number. Values are in money of the expiry and in parts of the strike, so that the tree has probabilities of exactly 1/2 and no
 * discount factor: a step back is a sum, which costs no constraint and is never rounded. The forward of a node is the sum of its
 * two successors' too. The gain of exercise y = (strike R - forward Y) - continuation never rises from one node to the next
 * higher one, in these very integers (see `exerciseLevel`), so one node per level separates exercise from waiting.
 *
 * The tree starts three levels before today with four nodes around the spot, of whose premiums the cubic is taken, and that frees
 * its place: the strike sits a quarter of a spacing above a node of the last level, where the errors of the payoff's corner and
 * of exercising at the levels only nearly cancel.
 * @module
 */
import { isNearTheMoney, PERCENT } from "./black76.ts";
import { refuse } from "./errors.ts";
import { floorSqrt } from "./fixed-point.ts";
import { exp, ln } from "./functions.ts";
import { DOMAIN, FORWARD_BITS, FULL, PIECES, PRECISION, TREE, VALUE_BITS } from "./precision.ts";
import { LN2 } from "./tables.ts";
import { prepareStdev, timeValue } from "./time-value.ts";

export type AmericanTerms = {
  /** 1e-8 USDC, positive, below 2^53. */
  readonly spot: bigint;
  readonly strike: bigint;
  readonly isPut: boolean;
  /** Years of 365 days at 2^-60, below 16. */
  readonly years: bigint;
  /** 1.00 = 100 %, at 2^-40. */
  readonly vol: bigint;
  /** Interest and dividend yield per year, continuous, at 2^-40, not negative. */
  readonly rate: bigint;
  readonly yield: bigint;
};

/** 1e-10 USDC, rounded down. */
export type AmericanPrice = {
  readonly price: bigint;
  /** What it is worth without the right to exercise early. */
  readonly european: bigint;
  /** What early exercise adds, by the tree. */
  readonly premium: bigint;
};

const UNIT = BigInt(TREE.unit);
const GROWTH = BigInt(TREE.growth);
const PLACE = BigInt(TREE.place);
const PREMIUM = BigInt(TREE.premium);
/** From the unit of a carry to that of a logarithm. */
const RAISE = BigInt(PRECISION.log - PRECISION.exponent);
/** Nodes at today's level. */
const ROOTS = 4;

/** Twin of `ExpNearest`: exp(x) at 2^-`bits`, to the nearest, of x in [0, 1.125) at 2^-36. Exactly 1 at 0 up to 36 bits. */
export const expNearest = (x: bigint, bits: number): bigint => {
  const dropped = BigInt(VALUE_BITS.exp - bits);
  return (exp(x) + (1n << (dropped - 1n))) >> dropped;
};

/** Twin of `Growths`: `step`^m at 2^-32 for m = 0 to `steps`, each product rounded down. Never falls: `step` is at least 1. */
export function growths(step: bigint, steps: number): bigint[] {
  const out = [1n << GROWTH];
  for (let m = 0; m < steps; m++) out.push(((out[m] as bigint) * step) >> GROWTH);
  return out;
}

/** Twin of `Forwards`: forwards of the last level, lowest first: `top` times powers of `fall` < 1, each rounded down. */
export function forwards(top: bigint, fall: bigint, nodes: number): bigint[] {
  const falling = [top];
  while (falling.length < nodes) falling.push(((falling.at(-1) as bigint) * fall) >> GROWTH);
  return falling.reverse();
}

const sums = (row: readonly bigint[]): bigint[] => row.slice(1).map((value, j) => value + (row[j] as bigint));

export type Level = {
  /** Nodes exercised: those below this index. */
  readonly exercised: number;
  readonly values: readonly bigint[];
};

/**
 * Twin of `ExerciseLevel`: at each node the larger of continuation and exercise.
 *
 * With m levels left, f the forwards there, Y_m and R_m the growths and K the strike, exercise is worth g = K R_m - f Y_m.
 * Neighbours j and j + 1: if V_j - V_(j+1) <= Y (f_(j+1) - f_j) one level later, then the sums satisfy it with that level's Y,
 * hence with this level's, which is no smaller. So C_j - C_(j+1) <= g_j - g_(j+1): g - C never rises, and the larger of both
 * inherits the bound. At expiry C = 0, and forwards never fall from j to j + 1.
 */
export function exerciseLevel(exercise: readonly bigint[], continuation: readonly bigint[]): Level {
  const waits = exercise.findIndex((gain, j) => gain <= (continuation[j] as bigint));
  const exercised = waits < 0 ? exercise.length : waits;
  return { exercised, values: continuation.map((value, j) => (j < exercised ? (exercise[j] as bigint) : value)) };
}

export type Tree = {
  readonly steps: number;
  /** Forward of the highest node of the last level, in parts of the strike at 2^-36. */
  readonly top: bigint;
  /** Forward of a node over that of the next higher one, at 2^-32. */
  readonly fall: bigint;
  /** Growth per step of money and of the yield, at 2^-32. */
  readonly money: bigint;
  readonly yield: bigint;
};

/** Twin of `TreePremiums`: American less European value at today's four nodes, in parts of the strike at 2^-68, rounded down. */
export function treePremiums({ steps, top, fall, money, yield: dividend }: Tree): bigint[] {
  const [owed, paid] = [growths(money, steps), growths(dividend, steps)];
  let forward = forwards(top, fall, steps + ROOTS);
  let values: readonly bigint[] = forward.map(() => 0n);
  let european: readonly bigint[] = [];
  for (let left = 0; left <= steps; left++) {
    if (left > 0) [forward, values, european] = [sums(forward), sums(values), sums(european)];
    const strike = (owed[left] as bigint) << (UNIT + BigInt(left));
    const gains = forward.map((each) => strike - each * (paid[left] as bigint));
    values = exerciseLevel(gains, values).values;
    if (left === 0) european = values;
  }
  return values.map((value, j) => (value - (european[j] as bigint)) >> BigInt(steps));
}

/** Twin of `FloorOrZero`. */
export const floorOrZero = (dividend: bigint, divisor: bigint): bigint => (dividend < 0n ? 0n : dividend / divisor);

/**
 * Twin of `CubicPremium`: the premium at `place`, 2^-30 of the way from the second node to the third, by the cubic through all
 * four; at 2^-48, rounded down, and 0 where the cubic is negative.
 */
export function cubicPremium(premiums: readonly bigint[], place: bigint): bigint {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = premiums;
  const one = 1n << PLACE;
  const [up, down, far] = [place + one, place - one, place - 2n * one];
  const sum = place * down * (up * d - far * a) + 3n * up * far * (down * b - place * c);
  return floorOrZero(sum, 6n << (UNIT + GROWTH + 3n * PLACE - PREMIUM));
}

/** 2^50 / √steps, rounded down: from s/2 to the spacing of the nodes, 2 s / √steps. */
export const spacingFactor = (steps: number): bigint => floorSqrt((1n << 100n) / BigInt(steps));

/** Twin of `PlaceTree`. `logForward`: ln(forward / strike) at 2^-48; `spacing` of the logarithms of forwards, at 2^-48. */
export function placeTree(
  logForward: bigint,
  spacing: bigint,
  steps: number,
): { readonly top: bigint; readonly fall: bigint; readonly place: bigint } {
  const spread = expNearest(spacing >> RAISE, PRECISION.log);
  const fall = (1n << (GROWTH + BigInt(PRECISION.log))) / spread;
  // From the highest node of today to that of the last level: steps times ln((1 + fall) / 2), downwards.
  const drop = ln((1n << GROWTH) + fall) - TREE_LN_TWO;
  const offset = BigInt(TREE.offset);
  const nodes = ((logForward - BigInt(steps) * drop + offset * spacing) << PLACE) / spacing + (1n << (PLACE - 2n));
  const rank = (nodes >> PLACE) + 2n - offset;
  const place = nodes & ((1n << PLACE) - 1n);
  // A quarter of a spacing off the strike; at 2^-50.
  const height = spacing * (4n * rank - 1n) + BigInt(TREE.halvings) * TREE_LN2;
  const doublings = height / TREE_LN2;
  const rest = (height % TREE_LN2) >> (RAISE + 2n);
  const top = (exp(rest) << doublings) >> (BigInt(VALUE_BITS.exp + TREE.halvings) - UNIT);
  return { top, fall, place };
}
/** ln 2 at 2^-50, and 33 ln 2 at 2^-48, rounded down. */
export const TREE_LN2 = LN2 >> BigInt(VALUE_BITS.log - PRECISION.log - 2);
export const TREE_LN_TWO = (BigInt(TREE.growth + 1) * LN2) >> BigInt(VALUE_BITS.log - PRECISION.log);

/**
 * Twin of `European`: a put's value without early exercise, 1e-10 USDC, of spot and strike discounted to today. Which of them is
 * lower, their rounded values say; where the logarithm says otherwise, they are as good as equal, and it is 0.
 */
export function europeanPut(spot: bigint, strike: bigint, logForward: bigint, half: bigint): bigint {
  const isStrikeAbove = strike > spot;
  const log = isStrikeAbove ? -logForward : logForward;
  const [lower, upper] = isStrikeAbove ? [spot, strike] : [strike, spot];
  const pair = { lower, upper, logRatio: log > 0n ? log : 0n };
  const { value } = timeValue(pair, prepareStdev(half, FULL), FULL);
  return (isStrikeAbove ? strike - spot : 0n) + floorOrZero(value, 1n << BigInt(VALUE_BITS.tail));
}

const check = (isMet: boolean, message: string): void => {
  if (!isMet) refuse("OutOfRange", message);
};
const isBelow = (value: bigint, bits: number): boolean => value >= 0n && value >> BigInt(bits) === 0n;
/** Rate times years at 2^-36, rounded down. */
const carryOf = (rate: bigint, years: bigint): bigint =>
  (rate * years) >> BigInt(PRECISION.vol + TREE.years - PRECISION.exponent);
const MAX_CARRY = BigInt(PIECES.exp.count) << BigInt(PIECES.exp.width);

function checkTerms({ spot, strike, years, vol, rate, yield: dividend }: AmericanTerms): void {
  for (const [name, value] of Object.entries({ spot, strike }))
    check(value > 0n && isBelow(value, FORWARD_BITS), `${name} is not in [1, 2^${FORWARD_BITS})`);
  check(isNearTheMoney(spot, strike), `spot and strike are more than a factor of ${DOMAIN.moneyness} apart`);
  check(isBelow(years, TREE.years + 4), "years is not in [0, 16)");
  for (const [name, value] of Object.entries({ vol, rate, yield: dividend }))
    check(isBelow(value, PRECISION.vol + 3), `${name} is not in [0, 8)`);
  for (const [name, value] of Object.entries({ rate, yield: dividend }))
    check(carryOf(value, years) < MAX_CARRY, `${name} times years is not below 1.125`);
}

/** Whether the tree has that many steps. */
export const isTreeSize = (steps: number): boolean =>
  Number.isInteger(steps) && steps % 2 === 0 && steps >= TREE.minSteps && steps <= TREE.maxSteps;

/** Twin of `American`. Throws `OutOfRange` for terms that have no witness. */
export function american(terms: AmericanTerms, steps: number): AmericanPrice {
  check(isTreeSize(steps), `steps is not an even number from ${TREE.minSteps} to ${TREE.maxSteps}`);
  // 0 Ranges; a call becomes the put with spot and strike, rate and yield exchanged
  checkTerms(terms);
  const { isPut, years, vol } = terms;
  const [putSpot, putStrike] = isPut ? [terms.spot, terms.strike] : [terms.strike, terms.spot];
  const [interest, dividend] = [carryOf(terms.rate, years), carryOf(terms.yield, years)];
  const [money, lasting] = isPut ? [interest, dividend] : [dividend, interest];

  // 1 Total standard deviation s: s/2 at 2^-48
  const rootYears = floorSqrt(years << BigInt(2 * PRECISION.stdev - TREE.years));
  const half = (vol * rootYears) >> BigInt(PRECISION.vol + 1);
  check(half >= TREE.minHalf && half < TREE.maxHalf, "vol √years is not in [2^-12, 1.5)");

  // 2 European value
  const now = (value: bigint, carry: bigint): bigint =>
    ((value * PERCENT) << BigInt(PRECISION.exponent)) / expNearest(carry, PRECISION.exponent);
  const strikeNow = now(putStrike, money);
  const logForward = ln(putSpot) - ln(putStrike) + ((money - lasting) << RAISE);
  const european = europeanPut(now(putSpot, lasting), strikeNow, logForward, half);

  // 3 Tree
  const spacing = (half * spacingFactor(steps)) >> 48n;
  const { place, ...placed } = placeTree(logForward, spacing, steps);
  const perStep = (carry: bigint): bigint => expNearest(carry / BigInt(steps), TREE.growth);
  const premiums = treePremiums({ ...placed, steps, money: perStep(money), yield: perStep(lasting) });
  const premium = (cubicPremium(premiums, place) * strikeNow) >> PREMIUM;

  // 4 Never below exercise now
  const held = european + premium;
  const exercise = (putStrike - putSpot) * PERCENT;
  return { price: held >= exercise ? held : exercise, european, premium };
}

/**
 * `npm run bench:pricing [-- --points N] [-- --mainnet]`: how far the pricing functions are from arbitrary precision, and what they
 * cost. Chains and printed references are read where `PROVEGA_DATA` says. Progress on stderr; 100,000 points take minutes.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isNearTheMoney, price } from "#protocol/black76.ts";
import { segmentOf } from "#protocol/fixed-point.ts";
import { exp, lnUnrounded, normalDensity, normalTail, riskTail } from "#protocol/functions.ts";
import { fullPrice, GREEK_BITS } from "#protocol/greeks.ts";
import { PROFILE, YEAR_SECONDS } from "#protocol/params.ts";
import { DOMAIN, MARK, PIECES, PRECISION, RISK_PRICE, STRIKE_BITS, VALUE_BITS } from "#protocol/precision.ts";
import { slotMarks } from "#protocol/scenarios.ts";
import { varianceBounds } from "#protocol/svi.ts";
import { ERROR } from "#protocol/tables.ts";
import { compile, REPOSITORY } from "#prover/compile.ts";
import { black76, cdf, density, fixed, greeks, type Real, real } from "../reference.ts";
import { americanRows } from "./american.ts";
import { chainRows } from "./pricing-chains.ts";
import { referenceRows } from "./pricing-references.ts";
import { atMost, BOUND, bar, show } from "./pricing-rows.ts";
import { type Row, report } from "./report.ts";

const FOLDER = join(REPOSITORY, ".provega", "bench");
/** Points of the functions and scenario grids per hundred of the marks. */
const [FUNCTION_SHARE, SCENARIO_SHARE] = [20, 1];

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const POINTS = option("--points", 100_000);

/** Additive recurrences in square roots of primes: spread evenly, and the same in every run. */
const ROOTS = [2, 3, 5, 7, 11, 13].map((prime) => Math.sqrt(prime) % 1);
const unit = (point: number, dimension: number): number => ((point + 1) * (ROOTS[dimension] ?? 0)) % 1;
const logUniform = (point: number, dimension: number, min: number, max: number): number =>
  min * (max / min) ** unit(point, dimension);
const integer = (value: number): bigint => BigInt(Math.max(1, Math.round(value)));

/** The largest of `error` over points, which it names on stderr. */
function largest(title: string, count: number, error: (point: number) => Real): number {
  const progress = bar(title, count);
  let worst = real(0);
  for (let point = 0; point < count; point++) {
    const each = error(point);
    if (each.gt(worst)) worst = each;
    progress.step(point);
  }
  progress.stop();
  return worst.toNumber();
}

function functionRows(): Row[] {
  const count = Math.ceil((POINTS * FUNCTION_SHARE) / 100);
  const { tail, density: dense, risk } = PIECES;
  const place = (point: number, pieces: typeof tail | typeof dense | typeof risk): bigint =>
    BigInt(Math.floor(unit(point, 0) * pieces.count * 2 ** pieces.width));
  const errors = {
    tail: (point: number) => {
      const x = place(point, tail);
      return fixed(normalTail(segmentOf(x, tail)), VALUE_BITS.tail).minus(cdf(fixed(-x, MARK.grid)));
    },
    density: (point: number) => {
      const x = place(point, dense);
      return fixed(normalDensity(segmentOf(x, dense)), VALUE_BITS.density).minus(density(fixed(x, MARK.grid)));
    },
    exp: (point: number) => {
      const x = BigInt(Math.floor(unit(point, 0) * 1.125 * 2 ** PRECISION.exponent));
      return fixed(exp(x), VALUE_BITS.exp).minus(fixed(x, PRECISION.exponent).exp());
    },
    log: (point: number) => {
      const x = integer(logUniform(point, 0, 1, 2 ** STRIKE_BITS - 2));
      return fixed(lnUnrounded(x), VALUE_BITS.log).minus(real(x).ln());
    },
    risk: (point: number) => {
      const x = place(point, risk);
      return fixed(riskTail(segmentOf(x, risk)), VALUE_BITS.risk).minus(cdf(fixed(-x, RISK_PRICE.grid)));
    },
  };
  const names = {
    tail: "normal CDF",
    density: "normal density",
    exp: "exp",
    log: "ln",
    risk: "normal CDF of scenarios",
  };
  return (Object.keys(errors) as (keyof typeof errors)[]).map((name) => {
    const seen = largest(names[name], count, (point) => errors[name](point).abs());
    const { proved } = ERROR[name];
    const target = name === "risk" ? 1.5e-9 : BOUND.function;
    return {
      what: `${names[name]}: max error on ${count.toLocaleString("en-US")} points (proved bound ${proved})`,
      value: show(seen),
      target: `<= ${target} and <= its bound`,
      ok: proved <= target && seen <= proved,
    };
  });
}

/** Terms of the domain: spread over moneyness, time and volatility, a third of them near the money and a third of them at an edge. */
function termsAt(point: number) {
  const forward = integer(logUniform(point, 0, 1e8, 2 ** 49));
  const ratio = point % 3 === 0 ? logUniform(point, 1, 0.97, 1.03) : logUniform(point, 1, 0.0501, 19.99);
  const seconds =
    point % 11 === 0
      ? DOMAIN.minSeconds
      : point % 13 === 0
        ? DOMAIN.maxSeconds
        : integer(logUniform(point, 2, 60, 63_072_000));
  const vol = point % 17 === 0 ? 0.01 : point % 19 === 0 ? 5 : logUniform(point, 3, 0.01, 5);
  const { min, max } = varianceBounds(seconds);
  const variance = integer(((vol * vol * Number(seconds)) / Number(YEAR_SECONDS)) * 2 ** 40);
  const strike = integer(Number(forward) * ratio);
  if (!isNearTheMoney(forward, strike)) throw new RangeError(`point ${point} lies outside the domain`);
  return {
    forward,
    strike,
    seconds,
    variance: variance < min ? min : variance > max ? max : variance,
    kind: point % 2 === 0 ? ("call" as const) : ("put" as const),
  };
}
const exactly = ({ forward, strike, kind }: ReturnType<typeof termsAt>) => ({
  forward: real(forward),
  strike: real(strike),
  isCall: kind === "call",
});
const ONE = 1n << 40n;

function markRows(): Row[] {
  let [below, above] = [0, 0];
  const worst = largest("marks", POINTS, (point) => {
    const terms = termsAt(point);
    const { value } = price({ ...terms, discount: ONE });
    const gap = (terms.kind === "call" ? 1n : -1n) * (terms.forward - terms.strike);
    const unitOf = 100n << BigInt(VALUE_BITS.tail + PRECISION.present);
    if (value < 0n || value < gap * unitOf) below++;
    if (value > (terms.kind === "call" ? terms.forward : terms.strike) * unitOf) above++;
    const exact = black76(exactly(terms), fixed(terms.variance, 40).sqrt());
    return fixed(value, VALUE_BITS.tail + PRECISION.present)
      .div(100)
      .minus(exact)
      .abs()
      .div(real(terms.forward));
  });
  return [
    atMost(`mark before rounding, ${POINTS.toLocaleString("en-US")} points: max error / forward`, worst, BOUND.mark),
    { what: "marks below intrinsic value or negative", value: below, target: "0", ok: below === 0 },
    { what: "marks above forward or strike", value: above, target: "0", ok: above === 0 },
  ];
}

function greekRows(): Row[] {
  const count = Math.ceil((POINTS * FUNCTION_SHARE) / 100);
  const worst = { delta: real(0), gamma: real(0), vega: real(0), theta: real(0) };
  const overall = largest("Greeks", count, (point) => {
    const { forward, strike, kind } = termsAt(point);
    const years = BigInt(Math.round(logUniform(point, 2, 2e-6, 1.999) * 2 ** PRECISION.years));
    const vol = BigInt(Math.round(logUniform(point, 3, 0.0101, 4.99) * 2 ** PRECISION.vol));
    const full = fullPrice({ forward, strike, kind, years, vol });
    if (!full.isInDomain) throw new RangeError(`point ${point} lies outside the domain`);
    const [t, v] = [fixed(years, PRECISION.years), fixed(vol, PRECISION.vol)];
    const usd = { forward: real(forward).div(1e8), strike: real(strike).div(1e8), isCall: kind === "call" };
    const exact = greeks(usd, v, t);
    const root = t.sqrt();
    const off = {
      delta: fixed(full.delta, GREEK_BITS.delta).minus(exact.delta),
      gamma: fixed(full.gamma, GREEK_BITS.gamma).minus(exact.gamma).mul(usd.forward).mul(v).mul(root),
      vega: fixed(full.vega, GREEK_BITS.vega).div(1e8).minus(exact.vega).div(usd.forward).div(root),
      theta: fixed(full.theta, GREEK_BITS.theta).div(1e8).minus(exact.theta).div(usd.forward).div(v).mul(root),
    };
    for (const name of Object.keys(worst) as (keyof typeof worst)[])
      if (off[name].abs().gt(worst[name])) worst[name] = off[name].abs();
    return Object.values(off).reduce((most, each) => (each.abs().gt(most) ? each.abs() : most), real(0));
  });
  const each = Object.entries(worst).map(([name, value]) => `${name} ${show(value.toNumber())}`);
  return [
    atMost(
      `Greeks, ${count.toLocaleString("en-US")} points: max error / scale (${each.join(", ")})`,
      overall,
      BOUND.greek,
    ),
  ];
}

function scenarioRows(): Row[] {
  const count = Math.ceil((POINTS * SCENARIO_SHARE) / 100);
  const profile = PROFILE.mainnet;
  const worst = largest("scenarios", count, (point) => {
    const terms = termsAt(point);
    const { prices } = slotMarks(profile, { ...terms, discount: ONE });
    const ratio = real(30 * 86_400).div(real(terms.seconds));
    const power = ratio.lt(1) ? real(1) : ratio.pow("0.3");
    const shock = (power.gt(3) ? real(3) : power).div(4);
    return profile.scenarios.reduce((most, { forwardPercent, vol }, at) => {
      const forward = real(terms.forward)
        .mul(100 + forwardPercent)
        .div(100);
      const stdev = fixed(terms.variance, 40)
        .sqrt()
        .mul(vol === "up" ? shock.plus(1) : real(1).minus(shock));
      const exact = black76({ ...exactly(terms), forward }, stdev).div(100);
      // Rounded down: the exact price lies up to one unit above.
      const over = real(prices[at] ?? 0n).minus(exact);
      const under = exact.minus(real(prices[at] ?? 0n)).minus(1);
      const error = (over.gt(under) ? over : under).mul(100).div(real(terms.forward));
      return error.gt(most) ? error : most;
    }, real(0));
  });
  const what = `scenario prices but for their rounding, ${count.toLocaleString("en-US")} grids of ${profile.scenarios.length}: max error / forward`;
  return [atMost(what, worst, BOUND.scenario)];
}

async function constraintsOf(name: string, text: string | null): Promise<number> {
  const file = text === null ? `circuits/instances/${name}.circom` : join(FOLDER, `${name}.circom`);
  if (text !== null) writeFileSync(file, text);
  process.stderr.write(`compiling ${name}\n`);
  const { constraints } = await compile(file, FOLDER);
  return constraints.nonLinear + constraints.linear;
}

const below = (what: string, value: number, target: number): Row => ({
  what,
  value,
  target: `<= ${target}`,
  ok: value <= target,
});

async function constraintRows(): Promise<Row[]> {
  mkdirSync(FOLDER, { recursive: true });
  const { tiny, devnet } = PROFILE;
  const slot = ({ code, scenarios }: typeof tiny) =>
    constraintsOf(
      `slot-${code}`,
      `pragma circom 2.2.2;\ninclude "generated/constants.circom";\ninclude "lib/uint.circom";\ninclude "pricing/scenarios.circom";
template Probe() {
  signal input part[12];
  signal output mark, price[${scenarios.length}];
  component slot = SlotPrices(${code}, ${scenarios.length});
  slot.forward <== part[0]; slot.strike <== part[1]; slot.isStrikeAbove <== part[11]; slot.sides.presentForward <== part[2];
  slot.sides.presentStrike <== part[3]; slot.sides.logMoneyness <== part[4]; slot.isPut <== part[5];
  slot.isPriced <== part[6]; slot.down.factor <== part[7]; slot.down.reciprocal <== part[8];
  slot.up.factor <== part[9]; slot.up.reciprocal <== part[10]; slot.variance <== Uint(WIDTH_VARIANCE())(0);
  mark <== slot.mark; price <== slot.price;
}
component main = Probe();\n`,
    );
  const more = ((await slot(devnet)) - (await slot(tiny))) / (devnet.scenarios.length - tiny.scenarios.length);
  const marks = await constraintsOf("marks-devnet", null);
  const rows = [
    below(
      "constraints: one more scenario price of a series, shocked forward and deviation included",
      Math.ceil(more),
      500,
    ),
    below(
      "constraints: one price at mark accuracy with four Greeks, ranges and domain included",
      await constraintsOf("price", null),
      2_500,
    ),
    below("constraints: marks devnet", marks, 131_071),
  ];
  return process.argv.includes("--mainnet")
    ? [...rows, below("constraints: marks mainnet", await constraintsOf("marks-mainnet", null), 2 ** 20 - 1)]
    : rows;
}

const data = process.env["PROVEGA_DATA"];
if (!data) process.stderr.write("PROVEGA_DATA is not set: no chains and no printed references\n");
const parts = process.argv.includes("--constraints")
  ? []
  : [
      functionRows(),
      markRows(),
      greekRows(),
      scenarioRows(),
      data ? referenceRows(data) : [],
      data ? chainRows(data) : [],
    ];
report("Pricing: accuracy against arbitrary precision, and cost", [
  ...parts.flat(),
  ...(await constraintRows()),
  ...(await americanRows([64, 128])),
]);

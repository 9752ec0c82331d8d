/**
 * `npm run bench:pricing [-- --points N] [-- --mainnet]`: how far the pricing functions are from arbitrary precision, and what they
 * cost. Chains and printed references are read where `PROVEGA_DATA` says. Progress on stderr; 100,000 points take minutes.
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { isNearTheMoney, price } from "#protocol/black76.ts";
import { segmentOf } from "#protocol/fixed-point.ts";
import { exp, lnUnrounded, normalDensity, normalTail, riskTail } from "#protocol/functions.ts";
import { fullPrice, GREEK_BITS } from "#protocol/greeks.ts";
import { PROFILE, YEAR_SECONDS } from "#protocol/params.ts";
import { DOMAIN, MARK, PIECES, PRECISION, RISK_PRICE, STRIKE_BITS, VALUE_BITS } from "#protocol/precision.ts";
import { priceLine } from "#protocol/price-line.ts";
import { slotMarks } from "#protocol/scenarios.ts";
import { varianceBounds } from "#protocol/svi.ts";
import { ERROR } from "#protocol/tables.ts";
import { compile, REPOSITORY } from "#prover/compile.ts";
import { progressBar } from "../progress-bar.ts";
import { black76, cdf, density, fixed, greeks, type Real, real } from "../reference.ts";
import { americanRows } from "./american.ts";
import { type Row, report } from "./report.ts";

const FOLDER = join(REPOSITORY, ".provega", "bench");
/** Points of the functions and scenario grids per hundred of the marks. */
const [FUNCTION_SHARE, SCENARIO_SHARE] = [20, 1];
const BOUND = { mark: 1e-10, function: 1e-11, greek: 1e-8, scenario: 1e-7, inBand: 0.96, coin: 1e-6 } as const;

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

const bar = (title: string, total: number) => {
  const shown = progressBar({ isTerminal: process.stderr.isTTY, stderr: (text) => process.stderr.write(text) }, title);
  return { step: (done: number) => done % 64 === 0 && shown.update(done, total), stop: () => shown.stop() };
};
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
const show = (value: number): string => value.toExponential(2);
const atMost = (what: string, value: number, target: number): Row => ({
  what,
  value: show(value),
  target: `<= ${target}`,
  ok: value <= target,
});

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

type Line = Readonly<Record<string, string>>;
const rowsOf = (data: string, ...path: string[]): Line[] => parse(readFileSync(join(data, ...path)), { columns: true });
const column = (row: Line, name: string): Real => {
  const text = row[name];
  if (text === undefined) throw new RangeError(`no column ${name}`);
  return real(text);
};

/** One printed price: undiscounted terms, and what it is to be worth now. */
type Printed = {
  readonly forward: Real;
  readonly strike: Real;
  readonly years: Real;
  readonly vol: Real;
  readonly kind: "call" | "put";
  readonly discount: Real;
  readonly expected: Real;
  readonly tolerance: Real;
};
const kindOf = (text = ""): "call" | "put" => (text.startsWith("c") ? "call" : "put");

function printed(data: string): ReadonlyMap<string, readonly Printed[]> {
  const carried = (row: Line, spot: string, years: Real) => ({
    forward: column(row, spot).mul(
      column(row, "r")
        .minus(row["q"] ?? "0")
        .mul(years)
        .exp(),
    ),
    discount: column(row, "r").neg().mul(years).exp(),
  });
  const spot =
    (names: { spot: string; strike: string; years: string }) =>
    (row: Line): Printed => {
      const years = column(row, names.years);
      return {
        ...carried(row, names.spot, years),
        years,
        strike: column(row, names.strike),
        vol: column(row, "vol"),
        kind: kindOf(row["type"]),
        expected: column(row, "mp_value_22d"),
        tolerance: column(row, "tol"),
      };
    };
  const vollib = (row: Line, side: "call" | "put"): Printed => {
    const [years, rate] = [column(row, "t"), column(row, "R")];
    return {
      forward: column(row, "S").mul(rate.mul(years).exp()),
      strike: column(row, "K"),
      years,
      vol: column(row, "v"),
      kind: side,
      discount: rate.neg().mul(years).exp(),
      expected: column(row, `mp_${side}_22d`),
      tolerance: real(0),
    };
  };
  return new Map([
    [
      "european_haug.csv",
      rowsOf(data, "pricing", "european_haug.csv").map(spot({ spot: "spot", strike: "strike", years: "t_years" })),
    ],
    [
      "black76.csv",
      rowsOf(data, "pricing", "black76.csv").map((row) => ({
        forward: column(row, "forward"),
        strike: column(row, "strike"),
        years: real(1),
        vol: column(row, "total_stdev"),
        kind: kindOf(row["type"]),
        discount: column(row, "discount"),
        expected: column(row, "mp_value_22d"),
        tolerance: column(row, "tol"),
      })),
    ],
    [
      "hull_textbook.csv",
      rowsOf(data, "pricing", "hull_textbook.csv")
        .filter(({ model }) => model === "bsm")
        .map(spot({ spot: "S_or_F", strike: "K", years: "t" })),
    ],
    [
      "pyvollib_bs_greeks.csv",
      rowsOf(data, "pricing", "pyvollib_bs_greeks.csv").flatMap((row) => [vollib(row, "call"), vollib(row, "put")]),
    ],
  ]);
}

function referenceRows(data: string): Row[] {
  return [...printed(data)].map(([file, prices]) => {
    let [inside, outside, missed] = [0, 0, 0];
    let worst = 0;
    for (const each of prices) {
      // A strike, volatility or time of 0 is no option that a series can name.
      if (each.strike.isZero() || each.vol.isZero() || each.years.isZero()) continue;
      const line = priceLine({
        forward: each.forward.toSignificantDigits(30).toFixed(),
        strike: each.strike.toFixed(),
        years: each.years.toFixed(),
        vol: each.vol.toFixed(),
        kind: each.kind,
      });
      const gap = each.kind === "call" ? each.forward.minus(each.strike) : each.strike.minus(each.forward);
      const target = line.isInDomain ? each.expected : gap.gt(0) ? gap.mul(each.discount) : real(0);
      const error = real(line.mark).mul(each.discount).minus(target).abs().div(each.forward);
      const allowed =
        line.isInDomain && each.tolerance.gt(each.forward.mul(BOUND.mark))
          ? each.tolerance.div(each.forward)
          : real(BOUND.mark);
      if (line.isInDomain) inside++;
      else outside++;
      if (error.gt(allowed)) missed++;
      if (line.isInDomain) worst = Math.max(worst, error.toNumber());
    }
    return {
      what: `${file}: ${inside} rows in the domain, ${outside} at their bound and flagged: max error / forward`,
      value: show(worst),
      target: `<= ${BOUND.mark}, none missed`,
      ok: missed === 0 && worst <= BOUND.mark,
    };
  });
}

/** Half of the last printed digit of a venue's volatility, 0.01 points. */
const HALF_POINT = 0.00005;
/** Half of the last printed digit of a venue's mark, in coin. */
const HALF_DIGIT = 0.5e-6;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

type Quote = {
  readonly chain: string;
  readonly coin: string;
  readonly kind: "call" | "put";
  readonly strike: number;
  readonly seconds: number;
  readonly vol: number;
  readonly mark: number;
};

function quotesOf(data: string, file: string): Quote[] {
  return rowsOf(data, "options", file).map((row) => {
    const number = (name: string) => Number(row[name]);
    const time = (name: string) => Date.parse(row[name] ?? "") / 1000;
    return {
      chain: `${file} ${row["currency"]} ${row["expiry_datetime"]}`,
      coin: row["currency"] ?? "",
      kind: kindOf(row["option_type"]),
      strike: number("strike"),
      seconds: time("expiry_datetime") - time("timestamp"),
      vol: number("implied_volatility"),
      mark: number("mark_price"),
    };
  });
}

/** Call less put, in coin, is 1 - K / F: a forward for every strike that has both. */
function parityForwards(quotes: readonly Quote[]): ReadonlyMap<string, number> {
  const calls = new Map(quotes.filter(({ kind }) => kind === "call").map((each) => [placeOf(each), each]));
  return new Map(
    quotes.flatMap((put) => {
      const call = put.kind === "put" ? calls.get(placeOf(put)) : undefined;
      return call ? [[placeOf(put), put.strike / (1 - (call.mark - put.mark))] as const] : [];
    }),
  );
}
const placeOf = ({ chain, strike }: Quote): string => `${chain} ${strike}`;

/** Mark in coin at a volatility; null outside the domain. */
function markInCoin({ kind, strike, seconds }: Quote, forward: number, vol: number): number | null {
  const line = priceLine({
    forward: forward.toFixed(10),
    strike: strike.toFixed(10),
    years: (Math.max(seconds, 1) / Number(YEAR_SECONDS)).toFixed(18),
    vol: vol.toFixed(10),
    kind,
  });
  return line.isInDomain ? Number(line.mark) / forward : null;
}

/** Seconds, in steps of 10, between a file's time stamp and the reading of one coin's marks: the ones that fit a sample best. */
function delayOf(quotes: readonly Quote[], forwards: ReadonlyMap<string, number>): number {
  const sample = quotes.filter((_, at) => at % Math.ceil(quotes.length / DELAY.sample) === 0);
  const miss = (delay: number): number =>
    median(
      sample.flatMap((quote) => {
        const forward = forwards.get(placeOf(quote)) ?? 0;
        const mark = markInCoin({ ...quote, seconds: quote.seconds - delay }, forward, quote.vol);
        return mark === null ? [] : [Math.abs(mark - quote.mark)];
      }),
    );
  const delays = Array.from({ length: DELAY.steps }, (_, at) => DELAY.first + 10 * at);
  const misses = delays.map(miss);
  return delays[misses.indexOf(Math.min(...misses))] ?? 0;
}
const DELAY = { first: -30, steps: 25, sample: 100 } as const;

function chainRows(data: string): Row[] {
  const files = readdirSync(join(data, "options")).filter((file) => file.startsWith("deribit_options_snapshot"));
  const errors: number[] = [];
  const found: number[] = [];
  let inside = 0;
  const progress = bar("chains", files.length);
  files.forEach((file, at) => {
    const all = quotesOf(data, file);
    const forwards = parityForwards(all);
    for (const coin of new Set(all.map((quote) => quote.coin))) {
      const quotes = all.filter(
        (quote) => quote.coin === coin && forwards.has(placeOf(quote)) && quote.vol > 0 && quote.mark > 0,
      );
      const delay = delayOf(quotes, forwards);
      found.push(delay);
      for (const each of quotes) {
        const quote = { ...each, seconds: each.seconds - delay };
        const forward = forwards.get(placeOf(quote)) ?? 0;
        const price = (vol: number) => markInCoin(quote, forward, vol);
        const [low, middle, high] = [quote.vol - HALF_POINT, quote.vol, quote.vol + HALF_POINT].map(price);
        if (low == null || middle == null || high == null) continue;
        errors.push(Math.abs(middle - quote.mark));
        if (quote.mark >= low - HALF_DIGIT && quote.mark <= high + HALF_DIGIT) inside++;
      }
    }
    progress.step(at * 64);
  });
  progress.stop();
  const part = inside / errors.length;
  const delays = `read ${Math.min(...found)} to ${Math.max(...found)} s after their stamp`;
  return [
    {
      what: `Deribit chains: marks inside the venue's IV rounding, of ${errors.length.toLocaleString("en-US")} ${delays}`,
      value: `${(100 * part).toFixed(2)} %`,
      target: `>= ${100 * BOUND.inBand} %`,
      ok: part >= BOUND.inBand,
    },
    atMost("Deribit chains: median error, coin", median(errors), BOUND.coin),
  ];
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

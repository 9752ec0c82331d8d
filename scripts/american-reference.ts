/**
 * What American options are held against: a tree in double precision with so many steps that it has converged.
 *
 * Its last step is Black-Scholes in closed form and two sizes are extrapolated (Broadie and Detemple), so that its error is
 * within 1e-5 of the price: it agrees to 2e-6 with the integral method of Andersen, Lake and Offengenden. The printed values of
 * Barone-Adesi and Whaley, Bjerksund and Stensland, Ju, and of QD+ in american.csv are those authors' approximations, up to
 * 1e-2 off: of these rows only the terms are used.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { black76, type OptionKind } from "#market/implied-vol.ts";
import type { AmericanTerms } from "#protocol/american.ts";
import { PRECISION, TREE } from "#protocol/precision.ts";

export type Terms = {
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly vol: number;
  readonly rate: number;
  readonly yield: number;
  readonly kind: OptionKind;
};
export type Reference = Terms & {
  readonly price: number;
  /** Of the integral method, from the file; the others are computed here. */
  readonly isPrinted: boolean;
};

/** Broadie and Detemple's tree: early exercise at every level, the value at the last but one in closed form. */
function tree({ spot, strike, years, vol, rate, yield: dividend, kind }: Terms, steps: number): number {
  const dt = years / steps;
  const up = Math.exp(vol * Math.sqrt(dt));
  const drift = Math.exp((rate - dividend) * dt);
  const probability = (drift - 1 / up) / (up - 1 / up);
  const discount = Math.exp(-rate * dt);
  const sign = kind === "call" ? 1 : -1;
  const ladder = Array.from({ length: 2 * steps + 1 }, (_, at) => spot * up ** (at - steps));
  const spotAt = (level: number, j: number): number => ladder[steps + 2 * j - level] as number;
  const values = new Float64Array(steps);
  for (let j = 0; j < steps; j++) {
    const now = spotAt(steps - 1, j);
    const held = discount * black76(kind, now * drift, strike, vol * vol * dt);
    values[j] = Math.max(held, sign * (now - strike));
  }
  for (let level = steps - 2; level >= 0; level--) {
    for (let j = 0; j <= level; j++) {
      const [low, high] = [values[j] as number, values[j + 1] as number];
      const held = discount * (probability * high + (1 - probability) * low);
      values[j] = Math.max(held, sign * (spotAt(level, j) - strike));
    }
  }
  return values[0] as number;
}

/** Within 1e-5 of the price. */
export const converged = (terms: Terms): number => 2 * tree(terms, 2_000) - tree(terms, 1_000);

/** Terms in the circuit's integers. */
export const integers = ({ spot, strike, years, vol, rate, yield: dividend, kind }: Terms): AmericanTerms => {
  const binary = (value: number, bits: number): bigint => BigInt(Math.round(value * 2 ** 48)) << BigInt(bits - 48);
  const [v, r, q] = [vol, rate, dividend].map((value) => BigInt(Math.round(value * 2 ** PRECISION.vol)));
  return {
    spot: BigInt(Math.round(spot * 1e8)),
    strike: BigInt(Math.round(strike * 1e8)),
    isPut: kind === "put",
    years: binary(years, TREE.years),
    vol: v ?? 0n,
    rate: r ?? 0n,
    yield: q ?? 0n,
  };
};

/** Prices from which a relative error means something. */
const LEAST = 0.005;

/** The rows of american.csv that the tree's domain holds, or a grid of our own if there is no such file. */
export function references(data = process.env["PROVEGA_DATA"]): readonly Reference[] {
  const file = data ? join(data, "pricing", "american.csv") : "";
  const rows = existsSync(file) ? printed(file) : grid();
  return rows
    .map((row) => ({ ...row, price: row.isPrinted ? row.price : converged(row) }))
    .filter(({ price }) => price >= LEAST);
}

type Row = Readonly<Record<string, string>>;
function printed(file: string): Reference[] {
  return (parse(readFileSync(file), { columns: true }) as Row[]).flatMap((row) => {
    const [spot, strike, years, vol, rate, dividend, price] = [
      "spot",
      "strike",
      "t_years",
      "vol",
      "r",
      "q",
      "expected",
    ].map((name) => Number(row[name])) as [number, number, number, number, number, number, number];
    const time = row["day_count"]?.includes("round") ? Math.round(360 * years) / 360 : years;
    const isInDomain =
      spot * 20 >= strike && strike * 20 >= spot && time > 0 && vol >= 0.01 && vol <= 5 && rate >= 0 && dividend >= 0;
    if (!isInDomain || Math.max(rate, dividend) * time >= 1.125 || vol * Math.sqrt(time) >= 1.5) return [];
    const isPrinted = row["method"]?.startsWith("ALO") === true && Number(row["tol"]) < 1e-6;
    const kind = row["type"] === "put" ? "put" : "call";
    return [{ spot, strike, years: time, vol, rate, yield: dividend, kind, price, isPrinted }];
  });
}

const grid = (): Reference[] =>
  [80, 95, 100, 110].flatMap((spot) =>
    [0.1, 0.5, 2].flatMap((years) =>
      [0.2, 0.6].flatMap((vol) =>
        [
          { rate: 0.05, yield: 0, kind: "put" as const },
          { rate: 0.03, yield: 0.07, kind: "call" as const },
        ].map((market) => ({ spot, strike: 100, years, vol, ...market, price: 0, isPrinted: false })),
      ),
    ),
  );

/**
 * Writes the polynomials, precisions and scenario grids of protocol/ as circom functions.
 * @module
 */
import { TREE_LN_TWO, TREE_LN2 } from "#protocol/american.ts";
import { lnFactor, PERCENT } from "#protocol/black76.ts";
import { EDGE, GREEK_BITS } from "#protocol/greeks.ts";
import { PROFILE, type Scenario, YEAR_SECONDS } from "#protocol/params.ts";
import {
  ARGUMENT_BITS,
  DOMAIN,
  FORWARD_BITS,
  FULL,
  KAPPA_BIAS,
  MARK,
  PIECES,
  PRECISION,
  RISK_PRICE,
  SHOCK,
  STRIKE_BITS,
  TREE,
  VALUE_BITS,
} from "#protocol/precision.ts";
import { REPORT_HEAD } from "#protocol/report.ts";
import { SURFACE } from "#protocol/svi.ts";
import { DENSITY, EXP, LN_THIRTY_DAYS, LN2, LN3, LOG, RISK, SLOPE, TAIL, TAIL_ERROR } from "#protocol/tables.ts";
import { MARK_LIFT, RISK_LIFT } from "#protocol/time-value.ts";
import { constant, DO_NOT_EDIT, group, upper } from "./circom-text.ts";

const table = (name: string, rows: readonly (readonly bigint[])[]): string =>
  [
    `function ${name}() {`,
    "    return [",
    rows.map((row) => `        [${row.join(", ")}]`).join(",\n"),
    "    ];",
    "}",
  ].join("\n");

type Placed = {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly bits: number; readonly offset: number }[];
};
const places = ({ name, fields }: Placed): string[] =>
  fields.flatMap((field) => [
    constant(`AT_${upper(name)}_${upper(field.name)}`, field.offset),
    constant(`BITS_${upper(name)}_${upper(field.name)}`, field.bits),
  ]);

/** A function that picks by its first parameter; circom needs a return behind the last case. */
const choice = (name: string, parameters: readonly string[], cases: ReadonlyMap<number, string>): string =>
  [
    `function ${name}(${parameters.join(", ")}) {`,
    ...[...cases].map(([key, body]) => `    if (${parameters[0]} == ${key}) { ${body} }`),
    "    assert(0);",
    "    return 0;",
    "}",
  ].join("\n");

/** Percent of the forward, and direction of the volatility (1 up), per profile and scenario. */
function scenarios(): string[] {
  const pick = (name: string, of: (scenario: Scenario) => number): string => {
    const bodies = Object.values(PROFILE).map(({ code, scenarios: all }): [number, string] => [
      code,
      `var each[${all.length}] = [${all.map(of).join(", ")}]; return each[S];`,
    ]);
    return choice(name, ["PROFILE_CODE", "S"], new Map(bodies));
  };
  return [
    pick("SCENARIO_FACTOR", ({ forwardPercent }) => Number(PERCENT) + forwardPercent),
    pick("SCENARIO_IS_UP", ({ vol }) => (vol === "up" ? 1 : 0)),
  ];
}

/** ln(factor / 100) of every factor that a scenario uses. */
function lnFactors(): string {
  const used = Object.values(PROFILE).flatMap((profile) =>
    profile.scenarios.map(({ forwardPercent }) => Number(PERCENT) + forwardPercent),
  );
  const factors = [...new Set([Number(PERCENT), ...used])].sort((a, b) => a - b);
  return choice(
    "LN_FACTOR",
    ["FACTOR"],
    new Map(factors.map((factor) => [factor, `return ${lnFactor(BigInt(factor))};`])),
  );
}

export function circomTables(): string {
  return [
    DO_NOT_EDIT,
    "pragma circom 2.2.2;",
    "",
    ...group("PRECISION", PRECISION),
    ...group("MARK", MARK),
    ...group("RISK_PRICE", RISK_PRICE),
    ...group("FULL", FULL),
    ...group("GREEK_BITS", GREEK_BITS),
    ...group("VALUE_BITS", VALUE_BITS),
    ...Object.entries(PIECES).flatMap(([name, piece]) => group(`PIECES_${upper(name)}`, piece)),
    ...Object.entries(ARGUMENT_BITS).map(
      ([name, bits]) => `function ARGUMENT_BITS_${upper(name)}() { return [${bits.join(", ")}]; }`,
    ),
    constant("FORWARD_BITS", FORWARD_BITS),
    constant("STRIKE_BITS", STRIKE_BITS),
    constant("PERCENT", PERCENT),
    constant("YEAR_SECONDS", YEAR_SECONDS),
    ...group("DOMAIN", DOMAIN),
    ...group("EDGE", EDGE),
    ...group("SHOCK", SHOCK),
    constant("KAPPA_BIAS", KAPPA_BIAS),
    constant("MARK_LIFT", MARK_LIFT),
    constant("RISK_LIFT", RISK_LIFT),
    ...group("TAIL_ERROR", TAIL_ERROR),
    ...group("TREE", TREE),
    constant("TREE_LN2", TREE_LN2),
    constant("TREE_LN_TWO", TREE_LN_TWO),
    constant("LN2", LN2),
    constant("LN3", LN3),
    constant("LN_THIRTY_DAYS", LN_THIRTY_DAYS),
    lnFactors(),
    ...scenarios(),
    ...places(REPORT_HEAD),
    ...places(SURFACE),
    table("TAIL", TAIL),
    table("RISK", RISK),
    table("DENSITY", DENSITY),
    table("SLOPE", SLOPE),
    table("LOG", LOG),
    table("EXP", EXP),
    "",
  ].join("\n");
}

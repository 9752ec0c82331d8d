/**
 * Writes the constants of protocol/ as circom functions, and the instances of every profile.
 * @module
 */

import { emptyOrders, freshAccount, keysRoot, NO_SESSION, positionsHash } from "#protocol/account.ts";
import { BOUND_KINDS, type BoundKind, chainStart, wordCapacity } from "#protocol/binding.ts";
import { STATUS_SHIFT } from "#protocol/board.ts";
import { LAYOUT } from "#protocol/layout.ts";
import {
  BOARD_OPERATION,
  FILLED_ALL,
  FUNDING,
  GRID,
  INITIAL_MARGIN,
  INTENT_KIND,
  LEGS,
  NEVER,
  PROFILE,
  type Profile,
  REQUEST_KIND,
  RISK_VALUES,
  SCALE,
  SERIES_KIND,
  SERIES_STATUS,
  SESSIONS,
  SETTLEMENT,
  SETTLEMENT_SOURCE,
  STEP_KIND,
  TAG,
  VERSION,
  WIDTH,
} from "#protocol/params.ts";
import { MIN_EPSILON_PPM, TREE } from "#protocol/precision.ts";
import { GROWTH_BITS } from "#protocol/spot-sum.ts";
import { constant, DO_NOT_EDIT, group, upper } from "./circom-text.ts";

/** A choice by order-tree depth or board size: what an empty order tree and an empty vector of positions hash to. */
const byParameter = (name: string, parameter: string, cases: ReadonlyMap<number, bigint>): string =>
  [
    `function ${name}(${parameter}) {`,
    ...[...cases].map(([key, value]) => `    if (${parameter} == ${key}) { return ${value}; }`),
    "    assert(0);",
    "    return 0;",
    "}",
  ].join("\n");

const profiles = Object.values(PROFILE);
const perProfile = (
  key: (profile: Profile) => number,
  value: (profile: Profile) => bigint,
): ReadonlyMap<number, bigint> => new Map(profiles.map((profile) => [key(profile), value(profile)]));

export function circomConstants(): string {
  const fresh = (profile: Profile) => freshAccount(profile, 0n, { x: 0n, y: 1n });
  return [
    DO_NOT_EDIT,
    "pragma circom 2.2.2;",
    "",
    constant("VERSION", VERSION),
    ...group("WIDTH", WIDTH),
    ...group("SCALE", SCALE),
    ...group("TAG", TAG),
    ...group("KIND_STEP", STEP_KIND),
    ...group("KIND_INTENT", INTENT_KIND),
    ...group("KIND_REQUEST", REQUEST_KIND),
    ...group("KIND_SERIES", SERIES_KIND),
    ...group("KIND_BOARD", BOARD_OPERATION),
    ...group("STATUS", SERIES_STATUS),
    constant("STATUS_SHIFT", STATUS_SHIFT),
    constant("FILLED_ALL", FILLED_ALL),
    ...group("INITIAL_MARGIN", INITIAL_MARGIN),
    ...group("FUNDING", FUNDING),
    ...group("SETTLEMENT", SETTLEMENT),
    ...group("SOURCE", SETTLEMENT_SOURCE),
    constant("GROWTH_BITS", GROWTH_BITS),
    constant("MIN_EPSILON_PPM", MIN_EPSILON_PPM),
    ...group("GRID", GRID),
    constant("NEVER", NEVER),
    constant("LEGS", LEGS),
    constant("SESSIONS", SESSIONS),
    constant("RISK_VALUES", RISK_VALUES),
    ...Object.values(LAYOUT).flatMap(({ name, fields }) =>
      fields.flatMap((field) => [
        constant(`AT_${upper(name)}_${upper(field.name)}`, field.offset),
        constant(`BITS_${upper(name)}_${upper(field.name)}`, field.bits),
      ]),
    ),
    constant("EMPTY_KEYS_ROOT", keysRoot({ key: NO_SESSION.key, sessions: Array(SESSIONS).fill(NO_SESSION) })),
    byParameter(
      "EMPTY_ORDERS_ROOT",
      "DEPTH",
      perProfile(
        ({ orderDepth }) => orderDepth,
        (profile) => emptyOrders(profile).tree.root,
      ),
    ),
    byParameter(
      "EMPTY_POSITIONS_HASH",
      "M",
      perProfile(
        ({ series }) => series,
        (profile) => positionsHash(profile, fresh(profile).positions),
      ),
    ),
    "",
  ].join("\n");
}

const TEMPLATE: Readonly<Record<BoundKind, (profile: Profile) => string>> = {
  trade: (p) =>
    `TradeStep(${p.code}, ${p.lanes}, ${p.intents}, ${p.series}, ${p.scenarios.length}, ${p.underlyings}, ${p.accountDepth}, ${p.orderDepth}, ${p.bulkDepth})`,
  marks: (p) =>
    `MarksStep(${p.code}, ${p.series}, ${p.scenarios.length}, ${p.underlyings}, ${p.expiries}, ${p.oracles}, ${p.faults})`,
  board: (p) => `BoardStep(${p.code}, ${p.series}, ${p.underlyings}, ${p.oracles}, ${p.faults})`,
};

/** An instance of the American option's tree. */
export const americanInstance = (steps: number): string =>
  [
    DO_NOT_EDIT,
    "pragma circom 2.2.2;",
    "",
    'include "pricing/american.circom";',
    "",
    `component main {public [spot, strike, years, vol, rate, yield, isPut]} = American(${steps});`,
    "",
  ].join("\n");

/** `circuits/instances/american.circom` and `circuits/instances/<kind>-<profile>.circom`. */
export const circomInstances = (): readonly { readonly path: string; readonly text: string }[] => [
  { path: "circuits/instances/american.circom", text: americanInstance(TREE.steps) },
  ...profiles.flatMap((profile) =>
    BOUND_KINDS.map((kind) => ({
      path: `circuits/instances/${kind}-${profile.name}.circom`,
      text: [
        DO_NOT_EDIT,
        "pragma circom 2.2.2;",
        "",
        `include "${kind}/step.circom";`,
        "",
        `// ${wordCapacity(kind, profile).used} words in ${wordCapacity(kind, profile).padded} places; the chain starts at ${chainStart(kind, profile)}.`,
        `component main {public [c, z, y]} = ${TEMPLATE[kind](profile)};`,
        "",
      ].join("\n"),
    })),
  ),
];

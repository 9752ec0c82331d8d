/**
 * Arithmetic templates whose constraints are deleted one by one, with honest inputs that between them need every constraint.
 * Templates with selectors (segments, mantissas) are not among them: what breaks them moves three wires at once, or takes inputs that
 * are no integers, and the search does neither; the lies of their own tests do.
 * @module
 */
import { toField } from "#protocol/field.ts";
import { EDGE } from "#protocol/greeks.ts";
import { FULL, PRECISION, VALUE_BITS } from "#protocol/precision.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { type Circuit, circuit } from "./circuit.ts";

export type Subject = { readonly build: () => Promise<Circuit>; readonly inputs: readonly CircuitInput[] };

const plain = (
  file: string,
  template: string,
  params: readonly (bigint | number)[],
  ...inputs: CircuitInput[]
): Subject => ({
  build: () => circuit(file, template, params),
  inputs,
});
const probe = (file: string, source: string, ...inputs: CircuitInput[]): Subject => ({
  build: () => circuit(file, "Probe", [], { source, include: ["lib/uint.circom"] }),
  inputs,
});

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  FloorDiv: plain(
    "lib/division.circom",
    "FloorDiv",
    [1_000, 20],
    { in: 123_456n },
    { in: 999n },
    { in: (1_000n << 20n) - 1n },
  ),
  FloorDivInt: plain("lib/division.circom", "FloorDivInt", [1_000, 20], { in: toField(-123_456n) }, { in: 5n }),
  Divide: probe(
    "lib/division.circom",
    "template Probe() { signal input in, by; signal output q, r; (q, r) <== Divide(20)(in, Uint(12)(by)); }",
    { in: 123_456n, by: 789n },
    { in: 0n, by: 1n },
    { in: 4_094n, by: 4_095n },
  ),
  FloorSqrt: plain(
    "pricing/sqrt.circom",
    "FloorSqrt",
    [20],
    { in: 99_999n },
    { in: 1n << 20n },
    { in: 0n },
    { in: (1n << 20n) - 1n },
  ),
  FloorSqrtOf: plain("pricing/sqrt.circom", "FloorSqrtOf", [6, 12], { in: 99_999n }, { in: 4_096n }, { in: 4_095n }),
  AtLeast: plain(
    "pricing/compare.circom",
    "AtLeast",
    [20],
    { a: 3n, b: 4n },
    { a: 4n, b: 3n },
    { a: 4n, b: 4n },
    { a: 900_000n, b: 1n },
  ),
  IsWithin: plain(
    "pricing/compare.circom",
    "IsWithin",
    [PRECISION.vol + 3, EDGE.minVol, EDGE.maxVol],
    { x: 0n },
    { x: EDGE.minVol - 1n },
    { x: EDGE.minVol },
    { x: 1n << 40n },
    { x: EDGE.maxVol },
    { x: EDGE.maxVol + 1n },
    { x: (1n << 43n) - 1n },
  ),
  LogMoneyness: plain("pricing/ln.circom", "LogMoneyness", [], { lnForward: 3n << 200n, lnStrike: 7n << 199n }),
  PrepareStdev: probe(
    "pricing/time-value.circom",
    `template Probe() {
      signal input half; signal output coarse, fine, inverse;
      component stdev = PrepareStdev(${FULL.grid}, ${FULL.inverse}); stdev.half <== Uint(HALF_BITS())(half);
      coarse <== stdev.stdev.coarse; fine <== stdev.stdev.fine; inverse <== stdev.stdev.inverse;
    }`,
    { half: 123_456_789_012n },
    { half: 1n << 46n },
    { half: (1n << 51n) - 1n },
  ),
  Mark: plain(
    "pricing/black76.circom",
    "Mark",
    [VALUE_BITS.risk],
    { value: 0n },
    { value: 123_456_789n << 125n },
    { value: (1n << 150n) - 1n },
  ),
  IsStrikeAbove: plain(
    "pricing/black76.circom",
    "IsStrikeAbove",
    [92],
    { forward: 100n, strike: 92n },
    { forward: 1n, strike: 1n << 53n },
  ),
};

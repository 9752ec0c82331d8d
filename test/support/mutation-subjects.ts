/**
 * Arithmetic templates whose constraints are deleted one by one, with honest inputs, or lies, that between them need every
 * constraint. `Ln`, `Exp` and the distribution are a mantissa or a segment, and `Piecewise`.
 * @module
 */
import { toField } from "#protocol/field.ts";
import { EDGE } from "#protocol/greeks.ts";
import { FULL, PRECISION, VALUE_BITS } from "#protocol/precision.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { type Circuit, circuit } from "./circuit.ts";
import { mantissaLies, segmentLies } from "./selector-lies.ts";

export type Subject = {
  readonly build: () => Promise<Circuit>;
  readonly inputs: readonly CircuitInput[];
  readonly lies?: readonly CircuitInput[];
  /** Signals of components that are subjects themselves: constraints among them are left out. */
  readonly parts?: RegExp;
  /** Constraints, in words, that the template could do without. */
  readonly spare?: RegExp;
};

/** A template by itself. */
export const plain = (
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

const MANTISSA = { bits: 6, count: 4, width: 4 } as const;
const SEGMENTS = { count: 4, width: 5 } as const;
const segment = (bits: number): Subject => ({
  build: () =>
    circuit("pricing/piecewise.circom", "Probe", [SEGMENTS.count, SEGMENTS.width, bits], {
      source: `template Probe(COUNT, WIDTH, BITS) {
        signal input x, isIn[COUNT], low[BITS - 1];
        component segment = CheckSegmentOf(COUNT, WIDTH, BITS);
        segment.x <== x; segment.isIn <== isIn; segment.low <== low;
        var all = 0;
        for (var i = 0; i < COUNT; i++) all += segment.segment.isIn[i] * 2 ** i;
        for (var j = 0; j < WIDTH; j++) all += segment.segment.bit[j] * 2 ** (COUNT + j);
        signal output out <== all;
      }`,
    }),
  inputs: [{ x: 35n, isIn: [0n, 1n, 0n, 0n], low: Array.from({ length: bits - 1 }, (_, j) => (j < 2 ? 1n : 0n)) }],
  lies: segmentLies(SEGMENTS.count, SEGMENTS.width, bits),
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
  IsEqual: plain("lib/select.circom", "IsEqual", [], { a: 3n, b: 4n }, { a: 4n, b: 4n }),
  OneHot: plain("lib/select.circom", "OneHot", [3], { index: 0n }, { index: 1n }, { index: 2n }),
  AtLeast: plain(
    "pricing/compare.circom",
    "AtLeast",
    [20],
    { a: 3n, b: 4n },
    { a: 4n, b: 3n },
    { a: 4n, b: 4n },
    { a: 900_000n, b: 1n },
  ),
  Clamp: plain(
    "pricing/compare.circom",
    "Clamp",
    [20],
    { in: 3n, low: 4n, high: 9n },
    { in: 5n, low: 4n, high: 9n },
    { in: 4n, low: 4n, high: 4n },
    { in: 900_000n, low: 1n, high: 9n },
  ),
  PerpetualMark: plain(
    "marks/perpetual.circom",
    "PerpetualMark",
    [],
    { spot: 1n << 53n, impactMid: (1n << 53n) - 1n },
    { spot: 6_400_000_000_000n, impactMid: 6_500_000_000_000n },
    { spot: 6_400_000_000_000n, impactMid: 1n },
  ),
  FundingIndex: plain(
    "marks/perpetual.circom",
    "FundingIndex",
    [],
    { mark: 5n, fundingSum: toField(-123_456n) },
    { mark: 5n, fundingSum: 9n },
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
  CheckMantissa: {
    // Outputs that equal inputs would take their places in the constraints: so but one output, of all of them.
    build: () =>
      circuit("lib/uint.circom", "Probe", [MANTISSA.bits, MANTISSA.count, MANTISSA.width], {
        source: `template Probe(N, COUNT, WIDTH) {
          signal input x, isExponent[N], isIn[COUNT], low[WIDTH - 1];
          component mantissa = CheckMantissa(N, COUNT, WIDTH);
          mantissa.x <== x; mantissa.isExponent <== isExponent; mantissa.isIn <== isIn; mantissa.low <== low;
          var all = mantissa.out;
          for (var j = 0; j < WIDTH; j++) all += mantissa.bit[j] * 2 ** (N + j);
          signal output out <== all;
        }`,
      }),
    inputs: [{ x: 5n, isExponent: [0n, 0n, 1n, 0n, 0n, 0n], isIn: [0n, 1n, 0n, 0n], low: [0n, 0n, 0n] }],
    lies: mantissaLies(MANTISSA.bits, MANTISSA.count, MANTISSA.width),
  },
  CheckSegmentOf: segment(5),
  "CheckSegmentOf, with a place beyond": segment(7),
  Piecewise: probe(
    "pricing/piecewise.circom",
    `template Probe() {
      signal input isIn[3], bit[5], nudge; signal output out;
      component piece = Piecewise(3, 5, 3, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], [8, 8, 7]);
      piece.at.isIn <== isIn; piece.at.bit <== bit; piece.nudge <== nudge; out <== piece.out;
    }`,
    { isIn: [0n, 1n, 0n], bit: [1n, 0n, 1n, 1n, 0n], nudge: 0n },
  ),
  Locate: {
    ...plain(
      "pricing/time-value.circom",
      "Locate",
      [6, 4, 5, 7, 7],
      { logRatio: 70n, inverse: 20n, coarse: 43n },
      { logRatio: 70n, inverse: 20n, coarse: 17n },
      { logRatio: 640n, inverse: 20n, coarse: 3n },
    ),
    // Segments, which are a subject of their own.
    parts: /^(near|far)\./,
  },
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

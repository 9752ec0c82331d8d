import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { ProtocolError } from "#protocol/errors.ts";
import { bitLength, floorDiv, floorSqrt, segmentOf } from "#protocol/fixed-point.ts";
import {
  exp,
  ln,
  lnUnrounded,
  logMoneyness,
  normalDensity,
  normalSlope,
  normalTail,
  riskTail,
  volShock,
} from "#protocol/functions.ts";
import { MARK, PIECES, PRECISION, RISK_PRICE, SHOCK, STRIKE_BITS, VALUE_BITS } from "#protocol/precision.ts";
import { ERROR } from "#protocol/tables.ts";
import { tables } from "#scripts/generate-tables.ts";
import { cdf, density, fixed, type Real, real } from "#scripts/reference.ts";

const RUNS = { numRuns: 2_000 };
const below = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
/** As many small integers as large ones. */
const anySize = (bits: number) =>
  fc.integer({ min: 1, max: bits }).chain((n) => fc.bigInt({ min: 1n << BigInt(n - 1), max: (1n << BigInt(n)) - 1n }));
const near = (actual: Real, expected: Real, bound: number) => {
  const error = actual.minus(expected).abs();
  assert.ok(error.lte(bound), `off by ${error.toExponential(3)}, bound ${bound}`);
};

describe("tables", () => {
  it("are what their generator computes", () => assert.equal(readFileSync("protocol/tables.ts", "utf8"), tables()));
});

describe("fixed point", () => {
  it("divides towards minus infinity", () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 100n), max: 1n << 100n }), anySize(60), (dividend, divisor) => {
        const { quotient, remainder } = floorDiv(dividend, divisor);
        assert.equal(quotient * divisor + remainder, dividend);
        assert.ok(remainder >= 0n && remainder < divisor);
      }),
      {
        examples: [
          [-1n, 2n],
          [0n, 1n],
          [-4n, 2n],
        ],
      },
    ));

  it("takes the exact integer root", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anySize(200),
          below(20),
          anySize(100).map((n) => n * n),
          anySize(100).map((n) => n * n - 1n),
        ),
        (square) => {
          const root = floorSqrt(square);
          assert.ok(root * root <= square && square < (root + 1n) * (root + 1n));
        },
      ),
      RUNS,
    );
    assert.throws(() => floorSqrt(-1n), RangeError);
  });

  it("splits an argument into segment and offset", () =>
    fc.assert(
      fc.property(below(41), (x) => {
        const { index, offset } = segmentOf(x, PIECES.tail);
        assert.equal((BigInt(index) << BigInt(PIECES.tail.width)) + offset, x);
        assert.ok(index === PIECES.tail.count || (index < PIECES.tail.count && bitLength(offset) <= PIECES.tail.width));
      }),
      { examples: [[0n], [(8n << 20n) - 1n], [8n << 20n]] },
    ));
});

describe("ln", () => {
  it("is within its proved bound, and rounds down", () =>
    fc.assert(
      fc.property(anySize(STRIKE_BITS), (x) => {
        near(fixed(lnUnrounded(x), VALUE_BITS.log), real(x).ln(), ERROR.log.proved);
        near(
          fixed(ln(x), PRECISION.log),
          real(x)
            .ln()
            .minus(2 ** -49),
          ERROR.log.proved + 2 ** -49,
        );
      }),
      { ...RUNS, examples: [[1n], [2n], [3n], [(1n << 53n) - 1n], [(1n << 54n) - 1n]] },
    ));

  it("of a moneyness is within (-2.5, 1.5) units of 2^-48", () =>
    fc.assert(
      fc.property(anySize(STRIKE_BITS), anySize(STRIKE_BITS), (forward, strike) => {
        const exact = real(strike).div(real(forward)).ln();
        near(fixed(logMoneyness(forward, strike), PRECISION.log), exact.minus(2 ** -49), 2 ** -47);
      }),
      RUNS,
    ));

  it("refuses what it does not cover", () => {
    for (const x of [0n, -1n, 1n << BigInt(STRIKE_BITS)]) {
      assert.throws(
        () => ln(x),
        (error: unknown) => error instanceof ProtocolError && error.code === "OutOfRange",
      );
    }
  });
});

describe("normal distribution", () => {
  const END = BigInt(PIECES.tail.count) << BigInt(PIECES.tail.width);
  const edges = Array.from({ length: PIECES.tail.count }, (_, i) => BigInt(i) << BigInt(PIECES.tail.width)).flatMap(
    (x): [bigint][] => [[x], [x + (1n << BigInt(PIECES.tail.width)) - 1n]],
  );
  const argument = fc.bigInt({ min: 0n, max: END - 1n });

  it("has tail, density and slope within their proved bounds", () =>
    fc.assert(
      fc.property(argument, (x) => {
        const at = segmentOf(x, PIECES.tail);
        const exact = fixed(x, MARK.grid);
        near(fixed(normalTail(at), VALUE_BITS.tail), cdf(exact.neg()), ERROR.tail.proved);
        near(fixed(normalDensity(at), VALUE_BITS.density), density(exact), ERROR.density.proved);
        near(fixed(normalSlope(at), VALUE_BITS.slope), density(exact), ERROR.slope.proved);
      }),
      { ...RUNS, examples: edges },
    ));

  it("has a tail for scenarios within its proved bound", () => {
    const { count, width } = PIECES.risk;
    const end = BigInt(count) << BigInt(width);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: end - 1n }), (x) =>
        near(
          fixed(riskTail(segmentOf(x, PIECES.risk)), VALUE_BITS.risk),
          cdf(fixed(-x, RISK_PRICE.grid)),
          ERROR.risk.proved,
        ),
      ),
      RUNS,
    );
    near(cdf(fixed(-end, RISK_PRICE.grid)), real(0), 5e-11);
  });

  it("is positive up to 8, where tail and density end", () => {
    fc.assert(
      fc.property(argument, (x) => {
        const segment = segmentOf(x, PIECES.tail);
        assert.ok(normalTail(segment) > 0n && normalDensity(segment) > 0n);
      }),
      { ...RUNS, examples: edges },
    );
    const beyond = segmentOf(END, PIECES.tail);
    assert.deepEqual([normalTail(beyond), normalDensity(beyond), normalSlope(beyond)], [0n, 0n, 0n]);
    near(cdf(real(-8)), real(0), 7e-16);
  });
});

describe("volatility shock", () => {
  it("has an exponential within its proved bound", () =>
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (11n << BigInt(PRECISION.exponent)) / 10n }), (x) =>
        near(fixed(exp(x), VALUE_BITS.exp), fixed(x, PRECISION.exponent).exp(), ERROR.exp.proved),
      ),
      RUNS,
    ));

  it("is 25 % (30 days / time)^0.3 within 25 % and 75 %, to 3e-10", () => {
    const expected = (seconds: bigint) => {
      const scaled = real(SHOCK.longSeconds).div(real(seconds)).pow("0.3").div(4);
      return scaled.lt("0.25") ? real("0.25") : scaled.gt("0.75") ? real("0.75") : scaled;
    };
    fc.assert(
      fc.property(anySize(33), (seconds) => near(fixed(volShock(seconds), PRECISION.shock), expected(seconds), 3e-10)),
      {
        ...RUNS,
        examples: [
          [SHOCK.shortSeconds],
          [SHOCK.shortSeconds + 1n],
          [SHOCK.longSeconds],
          [SHOCK.longSeconds - 1n],
          [1n],
        ],
      },
    );
  });
});

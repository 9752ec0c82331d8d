import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DEVNET_LEVERAGE_PPM, DEVNET_RISK } from "#protocol/genesis.ts";
import { initialMargin, type Risk, riskOf } from "#protocol/margin.ts";
import { emptyMarks, type Marks } from "#protocol/marks.ts";
import { PROFILE, SCALE } from "#protocol/params.ts";
import { slotMarks } from "#protocol/scenarios.ts";

const profile = PROFILE.devnet;
const CALL = 0;
const PERPETUAL = profile.series - 1;
const ONE = 1n << BigInt(SCALE.fractionBits);
const parameters = { ...DEVNET_RISK, leveragePpm: [DEVNET_LEVERAGE_PPM], oracles: [] };

const text = readFileSync(new URL("../../docs/risk.md", import.meta.url), "utf8");
/** The document's table by row, one cell per column. */
const rows = new Map(
  [...text.matchAll(/^\| ([^|]+) \|([^|]+)\|([^|]+)\|([^|]+)\|$/gm)].map(
    ([, name = "", ...cells]) => [name.trim(), cells.map((cell) => cell.trim())] as const,
  ),
);

/** Cents to text, towards negative infinity for what is positive and towards zero for what is not. */
const cents = (value: bigint, perCent: bigint): string => {
  const magnitude = (value < 0n ? -value : value) / perCent;
  return `${value < 0n ? "−" : ""}${magnitude / 100n}.${(magnitude % 100n).toString().padStart(2, "0")}`;
};

function marksAt(spotUsd: bigint, volPercent: bigint, days: bigint): Marks {
  const empty = emptyMarks(profile);
  const spot = spotUsd * SCALE.spot;
  const mark = spotUsd * SCALE.mark;
  const call = slotMarks(profile, {
    kind: "call",
    strike: 68_000n * SCALE.spot,
    forward: spot,
    discount: ONE,
    variance: (volPercent * volPercent * days * ONE + 1_825_000n) / 3_650_000n,
    seconds: days * 86_400n,
  });
  const perpetual = {
    mark,
    prices: profile.scenarios.map(({ forwardPercent }) => (mark * BigInt(100 + forwardPercent)) / 100n),
  };
  return {
    ...empty,
    underlyings: empty.underlyings.map((each) => ({ ...each, spot })),
    slots: empty.slots.with(CALL, call).with(PERPETUAL, perpetual),
  };
}

const riskAt = (marks: Marks, cashUsd: bigint, centsMore: bigint, callLots: bigint): Risk =>
  riskOf(profile, marks, parameters, {
    cash: cashUsd * SCALE.cash + centsMore * (SCALE.cash / 100n),
    sizes: profile.scenarios.map((_, slot) => (slot === CALL ? -callLots : slot === PERPETUAL ? 10_000n : 0n)),
  });

describe("docs/risk.md", () => {
  const calm = marksAt(64_000n, 60n, 30n);
  const crash = marksAt(80_000n, 80n, 29n);
  const columns = [
    { marks: calm, risk: riskAt(calm, 24_000n, 0n, 20_000n) },
    { marks: crash, risk: riskAt(crash, 40_000n, 0n, 20_000n) },
    // 0.5 BTC at 14,343, and a penalty of 0.5 % of 40,000.
    { marks: crash, risk: riskAt(crash, 32_628n, 50n, 15_000n) },
  ];
  const USDC_CENT = SCALE.equityPerCash * (SCALE.cash / 100n);
  const MARGIN_CENT = USDC_CENT * SCALE.marginPerEquity;
  const shown: readonly (readonly [string, (at: (typeof columns)[number]) => string])[] = [
    ["mark of the call", ({ marks }) => cents(marks.slots[CALL]?.mark ?? 0n, SCALE.mark / 100n)],
    ["equity", ({ risk }) => cents(risk.equity, USDC_CENT)],
    ["loss in it", ({ risk }) => cents(risk.worst[0]?.loss ?? 0n, USDC_CENT)],
    ["maintenance margin", ({ risk }) => cents(risk.maintenance, MARGIN_CENT)],
    ["initial margin", ({ risk }) => cents(initialMargin(risk), MARGIN_CENT)],
    ["health", ({ risk }) => cents(risk.health, MARGIN_CENT)],
    ["surplus", ({ risk }) => cents(risk.surplus, MARGIN_CENT * 4n * SCALE.surplusPerMargin)],
    [
      "worst scenario",
      ({ risk }) => {
        const { forwardPercent, vol } = profile.scenarios[risk.worst[0]?.scenario ?? -1] ?? {
          forwardPercent: 0,
          vol: "?",
        };
        return `${forwardPercent < 0 ? "−" : "+"}${Math.abs(forwardPercent)} %, ${vol}`;
      },
    ],
  ];

  for (const [name, of] of shown) {
    it(`prints the ${name} that the specification computes`, () => {
      assert.deepEqual(rows.get(name), columns.map(of));
    });
  }

  it("states the devnet's parameters", () => {
    const percent = (ppm: bigint) => `${Number(ppm) / 10_000} %`;
    for (const name of ["contingencyPpm", "sizePpm", "priceBandPpm", "penaltyPpm", "fundingCapPpm"] as const)
      assert.ok(text.includes(`| \`${name}\` | ${percent(DEVNET_RISK[name])} |`), name);
    assert.ok(text.includes(`| \`leveragePpm\` | ${percent(DEVNET_LEVERAGE_PPM)} |`));
    assert.ok(text.includes(`| \`epsilonPpm\` | ${DEVNET_RISK.epsilonPpm} ppm |`));
    assert.ok(text.includes(`| \`liquidationCap\` | ${DEVNET_RISK.liquidationCap.toLocaleString("en-US")} USDC |`));
  });
});

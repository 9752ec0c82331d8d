/**
 * `npm run bench:circuits [-- --mainnet]`: constraints of every instance, per template, and the marginal cost of one more
 * intent and one more lane. Linear constraints count like the others.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SPONGE_RATE, wordCapacity } from "#protocol/binding.ts";
import { PROFILE, type Profile, STEP_KIND } from "#protocol/params.ts";
import { compile, REPOSITORY } from "#prover/compile.ts";
import { update } from "../fingerprints.ts";
import { type Row, report } from "./report.ts";

const LIMIT = { trade: 262_144, marks: 131_072, board: 131_072 } as const;
const MAINNET_LIMIT = 4_194_304;
const INTENT_CONSTRAINTS = 10_500;
const LANE_CONSTRAINTS = 14_000;
const MARGIN_CONSTRAINTS = 3_000;
const COMPILE_SECONDS = 60;
const WORD_CONSTRAINTS = 45;
const FOLDER = join(REPOSITORY, ".provega", "bench");

type Measured = {
  readonly nonLinear: number;
  readonly linear: number;
  readonly total: number;
  readonly seconds: number;
};

async function measure(file: string): Promise<Measured> {
  const started = performance.now();
  const { constraints } = await compile(file, FOLDER);
  return {
    ...constraints,
    total: constraints.nonLinear + constraints.linear,
    seconds: (performance.now() - started) / 1000,
  };
}

/**
 * Constraints of one template on its own. A `main` has no tagged inputs: `inputs` declares those of a template that has, `{bits}` where
 * they are tagged; their range checks are not counted.
 */
async function template(include: string, expression: string, inputs: readonly string[] = []): Promise<Measured> {
  const name = expression.replace(/\W+/g, "-");
  const wires = inputs.map((input) => {
    const [, tag = "", signal = "", size = ""] = /^(\{bits\} )?(\w+)(.*)$/.exec(input) ?? [];
    if (tag === "") return `signal input ${input}; part.${signal} <== ${signal};`;
    return `signal input raw${size}; signal ${input}; ${signal}.bits = 1; ${signal} <== raw; part.${signal} <== ${signal};`;
  });
  const probe = `template Probe() { component part = ${expression}; ${wires.join(" ")} }\n`;
  const [declared, main] = inputs.length === 0 ? ["", expression] : [probe, "Probe()"];
  const file = join(FOLDER, `${name}.circom`);
  writeFileSync(file, `pragma circom 2.2.2;\ninclude "${include}";\n${declared}component main = ${main};\n`);
  return measure(file);
}

const trade = (p: Profile): string =>
  `TradeStep(${p.code}, ${p.lanes}, ${p.intents}, ${p.series}, ${p.scenarios.length}, ${p.underlyings}, ${p.accountDepth}, ${p.orderDepth}, ${p.bulkDepth})`;

/** Margin of an account whose positions and marks are ranged: exposure, worst loss, surplus. */
async function margin(series: number, scenarios: number): Promise<Measured> {
  const file = join(FOLDER, "margin.circom");
  writeFileSync(
    file,
    `pragma circom 2.2.2;
include "trade/margin.circom";
template Probe(M, S) {
  input Prices(M, S) prices;
  input Charges(1) charges;
  signal input cash, size[M], magnitude[M], isWorst[S];
  signal equity, losses[1][S];
  (equity, losses) <== Exposure(M, S, 1)(prices, cash, size);
  signal loss <== CheckWorstLoss(S, LOSS_BITS(M))(losses[0], isWorst);
  signal output surplus;
  (_, _, surplus) <== Risk(M, 1)(charges, equity, [loss], size, magnitude);
}
component main = Probe(${series}, ${scenarios});
`,
  );
  return measure(file);
}

async function parts(p: Profile): Promise<readonly Row[]> {
  const S = p.scenarios.length;
  const { used, padded } = wordCapacity("trade", p);
  const path = (depth: number) => [`{bits} digits[${2 * depth}]`, `children[${depth}][4]`, "leafBefore", "leafAfter"];
  const named: readonly (readonly [string, string, string, (readonly string[])?])[] = [
    [
      "signature of an intent",
      "lib/signature.circom",
      "EdDSAPoseidon()",
      ["{bits} enabled", "key[2]", "message", "r8[2]", "s"],
    ],
    ["message of an intent", "trade/intent.circom", "IntentMessage()"],
    ["path of a bulk signature", "trade/intent.circom", `SignedMessage(${p.bulkDepth})`],
    ["session keys: which one signs", "trade/session.circom", "Signer()"],
    ["session keys: what it may sign", "trade/session.circom", `Limits(${p.underlyings})`],
    ["spreads: up to four legs", "trade/legs.circom", `Legs(${p.series}, ${p.underlyings})`],
    ["limit, discount and price band", "trade/execute.circom", "CheckPrice()"],
    ["fee or penalty", "trade/execute.circom", "CheckFee()"],
    ["order slot", "trade/execute.circom", "CheckOrderSlotUpdate()"],
    ["path in the order tree, both roots", "lib/merkle.circom", `UpdatePath(${p.orderDepth})`, path(p.orderDepth)],
    [
      "one intent place",
      "trade/execute.circom",
      `Execute(${p.series}, ${p.underlyings}, ${p.orderDepth}, ${p.bulkDepth})`,
    ],
    [
      "path in the accounts tree, both roots",
      "lib/merkle.circom",
      `UpdatePath(${p.accountDepth})`,
      path(p.accountDepth),
    ],
    ["request of a lane", "trade/request.circom", `Request(${p.series}, ${p.orderDepth})`],
    ["keys, one hash", "state/account.circom", "KeysRoot()"],
    ["accrual of a lane", "trade/accrue.circom", `Accrue(${p.series})`],
    ["liquidation record of a lane", "trade/liquidation.circom", "LiquidationRecord()"],
    ["positions, one hash", "state/account.circom", `PositionsHash(${p.series})`],
    ["exposure, one evaluation", "trade/margin.circom", `Exposure(${p.series}, ${S}, ${p.underlyings})`],
    ["worst loss", "trade/margin.circom", `CheckWorstLoss(${S}, LOSS_BITS(${p.series / p.underlyings}))`],
    ["margins, one evaluation", "trade/margin.circom", `Risk(${p.series}, ${p.underlyings})`],
    [
      "one lane",
      "trade/lane.circom",
      `Lane(${p.intents}, ${p.series}, ${S}, ${p.underlyings}, ${p.accountDepth}, ${p.orderDepth}, ${p.bulkDepth})`,
    ],
    ["status of a slot", "trade/board.circom", "CheckStatus()"],
    ["open interest of a slot", "trade/board.circom", "CheckOpenInterest()"],
    ["write-off of a step", "trade/board.circom", `CheckWriteOff(${1 + 2 * p.series})`],
    ["marks, one hash", "state/marks.circom", `ValuesHash(${p.series})`],
    ["scenario prices, one hash", "state/marks.circom", `PricesHash(${p.series}, ${S})`],
    ["signatures of a quorum", "marks/quorum.circom", `Quorum(${p.oracles}, ${p.faults})`],
    ["median of the spots", "marks/step.circom", `Median(${p.oracles}, FORWARD_BITS())`],
    ["binding of the words", "state/binding.circom", `BindWords(${STEP_KIND.trade}, ${p.code}, ${used})`],
  ];
  const rows: Row[] = [];
  for (const [what, include, expression, inputs] of named) {
    const { nonLinear, linear, total } = await template(include, expression, inputs);
    rows.push({ what: `  ${what}: ${expression} (${nonLinear} + ${linear} linear)`, value: total });
    if (what === "binding of the words") {
      const perWord = total / padded;
      rows.push({
        what: `  binding, per word of its ${padded / SPONGE_RATE} permutations`,
        value: perWord.toFixed(1),
        target: `<= ${WORD_CONSTRAINTS}`,
        ok: perWord <= WORD_CONSTRAINTS,
      });
    }
  }
  return rows;
}

mkdirSync(FOLDER, { recursive: true });
const rows: Row[] = [];
const measured: { name: string; constraints: { nonLinear: number; linear: number } }[] = [];
const profiles = process.argv.includes("--mainnet")
  ? (["tiny", "devnet", "mainnet"] as const)
  : (["tiny", "devnet"] as const);
for (const name of profiles) {
  for (const kind of ["trade", "marks", "board"] as const) {
    process.stderr.write(`compiling ${kind}-${name}\n`);
    const { nonLinear, linear, total, seconds } = await measure(`circuits/instances/${kind}-${name}.circom`);
    measured.push({ name: `${kind}-${name}`, constraints: { nonLinear, linear } });
    const what = `${kind}-${name} (${nonLinear} + ${linear} linear)`;
    const limit = name === "devnet" ? LIMIT[kind] : name === "mainnet" && kind === "trade" ? MAINNET_LIMIT : null;
    rows.push(limit ? { what, value: total, target: `< ${limit}`, ok: total < limit } : { what, value: total });
    const spent = { what: `${kind}-${name}, seconds to compile`, value: seconds.toFixed(1) };
    rows.push(
      name === "devnet" ? { ...spent, target: `<= ${COMPILE_SECONDS}`, ok: seconds <= COMPILE_SECONDS } : spent,
    );
  }
}
const { devnet } = PROFILE;
const base = (await template("trade/step.circom", trade(devnet))).total;
const moreIntents = (await template("trade/step.circom", trade({ ...devnet, intents: devnet.intents + 1 }))).total;
const moreLanes = (await template("trade/step.circom", trade({ ...devnet, lanes: devnet.lanes + 1 }))).total;
const intent = Math.round((moreIntents - base) / devnet.lanes);
const lane = moreLanes - base - devnet.intents * intent;
const evaluation = (await margin(64, 16)).total;
rows.push(
  {
    what: "trade-devnet, one more intent",
    value: intent,
    target: `<= ${INTENT_CONSTRAINTS}`,
    ok: intent <= INTENT_CONSTRAINTS,
  },
  {
    what: "trade-devnet, one more lane without intents",
    value: lane,
    target: `<= ${LANE_CONSTRAINTS}`,
    ok: lane <= LANE_CONSTRAINTS,
  },
  {
    what: "margin of an account, 64 series, 16 scenarios, one underlying",
    value: evaluation,
    target: `<= ${MARGIN_CONSTRAINTS}`,
    ok: evaluation <= MARGIN_CONSTRAINTS,
  },
);
rows.push({ what: "parts of trade-devnet:", value: "" }, ...(await parts(devnet)));
if (process.argv.includes("--update")) update(measured);
report("Constraints (for comparison: Hermez 54,404 per marginal transfer, Loopring about 130,000 per trade)", rows);

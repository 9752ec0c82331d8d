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

const LIMIT = 131_072;
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
  `TradeStep(${p.code}, ${p.lanes}, ${p.intents}, ${p.series}, ${p.scenarios.length}, ${p.underlyings}, ${p.accountDepth}, ${p.orderDepth})`;

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
    ["path in the order tree, both roots", "lib/merkle.circom", `UpdatePath(${p.orderDepth})`, path(p.orderDepth)],
    ["one intent place", "trade/execute.circom", `Execute(${p.series}, ${p.orderDepth})`],
    ["price band of an intent", "trade/execute.circom", `PriceBand(${p.series}, ${p.underlyings})`],
    [
      "path in the accounts tree, both roots",
      "lib/merkle.circom",
      `UpdatePath(${p.accountDepth})`,
      path(p.accountDepth),
    ],
    ["request of a lane", "trade/request.circom", `Request(${p.series}, ${p.orderDepth})`],
    ["positions, one hash", "state/account.circom", `PositionsHash(${p.series})`],
    ["exposure, one evaluation", "trade/margin.circom", `Exposure(${p.series}, ${S}, ${p.underlyings})`],
    ["worst loss", "trade/margin.circom", `CheckWorstLoss(${S}, LOSS_BITS(${p.series}) + 1)`],
    [
      "one lane",
      "trade/lane.circom",
      `Lane(${p.intents}, ${p.series}, ${S}, ${p.underlyings}, ${p.accountDepth}, ${p.orderDepth})`,
    ],
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
  for (const kind of ["trade", "marks"] as const) {
    process.stderr.write(`compiling ${kind}-${name}\n`);
    const { nonLinear, linear, total, seconds } = await measure(`circuits/instances/${kind}-${name}.circom`);
    measured.push({ name: `${kind}-${name}`, constraints: { nonLinear, linear } });
    const what = `${kind}-${name} (${nonLinear} + ${linear} linear)`;
    rows.push(
      name === "devnet" ? { what, value: total, target: `< ${LIMIT}`, ok: total < LIMIT } : { what, value: total },
    );
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
rows.push({ what: "trade-devnet, one more intent", value: Math.round((moreIntents - base) / devnet.lanes) });
rows.push({ what: "trade-devnet, one more lane with its two intents", value: moreLanes - base });
rows.push({ what: "parts of trade-devnet:", value: "" }, ...(await parts(devnet)));
if (process.argv.includes("--update")) update(measured);
report("Constraints (for comparison: Hermez 54,404 per marginal transfer, Loopring about 130,000 per trade)", rows);

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PRODUCT = ["protocol", "native", "prover", "rollup-node", "market", "simulate", "cli"];
const FOLDERS = [...PRODUCT, "scripts", "test"];
/** Started by name and not by an import: nothing may point at them, and they may need nothing of ours. */
const STANDALONE = [
  "^scripts/postinstall\\.mjs$",
  "^native/build\\.mjs$",
  "^native/test-sanitized\\.mjs$",
  "^native/fuzz/",
  "^test/support/hooks\\.ts$",
  "^test/support/reporter\\.ts$",
  "\\.d\\.ts$",
];

/** Folders by the arrows they may have; a folder always sees itself. */
const SEES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  native: ["protocol"],
  prover: ["protocol", "native"],
  "rollup-node": ["protocol", "native", "prover"],
  market: ["protocol", "prover", "rollup-node"],
  simulate: ["protocol", "prover", "rollup-node", "market"],
  cli: PRODUCT.concat("scripts"),
  scripts: PRODUCT.filter((folder) => folder !== "cli"),
  test: FOLDERS,
};

const RULES = {
  forbidden: [
    { name: "no-cycle", from: {}, to: { circular: true } },
    { name: "no-orphan", from: { orphan: true, pathNot: STANDALONE }, to: {} },
    { name: "resolves", from: {}, to: { couldNotResolve: true } },
    {
      name: "ships-what-it-needs",
      from: { path: `^(${PRODUCT.join("|")})/` },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"] },
    },
    { name: "protocol-is-pure", from: { path: "^protocol/" }, to: { dependencyTypes: ["core"] } },
    { name: "engine-is-pure", from: { path: "^rollup-node/engine/" }, to: { dependencyTypes: ["core", "npm"] } },
    {
      name: "engine-sees-protocol",
      from: { path: "^rollup-node/engine/" },
      to: { path: `^(${FOLDERS.join("|")})/`, pathNot: "^(protocol|rollup-node/engine)/" },
    },
    ...Object.entries(SEES).map(([folder, seen]) => ({
      name: `${folder}-sees-${seen.join("-") || "nothing"}`,
      from: { path: `^${folder}/` },
      to: { path: `^(${FOLDERS.join("|")})/`, pathNot: `^(${[folder, ...seen].join("|")})/` },
    })),
  ],
} as const satisfies IFlattenedRuleSet;

const read = (pattern: string): { path: string; text: string }[] =>
  globSync(pattern, { cwd: ROOT }).map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, "utf8") }));

/** Comments blanked, so that a word in prose counts for nothing. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

/** Name and body of every template of a circom source. */
function templates(source: string): { name: string; body: string }[] {
  const heads = [...code(source).matchAll(/^\s*template\s+(?:custom\s+|parallel\s+)*(\w+)/gm)];
  return heads.map((head, i) => ({
    name: head[1] ?? "",
    body: code(source).slice(head.index, heads[i + 1]?.index),
  }));
}

describe("architecture", () => {
  const circuits = read("circuits/**/*.circom");
  const handWritten = circuits.filter(({ path }) => !path.startsWith("circuits/generated/"));
  const tests = read("test/**/*.ts");

  it("keeps to the arrows between folders, without cycles and orphans", async function () {
    this.slow(20_000);
    const present = FOLDERS.filter((folder) => globSync(`${folder}/**/*.{ts,mjs}`, { cwd: ROOT }).length > 0);
    const { output } = await cruise(
      present,
      {
        baseDir: ROOT,
        ruleSet: RULES,
        validate: true,
        doNotFollow: { path: "node_modules" },
        tsPreCompilationDeps: true,
        parser: "tsc",
      },
      {
        exportsFields: ["exports"],
        conditionNames: ["import", "node", "default"],
        extensions: [".ts", ".mjs", ".js", ".cjs", ".json", ".d.ts"],
      },
    );
    const { modules, summary } = output as ICruiseResult;
    assert.ok(
      modules.some(({ dependencies }) => dependencies.some(({ resolved }) => resolved === "protocol/params.ts")),
    );
    assert.deepEqual(
      summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
      [],
    );
  });

  it("runs every file that describes a test", () => {
    const missed = tests.filter(({ path, text }) => /^\s*describe\(/m.test(text) && !path.endsWith(".test.ts"));
    assert.deepEqual(
      missed.map(({ path }) => path),
      [],
    );
  });

  it("names every template in a test", () => {
    const words = new Set(tests.flatMap(({ text }) => code(text).match(/\w+/g) ?? []));
    const names = handWritten.flatMap(({ text }) => templates(text).map(({ name }) => name));
    assert.deepEqual(
      names.filter((name) => !words.has(name)),
      [],
    );
  });

  it("grants the bits tag in one place only", () => {
    const granting = circuits.filter(({ text }) => /\.bits\s*=(?!=)/.test(code(text)));
    assert.deepEqual(
      granting.map(({ path }) => path).filter((path) => path !== "circuits/lib/uint.circom"),
      [],
    );
  });

  it("takes advice only outside the templates that check it", () => {
    const all = circuits.flatMap(({ text }) => templates(text));
    const advised = all.filter(({ name, body }) => name.startsWith("Check") && /<--|-->/.test(body));
    assert.deepEqual(
      advised.map(({ name }) => name),
      [],
    );
  });

  it("instantiates circuits under circuits/instances only", () => {
    const mains = circuits.filter(({ text }) => /\bcomponent\s+main\b/.test(code(text)));
    assert.deepEqual(
      mains.map(({ path }) => path).filter((path) => !path.startsWith("circuits/instances/")),
      [],
    );
  });
});

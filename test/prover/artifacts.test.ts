import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { publish } from "#prover/artifact-store.ts";
import {
  type Artifact,
  type ArtifactOptions,
  type Artifacts,
  loadArtifacts,
  prepareCircuits,
} from "#prover/artifacts.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { CHAINS, FIXTURES, refusal, scratch } from "./support.ts";

describe("artifacts", () => {
  const folder = scratch("artifacts");
  const options: ArtifactOptions = { ...FIXTURES, folder };
  let artifacts: Artifacts;
  const of = (name: string) => artifacts[name] as Artifact;
  const load = () => loadArtifacts(CHAINS, options);
  const flip = (path: string, at = statSync(path).size >> 1) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.with(at, (bytes[at] as number) ^ 1));
  };

  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await prepareCircuits(CHAINS, FIXTURES);
    cpSync(join(REPOSITORY, FIXTURES.folder as string), folder, { recursive: true });
    artifacts = await load();
  });

  it("are made once, then found by what they were made from", async () => {
    rmSync(folder, { recursive: true });
    await assert.rejects(load(), refusal("ArtifactMissing", /manifest\.json does not exist/));
    const seen = new Set<string>();
    const made = await prepareCircuits(CHAINS, { ...options, progress: (phase) => seen.add(phase) });
    assert.deepEqual(
      [...seen].filter((phase) => !phase.startsWith("key")),
      CHAINS.map((name) => `compile ${name}`),
    );

    const again = await prepareCircuits(CHAINS, {
      ...options,
      progress: (phase) => assert.fail(`${phase} was done again`),
    });
    assert.deepEqual(again, made);
    assert.deepEqual(await load(), made);
    const { constraints, wires, kind, zkey } = made["chain-long"] as Artifact;
    assert.deepEqual(
      { constraints, wires, kind },
      { constraints: { nonLinear: 100, linear: 0 }, wires: 104, kind: "dev-insecure" },
    );
    assert.match(readFileSync(join(dirname(zkey), "manifest.json"), "utf8"), /"warning": "INSECURE DEV KEY/);
  });

  it("of a changed source are others", async () => {
    const sources = ".provega/test-prover/changed";
    cpSync(join(REPOSITORY, FIXTURES.sources as string), join(REPOSITORY, sources), { recursive: true });
    const [before] = Object.values(await prepareCircuits(["chain-short"], { ...options, sources })) as [Artifact];
    appendFileSync(join(REPOSITORY, sources, "chain.circom"), "// one more comment\n");
    const [after] = Object.values(await prepareCircuits(["chain-short"], { ...options, sources })) as [Artifact];
    rmSync(join(REPOSITORY, sources), { recursive: true });
    assert.notEqual(before.wasm, after.wasm);
    assert.equal(before.zkey, after.zkey, "the constraints are the same, so is their key");
  });

  it("that the compiler can make again are compiled again when damaged", async () => {
    const { wasm, r1cs } = of("chain-short");
    for (const path of [wasm, r1cs, join(dirname(wasm), "manifest.json")]) {
      flip(path, 0);
      await assert.rejects(load(), refusal("ArtifactCorrupt", new RegExp(basename(path))));
      assert.deepEqual(await prepareCircuits(CHAINS, options), artifacts);
      assert.deepEqual(await load(), artifacts);
    }
  });

  it("that are keys are refused when damaged, and never made anew", async () => {
    const { zkey } = of("chain-short");
    const vkey = zkey.replace(/zkey$/, "vkey.json");
    for (const path of [zkey, vkey]) {
      for (const damage of [() => flip(path), () => appendFileSync(path, "\0"), () => writeFileSync(path, "")]) {
        const original = readFileSync(path);
        damage();
        await assert.rejects(load(), refusal("ArtifactCorrupt", /is not the file of its manifest/));
        await assert.rejects(prepareCircuits(CHAINS, options), refusal("ArtifactCorrupt"));
        writeFileSync(path, original);
      }
    }
    rmSync(zkey);
    await assert.rejects(prepareCircuits(CHAINS, options), refusal("ArtifactMissing", /chain-short\.zkey/));
  });

  it("that are keys serve no other circuit", async () => {
    const [short, long] = [of("chain-short").zkey, of("chain-long").zkey];
    const manifest = join(dirname(short), "manifest.json");
    const record = JSON.parse(readFileSync(manifest, "utf8"));
    writeFileSync(short, readFileSync(long));
    record.circuits["chain-short"].zkey = record.circuits["chain-long"].zkey;
    writeFileSync(manifest, JSON.stringify(record));
    await assert.rejects(load(), refusal("ArtifactCorrupt", /key of 104 wires, not a dev-insecure key of 9/));

    delete record.circuits["chain-short"];
    writeFileSync(manifest, JSON.stringify(record));
    await assert.rejects(load(), refusal("ArtifactCorrupt", /no key for the circuit chain-short/));
  });

  it("do not exist for circuits that do not", async () => {
    for (const name of ["chain-endless", "../fixtures/chain-short", "", "chain"])
      await assert.rejects(prepareCircuits([name], { ...options, sources: "test/prover" }), refusal("UnknownInstance"));
  });
});

describe("publish", () => {
  const folder = scratch("publish");

  it("leaves nothing when the work fails half-way", async () => {
    const target = join(folder, "failed", "result");
    const work = publish(target, async (staging) => {
      writeFileSync(join(staging, "half"), "half");
      throw new Error("disk full");
    });
    await assert.rejects(work, /disk full/);
    assert.deepEqual(readdirSync(join(folder, "failed")), []);
  });

  it("keeps the first of two results", async () => {
    const target = join(folder, "race", "result");
    const build = (text: string) => publish(target, async (staging) => writeFileSync(join(staging, "file"), text));
    await build("first");
    await build("second");
    assert.equal(readFileSync(join(target, "file"), "utf8"), "first");
    assert.deepEqual(readdirSync(join(folder, "race")), ["result"]);
  });

  it("clears away what dead processes left, and only that", async () => {
    const parent = join(folder, "sweep");
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    const [dead, alive] = [pid, process.pid].map((owner) => join(parent, `.staging-${owner}-77`)) as [string, string];
    for (const path of [dead, alive]) mkdirSync(path, { recursive: true });
    await publish(join(parent, "result"), async () => ({}));
    assert.deepEqual([existsSync(dead), existsSync(alive)], [false, true]);
  });
});

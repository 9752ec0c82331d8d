import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groth16 } from "snarkjs";
import {
  type Artifact,
  type ArtifactOptions,
  type Artifacts,
  compileCircuits,
  prepareCircuits,
} from "#prover/artifacts.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { makeCeremonyKeys, verifyCeremonyKey } from "#prover/setup/ceremony.ts";
import { openPtau, requirePower } from "#prover/setup/ptau.ts";
import { keyToSnarkjs, proofToSnarkjs } from "#prover/verifying-key.ts";
import { CHAINS, chainInput, FIXTURES, forge, makePtau, refusal, scratch, testPtau } from "./support.ts";

describe("ceremony", () => {
  const folder = scratch("ceremony");
  let ptau: string;
  let artifacts: Artifacts;
  const options = (): ArtifactOptions => ({
    ...FIXTURES,
    folder,
    kind: "ceremony",
    ceremony: { ptau, allowUnlisted: true, contributor: "test", beacon: "0x0102030405060708090a0b0c0d0e0f10" },
  });
  const of = (name: string) => artifacts[name] as Artifact;

  before(async () => {
    ptau = await testPtau();
    artifacts = await prepareCircuits(CHAINS, options());
  });

  it("makes keys that snarkjs proves and verifies with", async () => {
    for (const chain of CHAINS) {
      const { wasm, zkey, verifyingKey, kind } = of(chain);
      assert.equal(kind, "ceremony");
      const { proof, publicSignals } = await groth16.fullProve(chainInput(chain), wasm, zkey);
      assert.equal(await groth16.verify(keyToSnarkjs(verifyingKey), publicSignals, proof), true);
    }
  });

  it("shares alpha, beta and gamma between the circuits of a deployment", () => {
    const [one, other] = [of("chain-short").verifyingKey, of("chain-long").verifyingKey];
    assert.deepEqual([one.alpha, one.beta, one.gamma], [other.alpha, other.beta, other.gamma]);
    assert.notDeepEqual(one.delta, other.delta);
  });

  it("withstands the forger (attack 1)", async () => {
    const lie = [1n, 2n, 3n];
    for (const chain of CHAINS) {
      const { verifyingKey } = of(chain);
      const forged = proofToSnarkjs(forge(verifyingKey, lie));
      assert.equal(await groth16.verify(keyToSnarkjs(verifyingKey), lie.map(String), forged), false);
    }
  });

  it("leaves keys that anyone can verify, and no intermediate file", async () => {
    const { zkey, r1cs } = of("chain-short");
    await verifyCeremonyKey({ r1cs, ptau, zkey });
    const files = readdirSync(join(zkey, ".."));
    assert.deepEqual(
      files.filter((name) => !/^(chain-(short|long)\.(zkey|vkey\.json)|manifest\.json)$/.test(name)),
      [],
    );
    await assert.rejects(
      verifyCeremonyKey({ r1cs: of("chain-long").r1cs, ptau, zkey }),
      refusal("CeremonyRejected", /does not follow from the ceremony: .*Different circuit/),
    );
    const changed = join(folder, "changed.zkey");
    const bytes = readFileSync(zkey);
    writeFileSync(changed, bytes.with(bytes.length - 200, (bytes[bytes.length - 200] as number) ^ 1));
    await assert.rejects(verifyCeremonyKey({ r1cs, ptau, zkey: changed }), refusal("CeremonyRejected"));
  });

  it("is not started without a key's powers of tau being asked for", async () => {
    const { ceremony: _, ...without } = options();
    await assert.rejects(prepareCircuits(["chain-short"], without), refusal("ArtifactMissing"));
  });

  it("refuses unlisted powers of tau unless told otherwise", async () => {
    await assert.rejects(openPtau(ptau), refusal("PtauUnlisted", /not a file of a ceremony in ptau\/manifest\.json/));
    const { power, isPrepared, listedAs } = await openPtau(ptau, true);
    assert.deepEqual({ power, isPrepared, listedAs }, { power: 8, isPrepared: true, listedAs: undefined });
  });

  it("refuses powers of tau that are too small, before snarkjs leaves a broken key", async () => {
    const known = await openPtau(ptau, true);
    requirePower(known, { wires: 1, constraints: 252, publicWires: 3 }, "just-fits");
    assert.throws(
      () => requirePower(known, { wires: 1, constraints: 253, publicWires: 3 }, "too-large"),
      refusal("PtauTooSmall", /too-large needs powers of tau up to 2\^9; .* ends at 2\^8/),
    );
    const small = join(folder, "small.ptau");
    const target = { r1cs: of("chain-long").r1cs, zkey: join(folder, "never.zkey") };
    await makePtau(5, small);
    await assert.rejects(
      makeCeremonyKeys([target], () => {}, { ptau: small, allowUnlisted: true }),
      refusal("PtauTooSmall", /chain-long needs powers of tau up to 2\^7/),
    );
    assert.ok(!readdirSync(folder).includes("never.zkey"));
  });

  it("prepares powers of tau that are not, and leaves nothing of that behind", async () => {
    const [unprepared, zkey] = [join(folder, "unprepared.ptau"), join(folder, "from-unprepared.zkey")];
    await makePtau(4, unprepared, false);
    assert.equal((await openPtau(unprepared, true)).isPrepared, false);
    const { r1cs } = of("chain-short");
    const phases: string[] = [];
    await makeCeremonyKeys(
      [{ r1cs, zkey }],
      (phase, done, total) => void (done === total && phases.push(phase.replace("key chain-short: ", ""))),
      { ptau: unprepared, allowUnlisted: true },
    );
    assert.deepEqual(phases, [
      "hash powers of tau",
      "prepare",
      "initial key",
      "contribution",
      "beacon",
      "verification",
    ]);
    const left = readdirSync(folder).filter((name) => name.startsWith("from-unprepared"));
    assert.deepEqual(left, ["from-unprepared.zkey"]);
  });

  it("refuses powers of tau that are damaged", async () => {
    const path = join(folder, "bad.ptau");
    writeFileSync(path, readFileSync(ptau).subarray(0, 5_000));
    await assert.rejects(openPtau(path, true), refusal("BadPtau", /cut short/));
    writeFileSync(path, "ptau");
    await assert.rejects(openPtau(path, true), refusal("BadPtau"));
  });

  it("refuses a beacon that is none", async () => {
    const [circuit] = await compileCircuits(["chain-short"], FIXTURES);
    const make = (beacon: { beacon?: string; beaconExponent?: number }) =>
      makeCeremonyKeys([{ r1cs: circuit?.r1cs as string, zkey: join(folder, "never.zkey") }], () => {}, {
        ptau,
        allowUnlisted: true,
        ...beacon,
      });
    for (const beacon of ["", "0x01", "xyz", "0".repeat(33), "0".repeat(512)])
      await assert.rejects(make({ beacon }), refusal("BadBeacon"));
    for (const beaconExponent of [0, 9, 64, Number.NaN])
      await assert.rejects(make({ beaconExponent }), refusal("BadBeacon"));
  });
});

describe("ptau/manifest.json", () => {
  it("lists the hashes that snarkjs publishes, one file per power", () => {
    const { files } = JSON.parse(readFileSync(join(REPOSITORY, "ptau/manifest.json"), "utf8"));
    const readme = readFileSync(join(REPOSITORY, "node_modules/snarkjs/README.md"), "utf8");
    for (const { name, blake2b } of files) {
      const row = readme.split("\n").find((line) => line.includes(`[${name}]`));
      assert.ok(row?.includes(` ${blake2b} `), name);
    }
    assert.deepEqual(
      files.map(({ power }: { power: number }) => power),
      Array.from({ length: 21 }, (_, i) => i + 8),
    );
  });
});

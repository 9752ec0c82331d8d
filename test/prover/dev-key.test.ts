import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groth16, zKey } from "snarkjs";
import { FIELD } from "#protocol/params.ts";
import { type Circuit, compileCircuits } from "#prover/artifacts.ts";
import { deriveDevKeys } from "#prover/setup/dev-key.ts";
import { readZkey } from "#prover/setup/zkey.ts";
import { keyToSnarkjs, proofToSnarkjs, type SnarkjsProof, type VerifyingKey } from "#prover/verifying-key.ts";
import { CHAINS, chainInput, FIXTURES, forge, refusal, scratch, testPtau } from "./support.ts";

type Proved = { proof: SnarkjsProof; publicSignals: string[] };

describe("dev key", () => {
  const folder = scratch("dev-key");
  const zkey = (name: string) => join(folder, `${name}.zkey`);
  let short: Circuit, long: Circuit;
  let keys: Record<"chain-short" | "chain-long", VerifyingKey>;
  let proved: Proved;

  const verify = (key: VerifyingKey, { proof, publicSignals }: Proved) =>
    groth16.verify(keyToSnarkjs(key), publicSignals, proof);
  const verifyingKey = async (name: string) => (await readZkey(zkey(name))).verifyingKey;

  before(async () => {
    [short, long] = (await compileCircuits(CHAINS, FIXTURES)) as [Circuit, Circuit];
    await deriveDevKeys([short, long].map(({ name, r1cs }) => ({ r1cs, zkey: zkey(name) })));
    keys = { "chain-short": await verifyingKey("chain-short"), "chain-long": await verifyingKey("chain-long") };
    proved = await groth16.fullProve(chainInput("chain-short"), short.wasm, zkey("chain-short"));
  });

  it("is one that snarkjs proves and verifies with", async () => {
    assert.equal(await verify(keys["chain-short"], proved), true);
    const other = await groth16.fullProve(chainInput("chain-long"), long.wasm, zkey("chain-long"));
    assert.equal(await verify(keys["chain-long"], other), true);
  });

  it("gives the verifying key that snarkjs exports", async () => {
    const { vk_alphabeta_12: _, ...exported } = await zKey.exportVerificationKey(zkey("chain-short"));
    assert.deepEqual(keyToSnarkjs(keys["chain-short"]), exported);
  });

  it("shares alpha, beta and gamma within a deployment, and nothing else", () => {
    const [one, other] = [keys["chain-short"], keys["chain-long"]];
    assert.deepEqual([one.alpha, one.beta, one.gamma], [other.alpha, other.beta, other.gamma]);
    assert.notDeepEqual(one.delta, other.delta);
    for (const { gamma, delta } of [one, other]) assert.notDeepEqual(gamma, delta);
  });

  it("is never the same twice", async () => {
    await deriveDevKeys([{ r1cs: short.r1cs, zkey: zkey("again") }]);
    const again = await verifyingKey("again");
    for (const part of ["alpha", "beta", "gamma", "delta"] as const)
      assert.notDeepEqual(again[part], keys["chain-short"][part]);
    assert.equal(await verify(again, proved), false, "a proof for another deployment's key");
  });

  it("refuses other inputs, other circuits and input + r (attacks 4 and 8)", async () => {
    const { publicSignals } = proved;
    for (const i of publicSignals.keys()) {
      const changed = publicSignals.with(i, String(BigInt(publicSignals[i] as string) + 1n));
      assert.equal(await verify(keys["chain-short"], { ...proved, publicSignals: changed }), false, `input ${i} + 1`);
      const alias = publicSignals.with(i, String(BigInt(publicSignals[i] as string) + FIELD));
      assert.equal(await verify(keys["chain-short"], { ...proved, publicSignals: alias }), false, `input ${i} + r`);
    }
    assert.equal(await verify(keys["chain-long"], proved), false, "the other circuit's key");
  });

  it("withstands the forger of keys without contribution, who wins where gamma is delta (attacks 1 and 14)", async () => {
    const lie = [1n, 2n, 3n];
    const isForged = (key: VerifyingKey) =>
      groth16.verify(keyToSnarkjs(key), lie.map(String), proofToSnarkjs(forge(key, lie)));
    assert.equal(await isForged(keys["chain-short"]), false);
    assert.equal(await isForged(keys["chain-long"]), false);

    assert.notEqual(await zKey.newZKey(short.r1cs, await testPtau(), zkey("uncontributed")), -1);
    assert.equal((await readZkey(zkey("uncontributed"))).kind, "uncontributed");
    assert.equal(await isForged(await verifyingKey("uncontributed")), true, "the forgery itself is sound");
  });

  it("says what it is, and passes for no ceremony", async () => {
    assert.equal((await readZkey(zkey("chain-short"))).kind, "dev-insecure");
    assert.match(readFileSync(zkey("chain-short"), "latin1"), /INSECURE DEV KEY/);
    assert.equal(await zKey.verifyFromR1cs(short.r1cs, await testPtau(), zkey("chain-short")), false);
  });

  it("follows from the secret alone when a test injects one", async () => {
    for (const name of ["one", "two"]) {
      let next = 1_000n;
      await deriveDevKeys([{ r1cs: short.r1cs, zkey: zkey(name) }], undefined, () => (next += 7n));
    }
    assert.deepEqual(readFileSync(zkey("one")), readFileSync(zkey("two")));
  });

  it("shows how far it is", async () => {
    const seen = new Map<string, number>();
    await deriveDevKeys([{ r1cs: long.r1cs, zkey: zkey("seen") }], (phase, done, total) =>
      seen.set(phase, done / total),
    );
    assert.deepEqual(
      [...seen],
      [
        ["key chain-long: constraints", 1],
        ["key chain-long: points", 1],
      ],
    );
  });

  it("refuses constraints that are damaged or over another field", async () => {
    const damaged = join(folder, "damaged.r1cs");
    const rejects = (message: RegExp) =>
      assert.rejects(deriveDevKeys([{ r1cs: damaged, zkey: zkey("damaged") }]), refusal("BadR1cs", message));
    const original = readFileSync(long.r1cs);

    writeFileSync(damaged, original);
    truncateSync(damaged, original.length - 1);
    await rejects(/cut short/);

    writeFileSync(damaged, Buffer.concat([Buffer.from("wtns"), original.subarray(4)]));
    await rejects(/not a r1cs file/);

    // circom writes the header first: 12 bytes of file, 12 of section, 4 of width, then the prime.
    const prime = original.indexOf(Buffer.from(FIELD.toString(16), "hex").reverse());
    assert.ok(prime > 0);
    writeFileSync(damaged, original.with(prime, (original[prime] as number) ^ 2));
    await rejects(/scalar field/);
  });
});

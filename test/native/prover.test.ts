/**
 * The native prover and verifier against snarkjs's, both ways.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { curves } from "snarkjs";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { type Artifact, prepareCircuits } from "#prover/artifacts.ts";
import { fastestBackend, NATIVE, WASM } from "#prover/backends/backend.ts";
import { backend as snarkjs } from "#prover/backends/snarkjs.ts";
import { BASE_FIELD, ELEMENT, toBytes } from "#prover/bn254.ts";
import { type WitnessCalculator, witnessAt, witnessCalculator } from "#prover/calculator.ts";
import type { Proof, VerifyingKey } from "#prover/verifying-key.ts";
import { chainInput, FIXTURES, forge, refusal } from "../prover/support.ts";

const ROUNDS = 200;
const INSTANCE = "chain-short";

const core = nativeCore();
describe("the backend by default", () => {
  it("is the native one where the core is", () => assert.equal(fastestBackend(), core ? NATIVE : WASM));
});
if (core) describe("native prover", () => prover(core));

function prover(core: NativeCore) {
  let native: typeof snarkjs;
  let artifact: Artifact;
  let calculator: WitnessCalculator;
  before(async () => {
    ({ backend: native } = (await import(NATIVE.href)) as { backend: typeof snarkjs });
    artifact = (await prepareCircuits([INSTANCE], FIXTURES))[INSTANCE] as Artifact;
    calculator = await witnessCalculator(readFileSync(artifact.wasm));
  });

  const random = (seed: number) => (FIELD * BigInt(seed * 7919 + 13)) / 1_000_003n ** 2n + BigInt(seed) ** 11n;
  const witnessOf = (seed: number): Uint8Array =>
    calculator.calculate(
      chainInput(INSTANCE, random(seed) % FIELD, random(seed + 1_000) % FIELD, random(seed + 2_000) % FIELD),
    );
  const publics = (witness: Uint8Array, key: VerifyingKey) => key.ic.slice(1).map((_, i) => witnessAt(witness, i + 1));

  it(`makes ${ROUNDS} proofs of random witnesses, all of which snarkjs accepts`, async () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const witness = witnessOf(seed);
      const proof = await native.prove(artifact.zkey, witness);
      assert.ok(
        await snarkjs.verify(artifact.verifyingKey, publics(witness, artifact.verifyingKey), proof),
        `seed ${seed}`,
      );
    }
  });

  it(`accepts ${ROUNDS} proofs of snarkjs, and none of them for another input`, async () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const witness = witnessOf(seed);
      const proof = await snarkjs.prove(artifact.zkey, witness);
      const inputs = publics(witness, artifact.verifyingKey);
      assert.ok(await native.verify(artifact.verifyingKey, inputs, proof), `seed ${seed}`);
      const others = inputs.map((value, i) => (i === seed % inputs.length ? (value + 1n) % FIELD : value));
      assert.equal(await native.verify(artifact.verifyingKey, others, proof), false, `seed ${seed}`);
    }
  });

  it("is a function of witness and blinding", async () => {
    const witness = witnessOf(1);
    const prove = async (r: bigint, s: bigint) =>
      Buffer.from(
        (await core.proveWithBlinding(artifact.zkey, witness, Buffer.concat([r, s].map(toBytes)))).proof,
      ).toString("hex");
    assert.equal(await prove(5n, 7n), await prove(5n, 7n));
    assert.notEqual(await prove(5n, 7n), await prove(7n, 5n));
    assert.notDeepEqual(await native.prove(artifact.zkey, witness), await native.prove(artifact.zkey, witness));
  });

  it("refuses a witness that is not for the key, by name", async () => {
    const witness = witnessOf(1);
    const edited = (wire: number, value: bigint) => {
      const copy = Uint8Array.from(witness);
      copy.set(toBytes(value), wire * ELEMENT);
      return copy;
    };
    const prove = (bytes: Uint8Array) => native.prove(artifact.zkey, bytes);
    await assert.rejects(prove(witness.subarray(ELEMENT)), refusal("BadInput", /the key is for \d+ wires/));
    await assert.rejects(prove(edited(0, 2n)), refusal("BadInput", /wire 0 must be 1/));
    await assert.rejects(prove(edited(3, FIELD)), refusal("BadInput", /wire 3 is not below/));
    await assert.rejects(native.prove("nowhere.zkey", witness), refusal("ArtifactMissing", /nowhere/));
    assert.throws(() => core.prove(artifact.zkey, witness.subarray(1)), { code: "InvalidArgument" });
  });

  it("makes nothing valid of a witness that breaks a constraint", async () => {
    const witness = Uint8Array.from(witnessOf(1));
    const last = witness.length / ELEMENT - 1;
    witness.set(toBytes((witnessAt(witness, last) + 1n) % FIELD), last * ELEMENT);
    const proof = await native.prove(artifact.zkey, witness);
    const inputs = publics(witness, artifact.verifyingKey);
    assert.equal(await native.verify(artifact.verifyingKey, inputs, proof), false);
    assert.equal(await snarkjs.verify(artifact.verifyingKey, inputs, proof), false);
  });

  describe("verifier", () => {
    let proof: Proof;
    let inputs: bigint[];
    before(async () => {
      const witness = witnessOf(2);
      proof = await native.prove(artifact.zkey, witness);
      inputs = publics(witness, artifact.verifyingKey);
    });
    const accepts = (bent: Partial<Proof>) => native.verify(artifact.verifyingKey, inputs, { ...proof, ...bent });

    it("refuses points that are infinite, off the curve or outside the subgroup", async () => {
      assert.ok(await accepts({}));
      const zero: Proof["b"] = [
        [0n, 0n],
        [0n, 0n],
      ];
      for (const bent of [{ a: [0n, 0n] }, { b: zero }, { c: [0n, 0n] }, { a: [1n, 3n] }, { c: [5n, 5n] }] as const)
        assert.equal(await accepts(bent), false);
      // On the twist, which has more than r points: (x, y) for the first x that is a coordinate at all.
      assert.equal(await accepts({ b: await strayPoint() }), false);
    });
    it("refuses numbers that are not canonical", async () => {
      const { a } = proof;
      const [first = 0n, ...others] = inputs;
      const aliases = (value: bigint, modulus: bigint) => [
        value + modulus,
        value - modulus,
        (value << 4n) + 1n,
        value + (1n << 256n),
      ];
      for (const x of aliases(a[0], BASE_FIELD)) assert.equal(await accepts({ a: [x, a[1]] }), false, `${x}`);
      for (const input of aliases(first, FIELD))
        assert.equal(await native.verify(artifact.verifyingKey, [input, ...others], proof), false, `${input}`);
      const bytes = Buffer.alloc(256, 0xff);
      const key = Buffer.alloc(64 + 3 * 128 + 64 * (inputs.length + 1));
      assert.throws(() => core.verify(key, Buffer.concat(inputs.map(toBytes)), bytes), { code: "NotInField" });
    });
    it("is not told lies by the forger, who needs a key without a contribution: and that is refused", async () => {
      const lies = inputs.map((value) => (value * 3n + 1n) % FIELD);
      const key = artifact.verifyingKey;
      assert.equal(await native.verify(key, lies, forge(key, lies)), false);
      const weak = { ...key, delta: key.gamma };
      assert.ok(await snarkjs.verify(weak, lies, forge(weak, lies)), "the forgery itself is sound");
      await assert.rejects(native.verify(weak, lies, forge(weak, lies)), refusal("BadVerifyingKey", /delta is gamma/));
      const [[x0, x1], [y0, y1]] = key.gamma;
      const opposite = {
        ...key,
        delta: [
          [x0, x1],
          [BASE_FIELD - y0, BASE_FIELD - y1],
        ],
      } as VerifyingKey;
      await assert.rejects(native.verify(opposite, lies, proof), refusal("BadVerifyingKey", /delta is gamma/));
    });
  });

  describe("pairing", () => {
    type Curve = Awaited<ReturnType<typeof curves.getCurveFromName>>;
    let curve: Curve;
    before(async () => {
      curve = await curves.getCurveFromName("bn128");
    });
    /** Affine coordinates as plain integers. */
    const times = (group: "G1" | "G2", scalar: bigint): Uint8Array => {
      const { [group]: g } = curve;
      const affine = g.toAffine(g.timesScalar(g.g, scalarBytes(scalar)));
      const half = affine.length / 2;
      return Buffer.concat(
        [affine.subarray(0, half), affine.subarray(half)].flatMap((each) => [g.F.toObject(each)].flat().map(toBytes)),
      );
    };
    const scalarBytes = (scalar: bigint) => toBytes(((scalar % FIELD) + FIELD) % FIELD);
    const product = (pairs: readonly (readonly [bigint, bigint])[]) =>
      core.pairsToOne(
        Buffer.concat(pairs.map(([a]) => times("G1", a))),
        Buffer.concat(pairs.map(([, b]) => times("G2", b))),
      );

    it("is bilinear and not degenerate", () => {
      for (const [a, b] of [
        [1n, 1n],
        [2n, 3n],
        [FIELD - 1n, 5n],
        [FIELD >> 1n, FIELD >> 2n],
      ] as const) {
        assert.ok(
          product([
            [a, b],
            [-a * b, 1n],
          ]),
          `${a} ${b}`,
        );
        assert.ok(
          product([
            [a, b],
            [1n, -a * b],
          ]),
          `${a} ${b}`,
        );
        assert.ok(
          product([
            [a, b],
            [a, -b],
          ]),
          `${a} ${b}`,
        );
        assert.equal(product([[a, b]]), false, `${a} ${b}`);
        assert.equal(
          product([
            [a, b],
            [-a * b - 1n, 1n],
          ]),
          false,
          `${a} ${b}`,
        );
      }
    });
    it("takes infinity for 1, and refuses what is in neither group", async () => {
      assert.ok(
        product([
          [0n, 1n],
          [1n, 0n],
        ]),
      );
      assert.ok(core.pairsToOne(Buffer.alloc(0), Buffer.alloc(0)));
      const stray = Buffer.concat((await strayPoint()).flat().map(toBytes));
      assert.throws(() => core.pairsToOne(times("G1", 1n), stray), { code: "NotInGroup" });
      const off = Buffer.concat([1n, 3n].map(toBytes));
      assert.throws(() => core.pairsToOne(off, times("G2", 1n)), { code: "NotInGroup" });
      assert.throws(() => core.pairsToOne(off, Buffer.alloc(0)), { code: "InvalidArgument" });
    });
  });

  /** A point of the twist outside the subgroup of order r. */
  async function strayPoint(): Promise<Proof["b"]> {
    const curve = await curves.getCurveFromName("bn128");
    const { F, b } = curve.G2;
    for (let n = 1; ; n++) {
      const x = F.fromObject([BigInt(n), 0n]);
      const y = F.sqrt(F.add(F.mul(F.mul(x, x), x), b));
      if (y) return [F.toObject(x), F.toObject(y)] as Proof["b"];
    }
  }
}

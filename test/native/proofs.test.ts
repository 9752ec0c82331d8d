/**
 * Native proofs for keys of every size, of odd make and that change under the prover's feet.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { NATIVE } from "#prover/backends/backend.ts";
import { backend as snarkjs } from "#prover/backends/snarkjs.ts";
import { ELEMENT, toBytes } from "#prover/bn254.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { SectionReader, SectionWriter } from "#prover/section-file.ts";
import { deriveDevKeys } from "#prover/setup/dev-key.ts";
import { COEFFICIENT_BYTES } from "#prover/setup/qap.ts";
import { readZkey, SECTION } from "#prover/setup/zkey.ts";
import { refusal, scratch } from "../prover/support.ts";

/** Rows beside the constraints: of the constant and of the one public wire. */
const OTHER_ROWS = 2;
const GREATEST_POWER = 14;
const BLINDING = Buffer.concat([3n, FIELD - 4n].map(toBytes));
/** Prints proofs with BLINDING: arguments are zkey, witness, zkey, witness, ... */
const PROVE = `
  import { readFileSync } from "node:fs";
  import { nativeCore } from "#native/index.ts";
  const blinding = Buffer.from(process.env.BLINDING, "hex");
  for (let i = 1; i < process.argv.length; i += 2) {
    const { proof } = await nativeCore().proveWithBlinding(process.argv[i], readFileSync(process.argv[i + 1]), blinding);
    console.log(Buffer.from(proof).toString("hex"));
  }
`;

const core = nativeCore();
if (core) describe("native proofs", () => proofs(core));

function proofs(core: NativeCore) {
  const folder = scratch("native-proofs");
  const path = (name: string) => join(folder, name);
  let native: typeof snarkjs;
  before(async () => {
    ({ backend: native } = (await import(NATIVE.href)) as { backend: typeof snarkjs });
  });

  const wire = (i: number, constraints: number): number => (i === constraints ? 1 : i + 2);
  /** x[i + 1] = (x[i] + i) (x[i] + 2); the last x is public. */
  async function writeCircuit(constraints: number, r1cs: string): Promise<void> {
    const wires = constraints + 2;
    const numbers: Uint8Array[] = [];
    const list = (...terms: readonly (readonly [number, bigint])[]) => {
      numbers.push(uint32(terms.length), ...terms.flatMap(([at, value]) => [uint32(at), toBytes(value)]));
    };
    for (let i = 0; i < constraints; i++) {
      const x = wire(i, constraints);
      list([0, BigInt(i)], [x, 1n]);
      list([0, 2n], [x, 1n]);
      list([wire(i + 1, constraints), 1n]);
    }
    const header = [
      uint32(ELEMENT),
      toBytes(FIELD),
      ...[wires, 1, 0, 1].map(uint32),
      uint64(wires),
      uint32(constraints),
    ];
    const labels = Array.from({ length: wires }, (_, i) => uint64(i));
    const file = await SectionWriter.create(r1cs, "r1cs", 1, 3);
    await file.section(1, () => file.write(Buffer.concat(header)));
    await file.section(2, () => file.write(Buffer.concat(numbers)));
    await file.section(3, () => file.write(Buffer.concat(labels)));
    await file.close();
  }
  function witnessOf(constraints: number, start: bigint): Uint8Array {
    const values = [1n, 0n, start];
    for (let i = 0; i < constraints; i++) {
      const x = values[wire(i, constraints)] as bigint;
      values[wire(i + 1, constraints)] = ((x + BigInt(i)) * (x + 2n)) % FIELD;
    }
    return Buffer.concat(values.map(toBytes));
  }
  async function keyOf(constraints: number, name = `${constraints}`): Promise<string> {
    await writeCircuit(constraints, path(`${name}.r1cs`));
    await deriveDevKeys([{ r1cs: path(`${name}.r1cs`), zkey: path(`${name}.zkey`) }]);
    return path(`${name}.zkey`);
  }
  async function isAccepted(zkey: string, witness: Uint8Array): Promise<boolean> {
    const { verifyingKey } = await readZkey(zkey);
    const proof = await native.prove(zkey, witness);
    const inputs = [
      BigInt(
        `0x${Buffer.from(witness.subarray(ELEMENT, 2 * ELEMENT))
          .reverse()
          .toString("hex")}`,
      ),
    ];
    const answers = [native, snarkjs].map((each) => each.verify(verifyingKey, inputs, proof));
    const [ours, theirs] = await Promise.all(answers);
    assert.equal(ours, theirs);
    return ours === true;
  }
  const proofWithBlinding = async (zkey: string, witness: Uint8Array): Promise<string> =>
    Buffer.from((await core.proveWithBlinding(zkey, witness, BLINDING)).proof).toString("hex");

  it(`verify for every size of domain up to 2^${GREATEST_POWER}, full or half empty, with vectors and without`, async function () {
    this.timeout(300_000);
    const jobs: [string, string][] = [];
    const expected: string[] = [];
    for (let power = 2; power <= GREATEST_POWER; power++) {
      for (const rows of new Set([2 ** (power - 1) + 1, 2 ** power])) {
        const constraints = rows - OTHER_ROWS;
        const zkey = await keyOf(constraints);
        const starts = [0n, 1n, FIELD - 1n, BigInt(rows) ** 40n % FIELD];
        const witness = witnessOf(constraints, starts[jobs.length % starts.length] as bigint);
        assert.ok(await isAccepted(zkey, witness), `${constraints} constraints`);
        writeFileSync(path(`${constraints}.witness`), witness);
        jobs.push([zkey, path(`${constraints}.witness`)]);
        expected.push(await proofWithBlinding(zkey, witness));
      }
    }
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", PROVE, ...jobs.flat()], {
      cwd: REPOSITORY,
      env: { ...process.env, PROVEGA_IFMA: "0", BLINDING: BLINDING.toString("hex") },
      encoding: "utf8",
    });
    assert.deepEqual(stdout.trim().split("\n"), expected, stderr);
  });

  it("are the same if the key has its coefficients in another order", async () => {
    const constraints = 500;
    const zkey = await keyOf(constraints, "ordered");
    const bytes = readFileSync(zkey);
    const file = await SectionReader.open(zkey, "zkey");
    const { offset } = file.section(SECTION.coefficients);
    await file.close();
    const count = bytes.readUInt32LE(offset);
    const at = (i: number) =>
      bytes.subarray(offset + 4 + i * COEFFICIENT_BYTES, offset + 4 + (i + 1) * COEFFICIENT_BYTES);
    for (let i = 0; i < count >> 1; i++) {
      const [one, other] = [at(i), at(count - 1 - i)];
      const kept = Buffer.from(one);
      one.set(other);
      other.set(kept);
    }
    writeFileSync(path("reversed.zkey"), bytes);
    const witness = witnessOf(constraints, 5n);
    assert.equal(await proofWithBlinding(path("reversed.zkey"), witness), await proofWithBlinding(zkey, witness));
  });

  it("are for the key that is at the path now", async () => {
    const witness = witnessOf(6, 5n);
    const zkey = await keyOf(6, "replaced");
    assert.ok(await isAccepted(zkey, witness));
    renameSync(await keyOf(6, "other"), zkey);
    assert.ok(await isAccepted(zkey, witness));
    renameSync(await keyOf(7, "longer"), zkey);
    await assert.rejects(isAccepted(zkey, witness), refusal("BadInput", /the key is for 9 wires, the witness has 8/));
    assert.ok(await isAccepted(zkey, witnessOf(7, 5n)));
  });

  it("are not made with a damaged key", async () => {
    const bytes = readFileSync(await keyOf(6, "whole"));
    const witness = witnessOf(6, 5n);
    const damaged = (name: string, content: Uint8Array): string => {
      writeFileSync(path(name), content);
      return path(name);
    };
    const isBad = refusal("BadZkey", /at byte \d+/);
    await assert.rejects(native.prove(damaged("short.zkey", bytes.subarray(0, -100)), witness), isBad);
    await assert.rejects(native.prove(damaged("empty.zkey", Buffer.alloc(0)), witness), isBad);
    const file = await SectionReader.open(path("whole.zkey"), "zkey");
    const { offset } = file.section(SECTION.h);
    await file.close();
    const beyond = Buffer.from(bytes).fill(0xff, offset, offset + ELEMENT);
    await assert.rejects(native.prove(damaged("beyond.zkey", beyond), witness), isBad);
    // A refusal is not remembered.
    assert.ok(await isAccepted(damaged("beyond.zkey", bytes), witness));
  });
}

const uint32 = (value: number): Uint8Array => Buffer.from(Uint32Array.of(value).buffer);
const uint64 = (value: number): Uint8Array => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

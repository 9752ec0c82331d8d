/**
 * Groth16 over wasmcurves' module with our own sums of points and no copies of the key: half of snarkjs's time.
 * @module
 */
import { randomBytes } from "node:crypto";
import { FIELD } from "#protocol/params.ts";
import { AFFINE, ELEMENT, type Group, JACOBIAN } from "../../bn254.ts";
import { Bn254, type Pointer } from "../../bn254-wasm.ts";
import { SectionReader } from "../../section-file.ts";
import { g1Point, g2Point, HEADER_POINT, SECTION } from "../../setup/zkey.ts";
import type { Proof } from "../../verifying-key.ts";
import { WorkerPool } from "../../worker-pool.ts";
import type { ProverBackend } from "../backend.ts";
import { backend as snarkjs } from "../snarkjs.ts";
import { digitBits, digits, recode } from "./digits.ts";
import type { Job, MatrixJob } from "./worker.ts";

const curve = new Bn254();
let workers: WorkerPool | undefined;

export const backend: ProverBackend = {
  name: "wasm",

  async prove(zkey, witness) {
    workers ??= new WorkerPool(new URL("./worker.ts", import.meta.url));
    const file = await SectionReader.open(zkey, "zkey");
    const free = curve.free;
    try {
      return await prove(file, workers, witness);
    } catch (error) {
      await workers.close();
      workers = undefined;
      throw error;
    } finally {
      curve.free = free;
      await file.close();
    }
  },

  verify: snarkjs.verify,
};

async function prove(file: SectionReader, pool: WorkerPool, witness: Uint8Array): Promise<Proof> {
  const run = (job: Job, isUrgent = false) => pool.run(job, isUrgent) as Promise<Uint8Array>;
  const header = await file.readSection(SECTION.header);
  const [wires, publicWires, domain] = [72, 76, 80].map((at) => header.readUInt32LE(at)) as [number, number, number];
  if (witness.length !== wires * ELEMENT) throw file.refusal(`is for ${wires} wires, not ${witness.length / ELEMENT}`);

  const sum = async (group: Group, id: number, scalars: Uint8Array): Promise<Pointer> => {
    const points = file.section(id);
    const bits = digitBits(points.size / AFFINE[group]);
    const recoded = recode(scalars, bits);
    const jobs = Array.from({ length: digits(bits) }, (_, digit) =>
      run({ sum: { zkey: file.path, points, group, recoded, bits, digit } }),
    );
    return combine(group, bits, await Promise.all(jobs));
  };
  const quotient = computeQuotient(file, run, witness, domain);
  const [b2, a, b1, c, h] = await Promise.all([
    sum("g2", SECTION.b2, witness),
    sum("g1", SECTION.a, witness),
    sum("g1", SECTION.b1, witness),
    sum("g1", SECTION.c, witness.subarray((publicWires + 1) * ELEMENT)),
    quotient.then((scalars) => sum("g1", SECTION.h, scalars)),
  ]);
  return assemble(header, { a, b1, b2, c, h });
}

/** (A·B - C) / Z as the scalars of section 9. Goes before the sums, which wait for nothing and fill the gaps. */
async function computeQuotient(
  file: SectionReader,
  run: (job: Job, isUrgent?: boolean) => Promise<unknown>,
  witness: Uint8Array,
  domain: number,
): Promise<Uint8Array> {
  const shared = new SharedArrayBuffer(witness.length);
  new Uint8Array(shared).set(witness);
  const values = () => new SharedArrayBuffer(domain * ELEMENT);
  const job = (matrix: 0 | 1): MatrixJob => ({
    zkey: file.path,
    coefficients: file.section(SECTION.coefficients),
    matrix,
    witness: shared,
    values: values(),
    odd: values(),
  });
  const [a, b, quotient] = [job(0), job(1), values()];
  await Promise.all([run({ matrix: a }), run({ matrix: b })]);
  await run({ quotient: { a, b, quotient } }, true);
  return new Uint8Array(quotient);
}

/** Σ 2^(bits·digit) · part. */
function combine(group: Group, bits: number, parts: readonly Uint8Array[]): Pointer {
  const { [`${group}m_double` as const]: double, [`${group}m_add` as const]: add } = curve.wasm;
  const [sum, next] = [curve.alloc(JACOBIAN[group]), curve.alloc(JACOBIAN[group])];
  curve.wasm[`${group}m_zero`](sum);
  for (const part of parts.toReversed()) {
    for (let bit = 0; bit < bits; bit++) double(sum, sum);
    curve.bytes.set(part, next);
    add(sum, next, sum);
  }
  return sum;
}

type Sums = Readonly<Record<"a" | "b1" | "b2" | "c" | "h", Pointer>>;

/** Adds what depends on the key alone, blinded by two fresh scalars: a proof then tells nothing of the witness. */
function assemble(header: Uint8Array, { a, b1, b2, c, h }: Sums): Proof {
  const fixed = (group: Group, at: number): Pointer => {
    const point = curve.alloc(JACOBIAN[group]);
    curve.bytes.set(header.subarray(at, at + AFFINE[group]), point);
    curve.wasm[`${group}m_toJacobian`](point, point);
    return point;
  };
  const times = (group: Group, point: Pointer, scalar: bigint): Pointer => {
    const [k, product] = [curve.alloc(ELEMENT), curve.alloc(JACOBIAN[group])];
    curve.write(k, scalar);
    curve.wasm[`${group}m_timesScalar`](point, k, ELEMENT, product);
    return product;
  };
  const sum = (group: Group, ...points: readonly Pointer[]): Pointer => {
    const total = curve.alloc(JACOBIAN[group]);
    curve.wasm[`${group}m_zero`](total);
    for (const point of points) curve.wasm[`${group}m_add`](total, point, total);
    return total;
  };
  const affine = (group: Group, point: Pointer): Uint8Array => {
    curve.wasm[`${group}m_toAffine`](point, point);
    return curve.bytes.slice(point, point + AFFINE[group]);
  };

  const { alpha1, beta1, beta2, delta1, delta2 } = HEADER_POINT;
  // 64 bytes, so that the remainder is uniform for all that anyone can tell.
  const [r, s] = [0, 0].map(() => BigInt(`0x${randomBytes(64).toString("hex")}`) % FIELD) as [bigint, bigint];
  const delta = fixed("g1", delta1);
  const proofA = sum("g1", fixed("g1", alpha1), a, times("g1", delta, r));
  const proofB = sum("g2", fixed("g2", beta2), b2, times("g2", fixed("g2", delta2), s));
  const proofB1 = sum("g1", fixed("g1", beta1), b1, times("g1", delta, s));
  const blinding = [
    times("g1", proofA, s),
    times("g1", proofB1, r),
    times("g1", delta, (FIELD - ((r * s) % FIELD)) % FIELD),
  ];
  const proofC = sum("g1", c, h, ...blinding);
  return { a: g1Point(affine("g1", proofA)), b: g2Point(affine("g2", proofB)), c: g1Point(affine("g1", proofC)) };
}

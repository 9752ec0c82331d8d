/**
 * The dev path of the set-up: Groth16 keys straight from a secret that one process draws and forgets. Minutes faster
 * than a ceremony and worth nothing on a public chain, since whoever ran it could have kept the secret: the key says so.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { FIELD } from "#protocol/params.ts";
import { AFFINE, ELEMENT, fromBytes } from "../bn254.ts";
import { Bn254 } from "../bn254-wasm.ts";
import { type Progress, silent } from "../progress.ts";
import { SectionWriter } from "../section-file.ts";
import type { WorkerPool } from "../worker-pool.ts";
import { multiples, pointsPool, single } from "./points.ts";
import { COEFFICIENT_BYTES, evaluate, type KeyScalars, type Secret } from "./qap.ts";
import { domainBits, openR1cs, type R1cs } from "./r1cs.ts";
import { contributionBytes, GROTH16, headerBytes, INSECURE, SECTION } from "./zkey.ts";

/** A circuit's constraints, and where its key is to be written. */
export type KeyTarget = { readonly r1cs: string; readonly zkey: string };
/** Draws a scalar in [1, r). */
export type Draw = () => bigint;

/**
 * Writes a key for every circuit of one deployment; they share alpha, beta and gamma, so that L1 can check their proofs
 * together. Only tests pass `draw`: a secret that can be drawn again is no secret.
 */
export async function deriveDevKeys(
  circuits: readonly KeyTarget[],
  progress: Progress = silent,
  draw: Draw = drawScalar,
): Promise<void> {
  const shared = { tau: draw(), alpha: draw(), beta: draw(), gamma: draw() };
  const curve = new Bn254();
  const pool = pointsPool();
  try {
    for (const target of circuits) {
      const r1cs = await openR1cs(target.r1cs);
      const file = await SectionWriter.create(target.zkey, "zkey", 1, Object.keys(SECTION).length);
      try {
        const secret = { ...shared, delta: draw() };
        const name = basename(target.r1cs, ".r1cs");
        const report: Progress = (phase, done, total) => progress(`key ${name}: ${phase}`, done, total);
        await file.section(SECTION.protocol, () => file.write(Uint32Array.of(GROTH16)));
        const scalars = await writeCoefficients(file, curve, r1cs, secret, report);
        await writePoints(file, pool, r1cs, secret, scalars, report);
      } finally {
        await Promise.all([file.close(), r1cs.file.close()]);
      }
    }
  } finally {
    await pool.close();
  }
}

/** Section 4: their number, known only at the end, and the coefficients of A and B. */
async function writeCoefficients(
  file: SectionWriter,
  curve: Bn254,
  r1cs: R1cs,
  secret: Secret,
  progress: Progress,
): Promise<KeyScalars> {
  return file.section(SECTION.coefficients, async () => {
    const start = file.position;
    await file.write(Uint32Array.of(0));
    const scalars = await evaluate(curve, r1cs, secret, (records) => file.write(records), progress);
    await file.write(Uint32Array.of((file.position - start - 4) / COEFFICIENT_BYTES), start);
    return scalars;
  });
}

/** Sections 2, 3 and 5 to 10. */
async function writePoints(
  file: SectionWriter,
  pool: WorkerPool,
  r1cs: R1cs,
  { alpha, beta, gamma, delta }: Secret,
  scalars: KeyScalars,
  progress: Progress,
): Promise<void> {
  const lists = {
    one1: single("g1", 1n),
    alpha1: single("g1", alpha),
    beta1: single("g1", beta),
    delta1: single("g1", delta),
    beta2: single("g2", beta),
    gamma2: single("g2", gamma),
    delta2: single("g2", delta),
    a: { group: "g1", scalars: scalars.a },
    b1: { group: "g1", scalars: scalars.b },
    b2: { group: "g2", scalars: scalars.b },
    k: { group: "g1", scalars: scalars.k },
    h: { group: "g1", scalars: scalars.h },
  } as const;
  const { one1, alpha1, beta1, delta1, beta2, gamma2, delta2, a, b1, b2, k, h } = await multiples(
    pool,
    lists,
    progress,
  );
  // The scalars are as telling as the secret. JavaScript cannot promise that no copy stays behind.
  for (const list of Object.values(lists)) new Uint8Array(list.scalars).fill(0);

  const shape = headerBytes({ ...r1cs, domain: 2 ** domainBits(r1cs) });
  const publicEnd = (r1cs.publicWires + 1) * AFFINE.g1;
  // What an honest contributor would write, less the transcript: `zkey verify` refuses the key, as it should.
  const origin = contributionBytes(delta1, Buffer.concat([one1, delta1, delta2]), INSECURE);
  const sections: readonly (readonly [number, readonly Uint8Array[]])[] = [
    [SECTION.header, [shape, alpha1, beta1, beta2, gamma2, delta1, delta2]],
    [SECTION.ic, [k.subarray(0, publicEnd)]],
    [SECTION.a, [a]],
    [SECTION.b1, [b1]],
    [SECTION.b2, [b2]],
    [SECTION.c, [k.subarray(publicEnd)]],
    [SECTION.h, [h]],
    [SECTION.contributions, [await blake2b(r1cs.file.path), Uint8Array.of(1, 0, 0, 0), origin]],
  ];
  for (const [id, parts] of sections) {
    await file.section(id, async () => {
      for (const part of parts) await file.write(part);
    });
  }
}

/** In the place of snarkjs's hash of the circuit. */
async function blake2b(path: string): Promise<Uint8Array> {
  const hash = createHash("blake2b512");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest();
}

function drawScalar(): bigint {
  for (;;) {
    const value = fromBytes(randomBytes(ELEMENT)) >> 2n;
    if (value > 0n && value < FIELD) return value;
  }
}

/**
 * Dev keys by WASM, on worker threads.
 * @module
 */
import { AFFINE } from "../bn254.ts";
import { Bn254 } from "../bn254-wasm.ts";
import type { Progress } from "../progress.ts";
import { SectionWriter } from "../section-file.ts";
import type { WorkerPool } from "../worker-pool.ts";
import { hashFile } from "./file-hash.ts";
import type { KeyWriter } from "./key-writer.ts";
import { multiples, pointsPool, single } from "./points.ts";
import { COEFFICIENT_BYTES, evaluate, type KeyScalars, type Secret } from "./qap.ts";
import { domainBits, openR1cs, type R1cs } from "./r1cs.ts";
import { contributionBytes, GROTH16, headerBytes, INSECURE, SECTION } from "./zkey.ts";

export function portableKeys(): KeyWriter {
  const curve = new Bn254();
  const pool = pointsPool();
  return {
    async write(target, secret, progress) {
      const r1cs = await openR1cs(target.r1cs);
      const file = await SectionWriter.create(target.zkey, "zkey", 1, Object.keys(SECTION).length);
      try {
        await file.section(SECTION.protocol, () => file.write(Uint32Array.of(GROTH16)));
        const scalars = await writeCoefficients(file, curve, r1cs, secret, progress);
        await writePoints(file, pool, r1cs, secret, scalars, progress);
      } finally {
        await Promise.all([file.close(), r1cs.file.close()]);
      }
    },
    close: () => pool.close(),
  };
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
  // A hash of the constraints is in the place of snarkjs's hash of the circuit.
  const sections: readonly (readonly [number, readonly Uint8Array[]])[] = [
    [SECTION.header, [shape, alpha1, beta1, beta2, gamma2, delta1, delta2]],
    [SECTION.ic, [k.subarray(0, publicEnd)]],
    [SECTION.a, [a]],
    [SECTION.b1, [b1]],
    [SECTION.b2, [b2]],
    [SECTION.c, [k.subarray(publicEnd)]],
    [SECTION.h, [h]],
    [SECTION.contributions, [await hashFile(r1cs.file.path), Uint8Array.of(1, 0, 0, 0), origin]],
  ];
  for (const [id, parts] of sections) {
    await file.section(id, async () => {
      for (const part of parts) await file.write(part);
    });
  }
}

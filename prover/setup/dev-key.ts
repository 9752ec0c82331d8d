/**
 * The dev path of the set-up: Groth16 keys straight from a secret that one process draws and forgets. Minutes faster
 * than a ceremony and worth nothing on a public chain, since whoever ran it could have kept the secret: the key says so.
 * @module
 */
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { ELEMENT, fromBytes } from "../bn254.ts";
import { type Progress, silent } from "../progress.ts";
import type { KeyTarget } from "./key-writer.ts";
import { nativeKeys } from "./native.ts";
import { portableKeys } from "./portable-key.ts";

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
  const core = nativeCore();
  const keys = core ? nativeKeys(core) : portableKeys();
  try {
    for (const target of circuits) {
      const name = basename(target.r1cs, ".r1cs");
      const secret = { ...shared, delta: draw() };
      await keys.write(target, secret, (phase, done, total) => progress(`key ${name}: ${phase}`, done, total));
    }
  } finally {
    await keys.close();
  }
}

function drawScalar(): bigint {
  for (;;) {
    const value = fromBytes(randomBytes(ELEMENT)) >> 2n;
    if (value > 0n && value < FIELD) return value;
  }
}

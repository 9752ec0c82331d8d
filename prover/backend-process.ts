/**
 * Child process around a backend: `backend-process.ts MODULE NICE`.
 * @module
 */
import { setPriority } from "node:os";
import type { ProverBackend } from "./backends/backend.ts";
import { serve } from "./serve.ts";
import type { Proof, VerifyingKey } from "./verifying-key.ts";

const [module, nice] = process.argv.slice(2);
// Before the backend starts threads, which inherit it: proofs may take all that is left, never what the node needs.
setPriority(Number(nice));
const { backend } = (await import(module as string)) as { backend: ProverBackend };

serve({
  prove: (zkey: string, witness: Uint8Array) => backend.prove(zkey, witness),
  verify: (key: VerifyingKey, publicSignals: readonly bigint[], proof: Proof) =>
    backend.verify(key, publicSignals, proof),
});

/**
 * The refusals of the prover. Each has a code, a message that names what was wrong, and a test that provokes it.
 * @module
 */
export type ProverErrorCode =
  | "CompileFailed"
  | "BadR1cs"
  | "BadZkey"
  | "BadPtau"
  | "PtauTooSmall"
  | "PtauUnlisted"
  | "BadBeacon"
  | "CeremonyRejected"
  | "UnknownInstance"
  | "UnknownArtifact"
  | "ArtifactMissing"
  | "ArtifactCorrupt"
  | "BadInput"
  | "WitnessRefused"
  | "BadProof"
  | "BadVerifyingKey"
  | "ProofRejected"
  | "WorkerFailed"
  | "WorkerTimeout"
  | "NoNativeCore"
  | "ProverClosed";

/** Thrown by everything under `prover/`. `cause` keeps what lies beneath. */
export class ProverError extends Error {
  readonly code: ProverErrorCode;
  constructor(code: ProverErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ProverError";
    this.code = code;
  }
}

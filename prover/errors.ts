/**
 * The refusals of the prover. Each has a code, a message that names what was wrong, and a test that provokes it.
 * @module
 */
import { CodedError } from "#protocol/errors.ts";
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
export class ProverError extends CodedError<ProverErrorCode> {
  constructor(code: ProverErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

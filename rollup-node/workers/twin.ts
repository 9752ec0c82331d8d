/**
 * The twin worker: the specification's own state, its hashing, and the inputs of circuits.
 * @module
 */
import "#native/install.ts";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import { decodeGenesis, genesisState } from "#protocol/genesis.ts";
import type { Step } from "#protocol/transition.ts";
import { circuitInput } from "#prover/inputs.ts";
import { type Refused, refused } from "../engine/refusal.ts";
import { Twin, type TwinStep } from "../pipeline/twin.ts";
import { serve } from "./worker.ts";

export type TwinStart = { readonly genesis: string; readonly domain: bigint };

let twin: Twin;

const functions = {
  /** Comes first: the state before the first step. */
  start({ genesis, domain }: TwinStart): void {
    twin = new Twin(genesisState(decodeGenesis(genesis), domain));
  },
  /** The step, or why the specification refuses it. */
  apply(step: Step): TwinStep | Refused<ProtocolErrorCode> {
    try {
      return twin.apply(step);
    } catch (error) {
      if (error instanceof ProtocolError) return refused(error.code, error.message);
      throw error;
    }
  },
  rollback: (from: number): void => twin.rollback(from),
  settle: (number: number): void => twin.settle(number),
  /** Inputs of the step's circuit, by name. */
  input: (number: number) => circuitInput(twin.traceOf(number)),
  root: (): bigint => twin.root,
};
export type TwinFunctions = typeof functions;

serve(functions);

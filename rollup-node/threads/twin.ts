/**
 * The twin thread: the specification's own state, its hashing, and the inputs of circuits.
 * @module
 */
import { decodeGenesis, genesisState } from "#protocol/genesis.ts";
import type { Step } from "#protocol/transition.ts";
import { circuitInput } from "#prover/inputs.ts";
import { Twin } from "../pipeline/twin.ts";
import { serve, threadData } from "./thread.ts";

export type TwinStart = { readonly genesis: string; readonly domain: bigint };

const { genesis, domain } = threadData<TwinStart>();
const twin = new Twin(genesisState(decodeGenesis(genesis), domain));

const functions = {
  apply: (step: Step) => twin.apply(step),
  rollback: (from: number): void => twin.rollback(from),
  settle: (number: number): void => twin.settle(number),
  /** Inputs of the step's circuit, by name. */
  input: (number: number) => circuitInput(twin.traceOf(number)),
  root: (): bigint => twin.root,
};
export type TwinFunctions = typeof functions;

serve(functions);

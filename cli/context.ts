/**
 * What a command receives from outside: tests pass fakes.
 * @module
 */
import type { JsonRpcApiProvider } from "ethers";
import type { AmericanLine, AmericanQuery } from "#protocol/american-line.ts";
import type { ProfileName } from "#protocol/params.ts";
import type { PriceLine, PriceQuery } from "#protocol/price-line.ts";
import type { Artifacts } from "#prover/artifacts.ts";
import type { Prover } from "#prover/prover.ts";
import type { Client } from "#rollup-node/client.ts";
import type { Config } from "#rollup-node/config.ts";
import type { RunningNode } from "#rollup-node/node.ts";
import type { L1User } from "#scripts/l1-user.ts";
import type { Wallet } from "#scripts/wallet.ts";

export type Context = {
  /** Results. */
  readonly stdout: (text: string) => void;
  /** Progress and errors. */
  readonly stderr: (text: string) => void;
  /** Whether stderr is a terminal that can show a moving bar. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly connect: (nodeUrl: string) => Client;
  /** The L1 side of a wallet at the rollup contract `address`. */
  readonly onL1: (l1Url: string, address: string, wallet: Wallet) => L1User;
  readonly connectL1: (l1Url: string) => Promise<JsonRpcApiProvider>;
  /** Prices by a witness of the real circuit; compiles it if it never was. */
  readonly circuitPricer: () => Promise<(query: PriceQuery) => PriceLine>;
  /** The same for an American option's tree of `steps`. */
  readonly americanPricer: (steps: number) => Promise<(query: AmericanQuery) => AmericanLine>;
  /** The keys of a profile, and what checks proofs against them. */
  readonly openProver: (
    profile: ProfileName,
  ) => Promise<{ readonly artifacts: Artifacts; readonly prover: Prover; readonly close: () => void }>;
  /** Runs a program of `scripts/` to its end and returns its exit code; its output is ours. */
  readonly runScript: (path: string, args: readonly string[]) => Promise<number>;
  readonly startNode: (config: Config) => Promise<RunningNode>;
  /** Resolves when the user wants a long-running command to end. */
  readonly untilStopped: () => Promise<void>;
};

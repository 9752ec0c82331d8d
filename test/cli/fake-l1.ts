/**
 * A short history of a devnet rollup, and an L1 that tells it: logs, calldata and views as the contract would give them. Proofs
 * are words without meaning; what L1 verifies is tested with real ones elsewhere.
 * @module
 */
import { type JsonRpcApiProvider, Transaction, toUtf8Bytes } from "ethers";
import { loadExtract } from "#market/load.ts";
import { reportOf, surfaceOf } from "#market/quotes.ts";
import { SERIES } from "#market/series.ts";
import { type BoundKind, commitment, deploymentDomain } from "#protocol/binding.ts";
import type { Execution } from "#protocol/execute.ts";
import { DEVNET_CAP, devnetParameters, encodeGenesis, type Genesis, genesisState } from "#protocol/genesis.ts";
import { intentMessage, type Order } from "#protocol/intent.ts";
import { PROFILE, STEP_KIND } from "#protocol/params.ts";
import { signReport } from "#protocol/report.ts";
import { seriesHash } from "#protocol/series.ts";
import { publicKey, registrationPoint, sign } from "#protocol/signature.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { applyStep, type Step } from "#protocol/transition.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";

export const ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
export const CHAIN_ID = 31337n;
export const KEY_HASH = `0x${"ab".repeat(32)}`;
export type ToldStep = {
  readonly number: bigint;
  readonly kind: BoundKind;
  readonly commitment: bigint;
  readonly words: readonly bigint[];
  readonly proof: readonly bigint[];
  readonly root: bigint;
};
export type History = {
  readonly genesis: string;
  readonly genesisRoot: bigint;
  readonly domain: bigint;
  readonly steps: readonly ToldStep[];
  readonly state: State;
};

const secretOf = (id: number): Uint8Array => new Uint8Array(32).fill(id + 1);

/** Two registrations, a price table, a trade. */
export function makeHistory(): History {
  const domain = deploymentDomain(CHAIN_ID, BigInt(ADDRESS));
  const oracles = [99, 100, 101].map(secretOf);
  const genesis: Genesis = {
    profile: "devnet",
    series: SERIES,
    cap: DEVNET_CAP,
    parameters: devnetParameters(PROFILE.devnet, oracles.map(publicKey)),
  };
  const [first] = loadExtract();
  const report = first && reportOf(surfaceOf(first));
  const [series] = SERIES;
  if (!report || !series) throw new Error("the market has no data");
  const timestamp = report.timestamp;
  const fill = (account: number, side: Order["side"]): Execution => {
    const intent: Order = {
      kind: "order",
      account,
      epoch: 0n,
      nonce: 1n,
      validUntil: timestamp + 60n,
      seriesHash: seriesHash(series),
      side,
      size: 10_000n,
      price: 33_000n,
      feePerLot: 2_000n,
      postOnly: false,
      ioc: false,
      fok: false,
      reduceOnly: false,
    };
    const size = side === "buy" ? 5_000n : -5_000n;
    return {
      intent,
      signature: sign(secretOf(account), intentMessage(domain, intent)),
      size,
      cash: -size * intent.price,
      fee: 2_000n * 5_000n,
    };
  };
  const register = (account: number) => ({
    account,
    request: {
      kind: "register" as const,
      account,
      owner: 0xa11cen + BigInt(account),
      b: registrationPoint(publicKey(secretOf(account))),
      amount: 50_000_000_000n,
    },
    executions: [],
  });
  const script: readonly Step[] = [
    { kind: "trade", timestamp, lanes: [register(0), register(1)] },
    {
      kind: "marks",
      timestamp,
      reports: [oracles.map((secret) => signReport(PROFILE.devnet, domain, report, secret))],
    },
    {
      kind: "trade",
      timestamp,
      lanes: [
        { account: 0, request: null, executions: [fill(0, "buy")] },
        { account: 1, request: null, executions: [fill(1, "sell")] },
      ],
    },
  ];
  const start = genesisState(genesis, domain);
  let state = start;
  const steps = script.map((step): ToldStep => {
    const { state: after, trace } = applyStep(state, step);
    state = after;
    return {
      number: after.globals.number,
      kind: step.kind,
      commitment: commitment(step.kind, PROFILE.devnet, trace.words),
      words: trace.words,
      proof: Array.from({ length: 8 }, () => 7n),
      root: stateRoot(after),
    };
  });
  return { genesis: encodeGenesis(genesis), genesisRoot: stateRoot(start), domain, steps, state };
}

/**
 * An L1 on which every step came in a transaction of its own, in blocks 2, 3, …; `change` tells lies. It takes transactions that
 * announce parameters from `operator`, and shows them to `sent`.
 */
export function fakeL1(
  history: History,
  change: {
    readonly root?: bigint;
    readonly calldata?: readonly ToldStep[];
    readonly announced?: readonly ToldStep[];
    readonly rollups?: number;
    readonly operator?: string;
    readonly sent?: (transaction: Transaction) => void;
  } = {},
): JsonRpcApiProvider {
  const { genesis, genesisRoot, domain, steps } = history;
  const log = (event: string, args: readonly unknown[], block: number, address = ADDRESS) => {
    const fragment = ROLLUP.getEvent(event);
    if (!fragment) throw new Error(`no event ${event}`);
    return {
      address,
      blockNumber: block,
      transactionHash: `0x${block.toString(16).padStart(64, "0")}`,
      ...ROLLUP.encodeEventLog(fragment, [...args]),
    };
  };
  const zero = `0x${"00".repeat(20)}`;
  const logs = [
    ...Array.from({ length: change.rollups ?? 1 }, (_, at) =>
      log(
        "Genesis",
        [genesisRoot, domain, PROFILE.devnet.code, zero, zero, toUtf8Bytes(genesis)],
        1,
        at === 0 ? ADDRESS : `0x${String(at).repeat(40)}`,
      ),
    ),
    ...(change.announced ?? steps).map(({ number, kind, root }) =>
      log("StepAccepted", [number, STEP_KIND[kind], root, 0n, 0n], Number(number) + 1),
    ),
  ];
  const calldata = change.calldata ?? steps;
  const provider = {
    getBlockNumber: async () => 10,
    getNetwork: async () => ({ chainId: CHAIN_ID }),
    getLogs: async ({
      address,
      topics,
      fromBlock,
      toBlock,
    }: {
      address?: string;
      topics: readonly string[];
      fromBlock: number;
      toBlock: number;
    }) =>
      logs.filter(
        (each) =>
          (address ?? each.address) === each.address &&
          topics.every((topic, at) => each.topics[at] === topic) &&
          each.blockNumber >= fromBlock &&
          each.blockNumber <= toBlock,
      ),
    getTransaction: async (hash: string) => {
      const step = calldata[Number(hash) - 2];
      return step
        ? { data: ROLLUP.encodeFunctionData("submit", [[{ ...step, kind: STEP_KIND[step.kind] }]]), value: 0n }
        : null;
    },
    call: async ({ data, from }: { data: string; from?: string }) => {
      const name = ROLLUP.getFunction(data.slice(0, 10))?.name;
      if (name === "root")
        return ROLLUP.encodeFunctionResult("root", [change.root ?? history.steps.at(-1)?.root ?? genesisRoot]);
      if (name === "verifyingKeyHash") return ROLLUP.encodeFunctionResult("verifyingKeyHash", [KEY_HASH]);
      if (name === "announceParameters") {
        if (from === change.operator) return "0x";
        throw Object.assign(new Error("revert"), {
          code: "CALL_EXCEPTION",
          data: ROLLUP.encodeErrorResult("OnlyOperator", [from]),
        });
      }
      throw new Error(`the fake L1 answers no ${data}`);
    },
    getTransactionCount: async () => 0,
    getFeeData: async () => ({ gasPrice: 1n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }),
    estimateGas: async () => 50_000n,
    broadcastTransaction: async (raw: string) => {
      const transaction = Transaction.from(raw);
      change.sent?.(transaction);
      return transaction;
    },
    getTransactionReceipt: async (hash: string) => ({
      hash,
      blockNumber: 10,
      status: 1,
      logs: [],
      confirmations: async () => 1,
    }),
    destroy: () => {},
  };
  return provider as unknown as JsonRpcApiProvider;
}

/**
 * A deployment as L1 alone tells it: its genesis, and every accepted step with the words and the proof that were in calldata.
 * @module
 */
import { AbiCoder, type JsonRpcApiProvider, type Log, toUtf8String } from "ethers";
import { type BoundKind, parseWords } from "#protocol/binding.ts";
import { decodeGenesis, genesisState } from "#protocol/genesis.ts";
import { STEP_KIND } from "#protocol/params.ts";
import { applyWords } from "#protocol/rebuild.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";
import { onChain } from "#rollup-node/l1/provider.ts";

export type L1Step = {
  readonly number: number;
  readonly kind: BoundKind;
  readonly commitment: bigint;
  readonly words: readonly bigint[];
  readonly proof: readonly bigint[];
  /** The root that the contract announced. */
  readonly root: bigint;
  readonly transaction: string;
  readonly block: number;
};
export type L1Deployment = {
  readonly rollup: string;
  readonly block: number;
  /** The text that the constructor published. */
  readonly genesis: string;
  readonly domain: bigint;
  readonly root: bigint;
};

/** Blocks asked for at once. */
const LOG_RANGE = 5_000;

/** Logs of one event from `fromBlock` on, oldest first. */
async function logsOf(
  provider: JsonRpcApiProvider,
  address: string | null,
  event: string,
  fromBlock: number,
  more: readonly string[] = [],
): Promise<Log[]> {
  const topics = [ROLLUP.getEvent(event)?.topicHash ?? "", ...more];
  const newest = await provider.getBlockNumber();
  const logs: Log[] = [];
  for (let block = fromBlock; block <= newest; block += LOG_RANGE) {
    logs.push(
      ...(await provider.getLogs({
        ...(address ? { address } : {}),
        topics,
        fromBlock: block,
        toBlock: Math.min(block + LOG_RANGE - 1, newest),
      })),
    );
  }
  return logs;
}

/** Address of the only rollup on a chain. Throws `WrongDeployment` if there is none, or more than one. */
export function findRollup(provider: JsonRpcApiProvider, fromBlock: number): Promise<string> {
  return onChain(async () => {
    const addresses = [...new Set((await logsOf(provider, null, "Genesis", fromBlock)).map(({ address }) => address))];
    const [only] = addresses;
    if (only && addresses.length === 1) return only;
    throw new NodeError(
      "WrongDeployment",
      only
        ? `the chain has several rollups, ${addresses.join(", ")}: name one`
        : `the chain has no rollup from block ${fromBlock} on`,
    );
  });
}

/** What the constructor published. Throws `WrongDeployment` if nothing did. */
export function readDeployment(provider: JsonRpcApiProvider, rollup: string, fromBlock = 0): Promise<L1Deployment> {
  return onChain(async () => {
    const [log] = await logsOf(provider, rollup, "Genesis", fromBlock);
    const event = log && ROLLUP.parseLog(log);
    if (!log || !event)
      throw new NodeError("WrongDeployment", `no rollup was deployed at ${rollup} from block ${fromBlock} on`);
    const { root, domain, data } = event.args;
    return {
      rollup,
      block: log.blockNumber,
      genesis: toUtf8String(String(data)),
      domain: BigInt(domain),
      root: BigInt(root),
    };
  });
}

/** Accepted steps in their order; only step `number` if it is given. Throws `ChainDisagrees` on logs that do not fit calldata. */
export function readSteps(
  provider: JsonRpcApiProvider,
  { rollup, block }: L1Deployment,
  number?: number,
): Promise<L1Step[]> {
  return onChain(async () => {
    const topic = number === undefined ? [] : [AbiCoder.defaultAbiCoder().encode(["uint256"], [number])];
    const logs = await logsOf(provider, rollup, "StepAccepted", block, topic);
    const submitted = new Map<string, readonly Submitted[]>();
    for (const hash of new Set(logs.map(({ transactionHash }) => transactionHash)))
      submitted.set(hash, await stepsOf(provider, hash));
    return logs.map((log) => stepOf(log, submitted.get(log.transactionHash) ?? []));
  });
}

type Submitted = Pick<L1Step, "kind" | "commitment" | "words" | "proof"> & { readonly number: number };

/** The steps in a transaction's calldata. */
async function stepsOf(provider: JsonRpcApiProvider, hash: string): Promise<readonly Submitted[]> {
  const transaction = await provider.getTransaction(hash);
  const call = transaction && ROLLUP.parseTransaction(transaction);
  if (call?.name !== "submit")
    throw new NodeError("ChainDisagrees", `transaction ${hash} accepted steps without submitting any`);
  const [steps] = call.args as unknown as [
    readonly { commitment: bigint; words: readonly bigint[]; proof: readonly bigint[] }[],
  ];
  return steps.map(({ commitment, words, proof }) => {
    const { kind, number } = parseWords([...words]).header;
    return { kind, commitment, words: [...words], proof: [...proof], number: Number(number) };
  });
}

function stepOf(log: Log, submitted: readonly Submitted[]): L1Step {
  const event = ROLLUP.parseLog(log);
  const number = Number(event?.args.getValue("number"));
  const step = submitted.find((each) => each.number === number);
  if (!event || !step)
    throw new NodeError(
      "ChainDisagrees",
      `L1 says that ${log.transactionHash} has step ${number}; its calldata do not`,
    );
  return {
    ...step,
    root: BigInt(event.args.getValue("root")),
    transaction: log.transactionHash,
    block: log.blockNumber,
  };
}

/** The root that the contract holds now. */
export const readRoot = (provider: JsonRpcApiProvider, rollup: string): Promise<bigint> =>
  onChain(async () => {
    const data = await provider.call({ to: rollup, data: ROLLUP.encodeFunctionData("root") });
    return BigInt(ROLLUP.decodeFunctionResult("root", data)[0]);
  });

/** Hash of the key with which the contract verifies steps of `kind`. */
export const readKeyHash = (provider: JsonRpcApiProvider, rollup: string, kind: L1Step["kind"]): Promise<string> =>
  onChain(async () => {
    const data = await provider.call({
      to: rollup,
      data: ROLLUP.encodeFunctionData("verifyingKeyHash", [STEP_KIND[kind]]),
    });
    return String(ROLLUP.decodeFunctionResult("verifyingKeyHash", data)[0]);
  });

/** The whole state behind the last accepted step, from nothing but L1. Throws `ChainDisagrees` if genesis or a step does not fit. */
export function rebuildState(
  { genesis, domain, root }: L1Deployment,
  steps: readonly L1Step[],
  onStep: (done: number) => void = () => {},
): State {
  let state = genesisState(decodeGenesis(genesis), domain);
  if (stateRoot(state) !== root)
    throw new NodeError(
      "ChainDisagrees",
      `the published genesis leads to root ${stateRoot(state)}; the contract began at ${root}`,
    );
  steps.forEach((step, at) => {
    if (step.number !== at + 1)
      throw new NodeError("ChainDisagrees", `step ${at + 1} is missing; the next on L1 is ${step.number}`);
    state = applyWords(state, step.words);
    if (stateRoot(state) !== step.root)
      throw new NodeError("ChainDisagrees", `the words of step ${step.number} lead to another root than L1 announced`);
    onStep(at + 1);
  });
  return state;
}

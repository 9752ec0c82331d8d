/**
 * L1 as the node sees it: a clock, a queue of requests, and the place where steps become final.
 * @module
 */
import { AbiCoder, type JsonRpcApiProvider, keccak256, type Result, toUtf8String, Wallet } from "ethers";
import { BOUND_KINDS, type BoundKind } from "#protocol/binding.ts";
import { STEP_KIND } from "#protocol/params.ts";
import { parseRequest, type Request } from "#protocol/request.ts";
import { NodeError } from "../errors.ts";
import { ROLLUP } from "./abi.ts";
import { onChain } from "./provider.ts";

/** `nextTimestamp`: what the next block's time would be now; L1 can be quiet for long. */
export type L1Block = { readonly number: number; readonly timestamp: bigint; readonly nextTimestamp: bigint };
/** Where the contract stands: its last step's number and the root behind it. */
export type Position = { readonly number: number; readonly root: bigint };
export type Contract = {
  readonly chainId: number;
  readonly rollup: string;
  readonly token: string;
  readonly operator: string;
  readonly domain: bigint;
  readonly genesis: string;
  /** By kind of step. */
  readonly verifyingKeys: Readonly<Record<string, string>>;
  /** Seconds a step's timestamp may lie behind L1's. */
  readonly timestampWindow: bigint;
};
export type ProvedStep = {
  readonly kind: BoundKind;
  readonly commitment: bigint;
  readonly words: readonly bigint[];
  readonly proof: readonly bigint[];
};
export type SignedTransaction = { readonly hash: string; readonly raw: string };
export type Inclusion = {
  readonly hash: string;
  readonly block: number;
  readonly gas: bigint;
  readonly isAccepted: boolean;
};

/** What the pipeline asks of L1. Every call throws `ChainDown` when L1 does not answer, `L1Revert` when it refuses. */
export interface L1 {
  readonly operator: string;
  head(): Promise<L1Block>;
  /** Requests behind the first `from` that are `confirmations` deep, at most `limit`. Throws `ChainDisagrees` if what L1 tells does not fit its own count. */
  requests(from: number, limit: number): Promise<readonly Request[]>;
  position(block?: number): Promise<Position>;
  /** A signed transaction that submits `steps`, simulated before. `attempt` raises its fee, to replace one that hangs. */
  sign(steps: readonly ProvedStep[], attempt: number): Promise<SignedTransaction>;
  /** Sends it, or sends it again: a transaction can be included only once. */
  broadcast(transaction: SignedTransaction): Promise<void>;
  inclusion(hash: string): Promise<Inclusion | null>;
  /** The transaction that got step `number` accepted, whoever sent it. */
  acceptance(number: number): Promise<Inclusion | null>;
  /** Whether the contract admits a step with the parameters of this announcement by now. */
  isAnnounced(announcement: bigint): Promise<boolean>;
  /** Signs 32 bytes with the operator's key. */
  signDigest(digest: Uint8Array): Promise<string>;
}

export type L1Options = {
  readonly provider: JsonRpcApiProvider;
  readonly rollup: string;
  readonly operatorKey: string;
  readonly confirmations: number;
  /** First block with logs of the deployment. */
  readonly deploymentBlock: number;
};

type RawBlock = { readonly number: string; readonly timestamp: string };

/** Blocks asked for at once. */
const LOG_RANGE = 5_000;
const EMPTY_QUEUE = `0x${"0".repeat(64)}`;

export class EthersL1 implements L1 {
  readonly #options: L1Options;
  readonly #wallet: Wallet;
  /** How far the queue was read: hash chain over the requests, and the next block to look at. */
  #read = { count: 0, chain: EMPTY_QUEUE, block: 0 };

  constructor(options: L1Options) {
    this.#options = options;
    this.#wallet = new Wallet(options.operatorKey, options.provider);
    this.#read.block = options.deploymentBlock;
  }

  get operator(): string {
    return this.#wallet.address;
  }

  /** What the contract says of itself. Throws `WrongDeployment` if none is there. */
  contract(): Promise<Contract> {
    return onChain(async () => {
      const { provider, rollup, deploymentBlock } = this.#options;
      if ((await provider.getCode(rollup)) === "0x")
        throw new NodeError("WrongDeployment", `there is no contract at ${rollup}`);
      const [log] = await provider.getLogs({
        address: rollup,
        topics: [topic("Genesis")],
        fromBlock: deploymentBlock,
        toBlock: deploymentBlock + LOG_RANGE,
      });
      if (!log)
        throw new NodeError(
          "WrongDeployment",
          `the contract at ${rollup} published no genesis in or soon after block ${deploymentBlock}`,
        );
      const { domain, token, operator, data } = parsed(log);
      const hashes = await Promise.all(
        BOUND_KINDS.map(async (kind) => [kind, String((await this.#call("verifyingKeyHash", [STEP_KIND[kind]]))[0])]),
      );
      const [timestampWindow] = await this.#call("TIMESTAMP_WINDOW");
      return {
        chainId: Number((await provider.getNetwork()).chainId),
        rollup,
        token: String(token),
        operator: String(operator),
        domain: BigInt(domain),
        genesis: toUtf8String(String(data)),
        verifyingKeys: Object.fromEntries(hashes),
        timestampWindow: BigInt(timestampWindow),
      };
    });
  }

  head(): Promise<L1Block> {
    return onChain(async () => {
      const { provider } = this.#options;
      const [latest, pending] = await Promise.all(
        ["latest", "pending"].map(
          (tag) => provider.send("eth_getBlockByNumber", [tag, false]) as Promise<RawBlock | null>,
        ),
      );
      if (!latest) throw new NodeError("ChainDown", "L1 has no newest block");
      const timestamp = BigInt(latest.timestamp);
      return {
        number: Number(latest.number),
        timestamp,
        nextTimestamp: pending ? BigInt(pending.timestamp) : timestamp,
      };
    });
  }

  requests(from: number, limit: number): Promise<readonly Request[]> {
    return onChain(async () => {
      const { confirmations } = this.#options;
      const confirmed = (await this.head()).number - confirmations;
      if (confirmed < this.#options.deploymentBlock) return [];
      await this.#seek(from, confirmed);
      const queued = Number((await this.#call("requestCount", [], confirmed))[0]);
      if (queued === from) {
        this.#read.block = confirmed + 1;
        return [];
      }
      return this.#readQueue(from, Math.min(queued, from + limit), confirmed);
    });
  }

  position(block?: number): Promise<Position> {
    return onChain(async () => {
      const at = block ?? (await this.head()).number;
      const [[number]] = await this.#call("head", [], at);
      const [root] = await this.#call("root", [], at);
      return { number: Number(number), root: BigInt(root) };
    });
  }

  sign(steps: readonly ProvedStep[], attempt: number): Promise<SignedTransaction> {
    return onChain(async () => {
      const { provider, rollup } = this.#options;
      const data = ROLLUP.encodeFunctionData("submit", [
        steps.map((step) => ({ ...step, kind: STEP_KIND[step.kind] })),
      ]);
      const call = { from: this.operator, to: rollup, data };
      // Says by name what the contract would refuse, before anything is spent.
      const gas = await provider.estimateGas(call);
      const { chainId } = await provider.getNetwork();
      const nonce = await provider.getTransactionCount(this.operator, "latest");
      const fees = await provider.getFeeData();
      const raised = (fee: bigint | null): bigint => ((fee ?? 1_000_000_000n) * (4n + BigInt(attempt))) / 4n;
      const raw = await this.#wallet.signTransaction({
        type: 2,
        chainId,
        nonce,
        to: rollup,
        data,
        gasLimit: (gas * 5n) / 4n,
        maxFeePerGas: raised(fees.maxFeePerGas),
        maxPriorityFeePerGas: raised(fees.maxPriorityFeePerGas),
      });
      return { raw, hash: keccak256(raw) };
    });
  }

  broadcast({ raw, hash }: SignedTransaction): Promise<void> {
    return onChain(async () => {
      try {
        await this.#options.provider.broadcastTransaction(raw);
      } catch (error) {
        // Included or waiting already, or its nonce was used by another: what became of it is told by the chain.
        const known = /already known|already imported|nonce too low|nonce has already been used|known transaction/i;
        if (!(error instanceof Error && known.test(error.message)) && !(await this.inclusion(hash))) throw error;
      }
    });
  }

  inclusion(hash: string): Promise<Inclusion | null> {
    return onChain(async () => {
      const receipt = await this.#options.provider.getTransactionReceipt(hash);
      return receipt && { hash, block: receipt.blockNumber, gas: receipt.gasUsed, isAccepted: receipt.status === 1 };
    });
  }

  acceptance(number: number): Promise<Inclusion | null> {
    return onChain(async () => {
      const { provider, rollup, deploymentBlock } = this.#options;
      const topics = [topic("StepAccepted"), AbiCoder.defaultAbiCoder().encode(["uint256"], [number])];
      for (let to = (await this.head()).number; to >= deploymentBlock; to -= LOG_RANGE) {
        const [log] = await provider.getLogs({
          address: rollup,
          topics,
          fromBlock: Math.max(deploymentBlock, to - LOG_RANGE + 1),
          toBlock: to,
        });
        if (log) return this.inclusion(log.transactionHash);
      }
      return null;
    });
  }

  isAnnounced(announcement: bigint): Promise<boolean> {
    return onChain(async () => {
      const [[announced], [from], { timestamp }] = await Promise.all([
        this.#call("announcedParameters"),
        this.#call("parametersAdmittedFrom"),
        this.head(),
      ]);
      return BigInt(announced) === announcement && BigInt(from) <= timestamp;
    });
  }

  signDigest(digest: Uint8Array): Promise<string> {
    return this.#wallet.signMessage(digest);
  }

  /** Reads the logs of requests `from`..`to` and compares them with the hash that the contract keeps over its queue. */
  async #readQueue(from: number, to: number, confirmed: number): Promise<readonly Request[]> {
    const { provider, rollup } = this.#options;
    const words: bigint[][] = [];
    let block = this.#read.block;
    let last = block;
    while (words.length < to - from && block <= confirmed) {
      const toBlock = Math.min(block + LOG_RANGE - 1, confirmed);
      const logs = await provider.getLogs({
        address: rollup,
        topics: [topic("RequestQueued")],
        fromBlock: block,
        toBlock,
      });
      for (const log of logs) {
        const { index, words: queued } = parsed(log);
        if (Number(index) !== from + words.length || words.length === to - from) continue;
        words.push([...queued].map(BigInt));
        // Its block may hold more requests than were asked for: it is looked at again.
        last = log.blockNumber;
      }
      block = toBlock + 1;
    }
    const chain = words.reduce(
      (digest, each) => keccak256(`${digest}${each.map((word) => word.toString(16).padStart(64, "0")).join("")}`),
      this.#read.chain,
    );
    const [expected] = await this.#call("queueAt", [to], confirmed);
    if (words.length !== to - from || chain !== expected) {
      throw new NodeError(
        "ChainDisagrees",
        `L1 names ${to} requests, but its logs of ${from} to ${to - 1} do not hash to what its contract keeps`,
      );
    }
    this.#read = { count: to, chain, block: last };
    return words.map(parseRequest);
  }

  /** Makes `#read` stand behind request `from`; what was read before must still be what the contract keeps. */
  async #seek(from: number, confirmed: number): Promise<void> {
    if (from === 0) return;
    const [chain] = await this.#call("queueAt", [from], confirmed);
    if (this.#read.count === from && this.#read.chain !== chain) {
      throw new NodeError(
        "ChainDisagrees",
        `the first ${from} requests on L1 are not those that were read: a reorganisation deeper than ${this.#options.confirmations} blocks`,
      );
    }
    this.#read = { ...this.#read, count: from, chain: String(chain) };
  }

  async #call(name: string, args: readonly unknown[] = [], blockTag: number | "latest" = "latest"): Promise<Result> {
    const { provider, rollup } = this.#options;
    const data = await provider.call({ to: rollup, data: ROLLUP.encodeFunctionData(name, args), blockTag });
    return ROLLUP.decodeFunctionResult(name, data);
  }
}

const topic = (event: string): string => ROLLUP.getEvent(event)?.topicHash ?? "";
const parsed = (log: { readonly topics: readonly string[]; readonly data: string }): Result => {
  const event = ROLLUP.parseLog(log);
  if (!event) throw new NodeError("ChainDisagrees", "L1 returned a log that is not the contract's");
  return event.args;
};

/**
 * A venue for tests of the node: an L1 in memory whose failures a test can order, and a node on top of it. Engine, store,
 * threads and API are the real ones; proofs and the contract have their own tests.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { pino } from "pino";
import { parseWords } from "#protocol/binding.ts";
import { DEVNET_CAP, encodeGenesis, genesisState } from "#protocol/genesis.ts";
import { intentMessage, type Order, type SignedIntent } from "#protocol/intent.ts";
import { PROFILE, type ProfileName, quorum } from "#protocol/params.ts";
import { type SignedReport, signReport } from "#protocol/report.ts";
import type { Request } from "#protocol/request.ts";
import { type Series, seriesHash, seriesName } from "#protocol/series.ts";
import { sign } from "#protocol/signature.ts";
import { stateRoot } from "#protocol/state.ts";
import { createClient } from "#rollup-node/client.ts";
import { NodeError } from "#rollup-node/errors.ts";
import type { Deployment } from "#rollup-node/journal.ts";
import type { Inclusion, L1, L1Block, Position, ProvedStep, SignedTransaction } from "#rollup-node/l1/l1.ts";
import { type NodeParts, type RunningNode, runNode } from "#rollup-node/node.ts";
import type { StepProver } from "#rollup-node/pipeline/proving.ts";
import { Sequencer } from "#rollup-node/sequencer.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, PARAMETERS, register, seriesList, trader } from "#test/support/world.ts";

export const OPERATOR = new Wallet(`0x${"11".repeat(32)}`);
const WINDOW = 1_800n;

/** L1 as far as the node sees it: blocks, a queue, a root. Accepts whatever has the right old root, number and time. */
export class MemoryL1 implements L1 {
  readonly operator = OPERATOR.address;
  readonly queue: Request[] = [];
  readonly steps: { readonly words: readonly bigint[]; readonly hash: string; readonly block: number }[] = [];
  readonly transactions = new Map<string, readonly ProvedStep[]>();
  readonly included = new Map<string, Inclusion>();
  genesisRoot = 0n;
  block = 1;
  timestamp = NOW;
  isDown = false;
  /** Transactions are taken and not included, as in a mempool. */
  isHolding = false;
  broadcasts = 0;
  #nonce = 0;

  async head(): Promise<L1Block> {
    this.#alive();
    return { number: this.block, timestamp: this.timestamp, nextTimestamp: this.timestamp };
  }
  async requests(from: number, limit: number): Promise<readonly Request[]> {
    this.#alive();
    return this.queue.slice(from, from + limit);
  }
  async position(block = this.block): Promise<Position> {
    this.#alive();
    const steps = this.steps.filter((step) => step.block <= block);
    return { number: steps.length, root: steps.at(-1)?.words[2] ?? this.genesisRoot };
  }
  async sign(steps: readonly ProvedStep[], attempt: number): Promise<SignedTransaction> {
    this.#alive();
    const hash = `0x${(++this.#nonce).toString(16)}${attempt}`;
    this.transactions.set(hash, steps);
    return { hash, raw: hash };
  }
  async broadcast({ hash }: SignedTransaction): Promise<void> {
    this.#alive();
    this.broadcasts++;
    if (!this.isHolding) this.include(hash);
  }
  async inclusion(hash: string): Promise<Inclusion | null> {
    this.#alive();
    return this.included.get(hash) ?? null;
  }
  async acceptance(number: number): Promise<Inclusion | null> {
    this.#alive();
    return this.included.get(this.steps[number - 1]?.hash ?? "") ?? null;
  }
  /** Whether announcements of parameters are old enough. */
  isEverythingAnnounced = false;
  async isAnnounced(): Promise<boolean> {
    this.#alive();
    return this.isEverythingAnnounced;
  }
  signDigest(digest: Uint8Array): Promise<string> {
    return OPERATOR.signMessage(digest);
  }

  /** Mines a block with the transaction; a step that the contract would refuse makes it revert. */
  include(hash: string): void {
    if (this.included.has(hash)) return;
    this.block++;
    this.timestamp++;
    let root = this.steps.at(-1)?.words[2] ?? this.genesisRoot;
    const added: { words: readonly bigint[]; hash: string; block: number }[] = [];
    for (const { words } of this.transactions.get(hash) ?? []) {
      const { header } = parseWords(words);
      const isYoung = header.timestamp + WINDOW >= this.timestamp && header.timestamp <= this.timestamp + 15n;
      if (header.oldRoot !== root || header.number !== BigInt(this.steps.length + added.length + 1) || !isYoung) {
        this.included.set(hash, { hash, block: this.block, gas: 1n, isAccepted: false });
        return;
      }
      root = header.newRoot;
      added.push({ words, hash, block: this.block });
    }
    this.steps.push(...added);
    this.included.set(hash, { hash, block: this.block, gas: 300_000n, isAccepted: true });
  }
  mine(seconds: bigint): void {
    this.block++;
    this.timestamp += seconds;
  }
  /** Takes the newest blocks back, with the steps in them. */
  reorganise(blocks: number): void {
    this.block -= blocks;
    for (const [hash, { block }] of this.included) if (block > this.block) this.included.delete(hash);
    while ((this.steps.at(-1)?.block ?? 0) > this.block) this.steps.pop();
  }
  #alive(): void {
    if (this.isDown) throw new NodeError("ChainDown", "L1 does not answer");
  }
}

/** Answers with the public inputs that a real proof of these words has; can be told to fail. */
export class MemoryProver implements StepProver {
  proofs = 0;
  delayMs = 0;
  refuse: (input: Readonly<Record<string, unknown>>) => string | null = () => null;
  async prove({ input }: { readonly instance: string; readonly input: never }) {
    const signals: Readonly<Record<string, unknown>> = input;
    if (this.delayMs) await new Promise((done) => setTimeout(done, this.delayMs));
    const code = this.refuse(signals);
    if (code) throw Object.assign(new Error("the circuit refuses"), { code });
    this.proofs++;
    const publicSignals = ["c", "z", "y"].map((name) => signals[name] as bigint);
    return { proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n], publicSignals, timings: { proveMs: 1 } };
  }
}

export type VenueOptions = {
  readonly profile?: ProfileName;
  readonly sealDelayMs?: number;
  readonly folder?: string;
  readonly l1?: MemoryL1;
  readonly prover?: MemoryProver;
  readonly settlementSeconds?: bigint;
  readonly oracleGraceMs?: number;
  readonly makerFee?: bigint;
  readonly takerFee?: bigint;
};

export const genesisFor = (profile: ProfileName) => ({
  profile,
  series: seriesList(PROFILE[profile]),
  cap: DEVNET_CAP,
  parameters: PARAMETERS,
});
export const deploymentFor = ({
  profile = "tiny",
  settlementSeconds = 60n,
  makerFee = 0n,
  takerFee = 0n,
}: VenueOptions = {}): Deployment => ({
  type: "deployment",
  chainId: 31_337,
  rollup: `0x${"22".repeat(20)}`,
  token: `0x${"33".repeat(20)}`,
  domain: DOMAIN,
  genesis: encodeGenesis(genesisFor(profile)),
  verifyingKeys: { marks: "0x01", trade: "0x02", board: "0x03" },
  timestampWindow: WINDOW,
  makerFee,
  takerFee,
  settlementSeconds,
});

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "provega-node-"));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

export type Venue = Awaited<ReturnType<typeof openVenue>>;

/** A node on an in-memory L1, with a client. */
export async function openVenue(options: VenueOptions = {}) {
  const {
    profile = "tiny",
    sealDelayMs = 20,
    folder = temporaryFolder(),
    l1 = new MemoryL1(),
    prover = new MemoryProver(),
    oracleGraceMs = 0,
  } = options;
  l1.genesisRoot = stateRoot(genesisState(genesisFor(profile), DOMAIN));
  const sequencer = await Sequencer.open(folder, async () => deploymentFor(options));
  const parts: NodeParts = {
    sequencer,
    l1,
    prover,
    logger: pino({ level: process.env["PROVEGA_LOG"] ?? "silent" }),
    host: "127.0.0.1",
    port: 0,
    confirmations: 1,
    sealDelayMs,
    pollMs: 10,
    oracleGraceMs,
  };
  const node: RunningNode = await runNode(parts);
  const client = createClient(node.url);
  const series = seriesList(PROFILE[profile]) as readonly [Series, ...Series[]];

  const order = (account: number, nonce: bigint, terms: Partial<Order> & { readonly slot?: number } = {}): Order => {
    const { slot = 0, ...rest } = terms;
    return {
      kind: "order",
      account,
      epoch: sequencer.engine.accounts.get(account)?.epoch ?? 0n,
      nonce,
      validUntil: l1.timestamp + 3_600n,
      seriesHash: seriesHash(series[slot] ?? series[0]),
      side: "buy",
      size: 100n,
      price: 300_000n,
      feePerLot: 1_000n,
      postOnly: false,
      ioc: false,
      fok: false,
      reduceOnly: false,
      ...rest,
    };
  };
  const signed = (intent: SignedIntent["intent"], by = intent.account, domain = DOMAIN): SignedIntent => ({
    intent,
    signature: sign(trader(by).secret, intentMessage(domain, intent)),
  });
  const nameOf = (intent: SignedIntent["intent"]): string => {
    const found = intent.kind === "order" ? series.find((each) => seriesHash(each) === intent.seriesHash) : undefined;
    return found ? seriesName(found) : "";
  };
  const submit = (intent: SignedIntent["intent"], clientOrderId = `c-${intent.epoch}-${intent.nonce}`) =>
    client.submit(signed(intent), clientOrderId, nameOf(intent));
  return {
    folder,
    l1,
    prover,
    sequencer,
    node,
    client,
    series,
    order,
    signed,
    submit,
    nameOf,
    names: series.map(seriesName),
    /** Registers accounts 0..count-1 with a deposit each, 1e-6 USDC, and waits until the node knows them. */
    async fund(count: number, amount = 50_000_000_000n): Promise<void> {
      for (let id = 0; id < count; id++) l1.queue.push(register(id, amount));
      await until(() => sequencer.engine.accounts.size === count);
    },
    publish: (timestamp = l1.timestamp, spotUsd = 64_000n) =>
      client.publishMarks(quorumReports(profile, timestamp, spotUsd)),
    /** Waits until everything that happened is final on L1. */
    async settled(): Promise<void> {
      await until(() => {
        if (sequencer.steps.heightOf("posted") > sequencer.steps.heightOf("final")) l1.mine(1n);
        return sequencer.engine.pending.length === 0 && sequencer.steps.heightOf("final") === sequencer.steps.height;
      });
    },
    /** Waits until nothing has been journaled for a while. */
    async quiet(): Promise<void> {
      for (let height = -1; height !== sequencer.height; ) {
        height = sequencer.height;
        await new Promise((done) => setTimeout(done, 250));
      }
    },
    close: () => node.close(),
  };
}

/** Reports of a quorum with a flat surface of about 60 % volatility. */
export function quorumReports(
  profile: ProfileName,
  timestamp: bigint,
  spotUsd: bigint,
  secrets: readonly Uint8Array[] = ORACLE_SECRETS.slice(0, quorum(PROFILE[profile])),
): readonly SignedReport[] {
  const unit = 1n << 40n;
  const years = Number(EXPIRY - timestamp) / 31_536_000;
  const variance = BigInt(Math.round(0.36 * years * Number(unit)));
  const forward = spotUsd * 100_000_000n;
  const svi = { a: variance, b: 0n, rho: 0n, m: 0n, sigma: unit / 10n };
  const expiries = [{ expiry: EXPIRY, forward, discount: unit, svi }];
  const report = { underlying: 0, timestamp, spot: forward, impactMid: forward, expiries };
  return secrets.map((secret) => signReport(PROFILE[profile], DOMAIN, report, secret));
}

export async function until(isTrue: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (const start = Date.now(); !(await isTrue()); ) {
    if (Date.now() - start > timeoutMs) throw new Error("waited in vain");
    await new Promise((done) => setTimeout(done, 5));
  }
}

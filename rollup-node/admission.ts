/**
 * Admission of what comes from outside: cheap checks, the signature in another process, the engine, the journal, and
 * only then a receipt.
 * @module
 */
import { keccakWords } from "#protocol/binding.ts";
import { type Intent, intentMessage, type SignedIntent } from "#protocol/intent.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import type { SignedReport } from "#protocol/report.ts";
import type { Signature } from "#protocol/signature.ts";
import { checkIntent } from "./engine/admit.ts";
import { tableOf } from "./engine/seal.ts";
import { isRefused, REFUSAL, type RefusalCode, type Refused, refused } from "./errors.ts";
import type { IntentRecord } from "./history.ts";
import type { Committed, Sequencer } from "./sequencer.ts";
import { encode } from "./store/codec.ts";
import type { Receipt } from "./wire.ts";
import type { AdmissionFunctions } from "./workers/admission.ts";
import { WorkerError, type WorkerOf } from "./workers/worker.ts";

/** The operator's signature of 32 bytes, and whose it is. */
export type Operator = { readonly address: string; sign(digest: Uint8Array): Promise<string> };
export type Admitted = {
  readonly receipt: Receipt;
  readonly record: IntentRecord;
  readonly committed: Committed | null;
};

export type AdmissionOptions = {
  readonly sequencer: Sequencer;
  readonly worker: WorkerOf<AdmissionFunctions>;
  readonly operator: Operator;
  /** Signatures waiting beyond this are refused, so that memory stays bounded and everyone's latency too. */
  readonly maxWaiting?: number;
};

const MAX_WAITING = 256;
/** Operations waiting to be sealed. */
const MAX_PENDING = 10_000;

export class Admission {
  readonly #sequencer: Sequencer;
  readonly #worker: WorkerOf<AdmissionFunctions>;
  readonly #operator: Operator;
  readonly #maxWaiting: number;
  /** Writes under way, so that a repeated call waits for the first one's. */
  readonly #durable = new Map<number, Promise<void>>();

  constructor({ sequencer, worker, operator, maxWaiting = MAX_WAITING }: AdmissionOptions) {
    this.#sequencer = sequencer;
    this.#worker = worker;
    this.#operator = operator;
    this.#maxWaiting = maxWaiting;
  }

  /** Sequences a signed intent. The same call again gets the same receipt. */
  async submit(intent: Intent, signature: Signature, clientOrderId: string): Promise<Admitted | Refused> {
    const { engine, deployment, genesis } = this.#sequencer;
    this.#assertWritable();
    const known = this.#known(intent, signature, clientOrderId);
    if (known) return this.#again(known);
    if (engine.pending.length >= MAX_PENDING || this.#worker.waiting >= this.#maxWaiting)
      return refused("Busy", "too many intents are waiting; try again");
    const account = engine.accounts.get(intent.account);
    const refusal = checkIntent(engine, intent);
    if (refusal || !account) return refusal ?? refused("UnknownAccount", `account ${intent.account} is not registered`);
    const message = await caught(
      this.#worker.call("verifyIntent", { domain: genesis.domain, key: account.key, intent, signature }),
    );
    if (typeof message !== "bigint") return message;
    // The world may have moved while the signature was checked: the engine decides, and a twin call may have won.
    const raced = this.#known(intent, signature, clientOrderId);
    if (raced) return this.#again(raced);
    const committed = this.#sequencer.commit({ type: "intent", intent, signature, clientOrderId });
    if (isRefused(committed)) return committed;
    await this.#settle(committed);
    const record = this.#sequencer.history.byClient(intent.account, clientOrderId) as IntentRecord;
    return { receipt: await this.#receipt(deployment.domain, record, message), record, committed };
  }

  /** Indices of the oracles that have signed, -1 for a report that none has. */
  signers(reports: readonly SignedReport[]): Promise<readonly number[] | Refused> {
    if (this.#worker.waiting >= this.#maxWaiting)
      return Promise.resolve(refused("Busy", "too many signatures are waiting; try again"));
    const { profile, domain, parameters } = this.#sequencer.genesis;
    return caught(
      this.#worker.call("signers", { profile: profile.name, domain, oracles: parameters.oracles, reports }),
    );
  }

  /** Adopts the reports of a quorum: the table they price is in force at once, or waits as a candidate. */
  async adopt(reports: MarksStep["reports"]): Promise<Committed | Refused> {
    const { engine, genesis } = this.#sequencer;
    const { profile, domain, parameters } = genesis;
    const table = await caught(
      this.#worker.call("price", {
        profile: profile.name,
        domain,
        parameters,
        board: engine.board,
        marks: engine.marks,
        time: engine.time,
        reports,
      }),
    );
    if ("refused" in table) return table;
    if (tableOf(this.#sequencer.engine).marks !== engine.marks)
      return refused("Busy", "other marks were adopted meanwhile; try again");
    const committed = this.#sequencer.commit({ type: "marks", reports, table });
    if (!isRefused(committed)) await this.#settle(committed);
    return committed;
  }

  /** The point to register for a key. */
  registration(key: Signature["r8"]): Promise<Signature["r8"] | Refused> {
    return caught(this.#worker.call("registration", key));
  }

  /** After a failed write memory may hold what the disk does not: nothing is promised any more, not even once again. */
  #assertWritable(): void {
    const { failure } = this.#sequencer;
    if (failure) throw failure;
  }

  /** An earlier call under the same client order id, or a refusal if it was about something else. */
  #known(intent: Intent, signature: Signature, clientOrderId: string): IntentRecord | Refused | null {
    const record = this.#sequencer.history.byClient(intent.account, clientOrderId);
    if (!record) return null;
    return sameSignature(record.signature, signature) && encode(record.intent) === encode(intent)
      ? record
      : refused("DuplicateClientOrderId", `"${clientOrderId}" names another intent of account ${intent.account}`);
  }

  async #again(known: IntentRecord | Refused): Promise<Admitted | Refused> {
    if (isRefused(known)) return known;
    await this.#durable.get(known.sequence);
    this.#assertWritable();
    const { domain } = this.#sequencer.deployment;
    return {
      receipt: await this.#receipt(domain, known, intentMessage(domain, known.intent)),
      record: known,
      committed: null,
    };
  }

  async #settle({ sequence, durable }: Committed): Promise<void> {
    this.#durable.set(sequence, durable);
    try {
      await durable;
    } finally {
      this.#durable.delete(sequence);
    }
  }

  async #receipt(domain: bigint, { sequence, journalHash }: IntentRecord, message: bigint): Promise<Receipt> {
    const digest = receiptDigest(domain, sequence, message, journalHash);
    return {
      sequence,
      intentHash: message.toString(),
      journalHash: `0x${journalHash}`,
      signature: await this.#operator.sign(digest),
      operator: this.#operator.address,
    };
  }
}

/** What a receipt signs: keccak256 over domain, sequence, the intent's message and the journal's head, 32 bytes each. */
export function receiptDigest(domain: bigint, sequence: number, message: bigint, journalHash: string): Uint8Array {
  const digest = keccakWords([domain, BigInt(sequence), message, BigInt(`0x${journalHash.replace(/^0x/, "")}`)]);
  return Buffer.from(digest.toString(16).padStart(64, "0"), "hex");
}

const sameSignature = (a: SignedIntent["signature"], b: SignedIntent["signature"]): boolean =>
  a.s === b.s && a.r8.x === b.r8.x && a.r8.y === b.r8.y;

/** A refusal that a worker threw becomes a value; anything else is a fault of the node. */
async function caught<T>(call: Promise<T>): Promise<T | Refused> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof WorkerError && error.code !== null && Object.hasOwn(REFUSAL, error.code)) {
      return refused(error.code as RefusalCode, error.message);
    }
    throw error;
  }
}

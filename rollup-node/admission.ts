/**
 * Admission of what comes from outside: cheap checks, the signature in another process, the engine, the journal, and
 * only then a receipt.
 * @module
 */
import { keccakWords } from "#protocol/binding.ts";
import { type BulkPath, type Intent, intentMessage, type SignedIntent } from "#protocol/intent.ts";
import type { MarksStep } from "#protocol/marks-step.ts";
import type { SignedReport } from "#protocol/report.ts";
import type { Signature } from "#protocol/signature.ts";
import type { SignedSpotSum } from "#protocol/spot-sum.ts";
import { checkHead, checkIntent } from "./engine/admit.ts";
import { tableOf } from "./engine/board.ts";
import type { Command, EngineState, Submission } from "./engine/types.ts";
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

/** An intent as it comes in: who signed it is not known yet. */
export type Given = Omit<Submission, "signer">;

type IntentCommand = Extract<Command, { type: "intent" | "ask" | "quote" }>;

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
/** No point of the curve: nothing verifies under it. */
const NOBODY = { x: 0n, y: 0n };

const toIntent = (submission: Submission): IntentCommand => ({ type: "intent", ...submission });
const signedOf = ({ intent, signature, bulk }: Given): SignedIntent => ({
  intent,
  signature,
  ...(bulk ? { bulk } : {}),
});

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

  /**
   * Sequences a signed intent; the key that signed it is found. The same call again gets the same receipt. `as` makes another
   * command of it: an ask, or a quote.
   */
  async submit(given: Given, as: (submission: Submission) => IntentCommand = toIntent): Promise<Admitted | Refused> {
    const { engine, deployment } = this.#sequencer;
    const { intent, clientOrderId } = given;
    this.#assertWritable();
    const known = this.#known(given);
    if (known) return this.#again(known);
    if (this.#isBusy(engine)) return refused("Busy", "too many intents are waiting; try again");
    // What an ask or a quote may be beside that is for the engine to say.
    const refusal = (as === toIntent ? checkIntent : checkHead)(engine, { intent });
    if (refusal) return refusal;
    const verified = await caught(
      this.#worker.call("verifyIntent", { ...this.#keysOf(intent.account), ...signedOf(given) }),
    );
    if (isRefused(verified)) return verified;
    // The world may have moved while the signature was checked: the engine decides, and a twin call may have won.
    const raced = this.#known(given);
    if (raced) return this.#again(raced);
    const committed = this.#sequencer.commit(as({ ...given, signer: verified.signer }));
    if (isRefused(committed)) return committed;
    await this.#settle(committed);
    const record = this.#sequencer.history.byClient(intent.account, clientOrderId) as IntentRecord;
    return { receipt: await this.#receipt(deployment.domain, record, verified.message), record, committed };
  }

  /** Sequences intents of one account under one signature, at once: each stands or is refused by itself. */
  async submitAll(
    intents: readonly Intent[],
    signature: Signature,
    clientOrderId: string,
  ): Promise<readonly (Admitted | Refused)[] | Refused> {
    const { engine, deployment } = this.#sequencer;
    this.#assertWritable();
    const account = intents[0]?.account ?? -1;
    if (intents.some((each) => each.account !== account))
      return refused("InvalidParams", "the intents under one signature are of one account");
    if (!engine.accounts.get(account)) return refused("UnknownAccount", `account ${account} is not registered`);
    if (this.#isBusy(engine)) return refused("Busy", "too many intents are waiting; try again");
    const verified = await caught(this.#worker.call("verifyIntents", { ...this.#keysOf(account), intents, signature }));
    if (isRefused(verified)) return verified;
    const { signer, paths, messages } = verified;
    const submissions = intents.map((intent, at) => ({
      intent,
      signature,
      signer,
      bulk: paths[at] as BulkPath,
      clientOrderId: `${clientOrderId}.${at}`,
    }));
    const isQuoting = intents.every(({ kind }) => kind === "order");
    const refusals = isQuoting ? await this.#quoteAll(account, submissions) : await this.#commitAll(submissions);
    if (isRefused(refusals)) return refusals;
    return Promise.all(
      submissions.map(async (submission, at) => {
        const refusal = refusals[at];
        if (refusal) return refusal;
        const record = this.#sequencer.history.byClient(account, submission.clientOrderId) as IntentRecord;
        return {
          receipt: await this.#receipt(deployment.domain, record, messages[at] as bigint),
          record,
          committed: null,
        };
      }),
    );
  }

  /** One command: what the account quoted before leaves with it. */
  async #quoteAll(account: number, submissions: readonly Submission[]): Promise<readonly (Refused | null)[] | Refused> {
    const orders = submissions.filter((each) => !this.#known(each));
    if (orders.length < submissions.length)
      return refused("DuplicateClientOrderId", "a mass quote of this account had the same client order id");
    const committed = this.#sequencer.commit({ type: "quotes", account, orders });
    if (isRefused(committed)) return committed;
    await this.#settle(committed);
    const rejected = new Map(
      committed.events.flatMap((event) => (event.type === "rejected" ? [[event.intent, event.refusal]] : [])),
    );
    return orders.map(({ intent }) => rejected.get(intent) ?? null);
  }

  /** One command each. */
  async #commitAll(submissions: readonly Submission[]): Promise<readonly (Refused | null)[]> {
    const outcomes = submissions.map((submission) => {
      const known = this.#known(submission);
      if (known) return isRefused(known) ? known : null;
      return this.#sequencer.commit(toIntent(submission));
    });
    await Promise.all(outcomes.map((each) => (each && !isRefused(each) ? this.#settle(each) : null)));
    return outcomes.map((each) => (each && isRefused(each) ? each : null));
  }

  /** Whose message it is: the place of the key in the account, 0 the master's. */
  controller(account: number, message: bigint, signature: Signature): Promise<number | Refused> {
    if (!this.#sequencer.engine.accounts.get(account))
      return Promise.resolve(refused("UnknownAccount", `account ${account} is not registered`));
    const { keys } = this.#keysOf(account);
    return caught(this.#worker.call("verifyMessage", { keys, message, signature }));
  }

  /** Indices of the oracles that have signed, -1 for a sum that none has. */
  sumSigners(sums: readonly SignedSpotSum[]): Promise<readonly number[] | Refused> {
    const { config } = this.#sequencer.engine;
    return caught(this.#worker.call("sumSigners", { domain: config.domain, oracles: config.parameters.oracles, sums }));
  }

  /** The keys that may sign for an account, the master's first. */
  #keysOf(account: number) {
    const { engine, genesis } = this.#sequencer;
    const { key, sessions } = engine.accounts.get(account) ?? { key: NOBODY, sessions: [] };
    return {
      profile: genesis.profile.name,
      domain: genesis.domain,
      keys: [key, ...sessions.map((session) => session.key)],
    };
  }

  #isBusy = ({ pending }: EngineState): boolean =>
    pending.length >= MAX_PENDING || this.#worker.waiting >= this.#maxWaiting;

  /** Indices of the oracles that have signed, -1 for a report that none has. */
  signers(reports: readonly SignedReport[]): Promise<readonly number[] | Refused> {
    if (this.#worker.waiting >= this.#maxWaiting)
      return Promise.resolve(refused("Busy", "too many signatures are waiting; try again"));
    const { profile, domain, parameters } = this.#sequencer.engine.config;
    return caught(
      this.#worker.call("signers", { profile: profile.name, domain, oracles: parameters.oracles, reports }),
    );
  }

  /** Adopts the reports of a quorum: the table they price is in force at once, or waits as a candidate. */
  async adopt(reports: MarksStep["reports"]): Promise<Committed | Refused> {
    const { engine } = this.#sequencer;
    const { profile, domain, parameters } = engine.config;
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
  #known({ intent, signature, clientOrderId }: Given): IntentRecord | Refused | null {
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

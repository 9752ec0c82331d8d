/**
 * Posts proved steps to L1 and follows them until they are final. What L1 says comes first: before anything is sent, the
 * chain is asked where it stands, so that a crash between send and receipt costs nothing and sends nothing twice.
 * @module
 */
import { NodeError } from "../errors.ts";
import type { Inclusion, L1, L1Block, Position, ProvedStep } from "../l1/l1.ts";
import { L1Revert } from "../l1/provider.ts";
import type { Sequencer } from "../sequencer.ts";
import type { Sealer } from "./sealer.ts";
import type { StepRecord } from "./steps.ts";

export type PostingOptions = {
  readonly sequencer: Sequencer;
  readonly sealer: Sealer;
  readonly l1: L1;
  readonly confirmations: number;
  /** Seconds a step's timestamp may lie behind L1's. */
  readonly timestampWindow: bigint;
  /** Steps submitted together. */
  readonly maxBatch: number;
};

/** Blocks after which a transaction that hangs is replaced by one that pays more. */
const PATIENCE_BLOCKS = 20;

export class Posting {
  readonly #options: PostingOptions;
  /** The transaction under way, since which block, and how often it was replaced. */
  #sent = { hash: "", since: 0, attempt: 0 };

  constructor(options: PostingOptions) {
    this.#options = options;
  }

  /** Looks at L1 and does the next thing there is to do; says whether it did something. */
  async work(): Promise<boolean> {
    const { sequencer, l1 } = this.#options;
    const { steps } = sequencer;
    if (steps.heightOf("final") === steps.height) return false;
    const head = await l1.head();
    const position = await l1.position(head.number);
    if (position.number > steps.height) {
      throw new NodeError(
        "ChainDisagrees",
        `L1 is at step ${position.number}, this journal at ${steps.height}: somebody else submitted, or the data are old`,
      );
    }
    if (await this.#forget(position)) return true;
    if (await this.#recordPosted(position)) return true;
    if (await this.#recordFinal(head)) return true;
    const next = steps.get(position.number + 1);
    return next ? this.#advance(next, head) : false;
  }

  /** Steps that L1 accepted once and knows no more, after a reorganisation, wait to be sent again. */
  async #forget({ number }: Position): Promise<boolean> {
    const { sequencer } = this.#options;
    if (sequencer.steps.heightOf("posted") <= number) return false;
    if (sequencer.steps.heightOf("final") > number)
      throw new NodeError("ChainDisagrees", `L1 is back at step ${number}, before one that was final`);
    await sequencer.record({ type: "unposted", from: number + 1 });
    return true;
  }

  async #recordPosted({ number, root }: Position): Promise<boolean> {
    const { sequencer, l1 } = this.#options;
    const { steps } = sequencer;
    const newest = steps.get(number);
    if (newest && newest.sealed.newRoot !== root)
      throw new NodeError(
        "ChainDisagrees",
        `L1's root after step ${number} is ${root}, this journal's is ${newest.sealed.newRoot}`,
      );
    const first = steps.heightOf("posted") + 1;
    if (first > number) return false;
    const step = steps.get(first) as StepRecord;
    const own = step.sent ? await l1.inclusion(step.sent.hash) : null;
    const accepted: Inclusion | null = own?.isAccepted ? own : await l1.acceptance(first);
    if (!accepted) throw new NodeError("ChainDisagrees", `L1 is at step ${number} and has no log of step ${first}`);
    const numbers = [first];
    while (
      first + numbers.length <= number &&
      own?.isAccepted &&
      steps.get(first + numbers.length)?.sent?.hash === own.hash
    )
      numbers.push(first + numbers.length);
    await sequencer.record({ type: "posted", numbers, hash: accepted.hash, block: accepted.block, gas: accepted.gas });
    return true;
  }

  async #recordFinal(head: L1Block): Promise<boolean> {
    const { sequencer, sealer, l1, confirmations } = this.#options;
    const step = sequencer.steps.oldest("posted");
    const depth = head.number - confirmations;
    if (!step?.posted || step.posted.block > depth) return false;
    const { number } = await l1.position(depth);
    if (number < step.number) return false;
    await sequencer.record({ type: "final", number: step.number });
    await sealer.settle(step.number);
    return true;
  }

  /** Sends the next step, with those behind it that are proved too; or gives its timestamp up. */
  async #advance(next: StepRecord, head: L1Block): Promise<boolean> {
    const { sealer, timestampWindow } = this.#options;
    // Block times only rise: what is too old for this block can never be accepted, wherever its transaction is.
    if (next.sealed.timestamp + timestampWindow < head.timestamp) {
      await sealer.unseal(next.number);
      return true;
    }
    if (next.status !== "proven") return false;
    if (next.sent && !(await this.#hasFailed(next.sent.hash, head))) {
      await this.#options.l1.broadcast(next.sent);
      return false;
    }
    return this.#send(next, head);
  }

  /** Whether a transaction was included in vain, or hangs for so long that it is to be replaced. */
  async #hasFailed(hash: string, head: L1Block): Promise<boolean> {
    const included = await this.#options.l1.inclusion(hash);
    if (included) return !included.isAccepted;
    if (this.#sent.hash !== hash) this.#sent = { hash, since: head.number, attempt: 0 };
    if (head.number - this.#sent.since < PATIENCE_BLOCKS) return false;
    this.#sent.attempt++;
    return true;
  }

  async #send(next: StepRecord, head: L1Block): Promise<boolean> {
    const { sequencer, sealer, l1, maxBatch } = this.#options;
    const batch: StepRecord[] = [];
    for (
      let step: StepRecord | undefined = next;
      step?.status === "proven" && batch.length < maxBatch;
      step = sequencer.steps.get(step.number + 1)
    )
      batch.push(step);
    try {
      const transaction = await l1.sign(batch.map(proved), this.#sent.attempt);
      await sequencer.record({ type: "sent", numbers: batch.map(({ number }) => number), ...transaction });
      this.#sent = { hash: transaction.hash, since: head.number, attempt: this.#sent.attempt };
      await l1.broadcast(transaction);
      this.#sent.attempt = 0;
    } catch (error) {
      const isLate = error instanceof L1Revert && error.error === "TimestampOutsideWindow";
      // Ahead of L1's time it only has to wait.
      if (!isLate || next.sealed.timestamp > head.nextTimestamp) throw error;
      await sealer.unseal(next.number);
    }
    return true;
  }
}

const proved = ({ sealed, proven }: StepRecord): ProvedStep => ({
  kind: sealed.kind,
  commitment: sealed.commitment,
  words: sealed.words,
  proof: proven?.proof ?? [],
});

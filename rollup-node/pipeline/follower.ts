/**
 * Follows L1: its block time is the node's clock, its queue the source of accounts and deposits.
 * @module
 */
import type { L1, L1Block } from "../l1/l1.ts";
import type { Sequencer } from "../sequencer.ts";

/** Requests read at once. */
const PAGE = 200;
/** Seconds without a block after which the next block's time counts. */
const QUIET_SECONDS = 15n;

export class Follower {
  readonly #sequencer: Sequencer;
  readonly #l1: L1;
  #head: L1Block | null = null;

  constructor(sequencer: Sequencer, l1: L1) {
    this.#sequencer = sequencer;
    this.#l1 = l1;
  }

  /** L1's newest block as last seen. */
  get head(): L1Block | null {
    return this.#head;
  }

  /** Takes over L1's time. */
  async readTime(): Promise<void> {
    const head = await this.#l1.head();
    this.#head = head;
    const { time } = this.#sequencer.engine;
    const isQuiet = head.nextTimestamp >= time + QUIET_SECONDS && head.nextTimestamp >= head.timestamp + QUIET_SECONDS;
    const timestamp = isQuiet ? head.nextTimestamp : head.timestamp;
    if (timestamp > time) await this.#sequencer.record({ type: "time", timestamp, block: head.number });
  }

  /** Takes over time and confirmed requests; says whether more requests may wait. */
  async work(): Promise<boolean> {
    await this.readTime();
    const from = this.#sequencer.engine.counters.request;
    const requests = await this.#l1.requests(from, PAGE);
    for (const [at, request] of requests.entries())
      await this.#sequencer.record({ type: "request", index: from + at, request });
    return requests.length === PAGE;
  }
}

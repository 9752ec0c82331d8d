/**
 * What an account's keys ask of the venue beside intents: kill switches, being present, taking a quote. No circuit knows of it.
 * @module
 */
import { keccakWords } from "#protocol/binding.ts";
import { FIELD } from "#protocol/params.ts";
import type { Signature } from "#protocol/signature.ts";
import type { Admission } from "./admission.ts";
import type { Command } from "./engine/types.ts";
import { isRefused, type Refused, refused } from "./errors.ts";
import type { Sequencer } from "./sequencer.ts";
import type { ControlResult } from "./wire.ts";

const ACTION = { kill: 1n, release: 2n, keepAlive: 3n, take: 4n } as const;

/** `subject`: underlying, seconds or ask. `time`: unix seconds of L1 time at which it was signed. */
export type Control = {
  readonly action: keyof typeof ACTION;
  readonly account: number;
  readonly subject: number;
  readonly time: bigint;
};

/** What is signed, by any of the account's keys. Begins with a word that is no tag of the protocol's. */
export const controlMessage = (domain: bigint, { action, account, subject, time }: Control): bigint =>
  keccakWords([CONTROL, domain, ACTION[action], BigInt(account), BigInt(subject), time]) % FIELD;
const CONTROL = 0x70726f76656761n;

/** Seconds by which the time of a control may differ from L1's. */
const CONTROL_SECONDS = 300n;
/** Seconds that an account counts as present without having said so. */
export const GRACE_SECONDS = 60n;

export class Controls {
  readonly #sequencer: Sequencer;
  readonly #admission: Pick<Admission, "controller">;
  /** Newest control of each account. */
  readonly #last = new Map<number, bigint>();
  /** Until when each account counts as present; only of those that have orders which leave with it. */
  readonly #present = new Map<number, bigint>();

  constructor(sequencer: Sequencer, admission: Pick<Admission, "controller">) {
    this.#sequencer = sequencer;
    this.#admission = admission;
    for (const [id, { slots }] of sequencer.engine.accounts.entries())
      if ([...slots.values()].some(({ resting }) => resting?.leavesOnDisconnect)) this.expect(id);
  }

  /** From now on the account has to keep itself alive. */
  expect(account: number): void {
    if (!this.#present.has(account)) this.#present.set(account, this.#sequencer.engine.time + GRACE_SECONDS);
  }

  /** Does what an account's key asks. Throws `StoreFailed`. */
  async run(control: Control, signature: Signature): Promise<ControlResult | Refused> {
    const { account, action, subject } = control;
    const stale = this.#checkTime(control);
    if (stale) return stale;
    const { domain } = this.#sequencer.deployment;
    const signer = await this.#admission.controller(account, controlMessage(domain, control), signature);
    if (typeof signer !== "number") return signer;
    const raced = this.#checkTime(control);
    if (raced) return raced;
    if (action === "keepAlive") {
      this.#last.set(account, control.time);
      this.#present.set(account, this.#sequencer.engine.time + BigInt(subject));
      return { sequence: this.#sequencer.height, left: 0 };
    }
    const command = this.#commandOf(control);
    if (isRefused(command)) return command;
    const committed = this.#sequencer.commit(command);
    if (isRefused(committed)) return committed;
    this.#last.set(account, control.time);
    await committed.durable;
    const left = committed.events.filter((event) => event.type === "left" && event.account === account).length;
    return { sequence: committed.sequence, left };
  }

  /** Takes the orders of those out that were not heard of in time; says whether it did. */
  async work(): Promise<boolean> {
    const { time } = this.#sequencer.engine;
    for (const [account, until] of this.#present) {
      if (until >= time) continue;
      this.#present.delete(account);
      await this.#sequencer.record({ type: "disconnect", account });
      return true;
    }
    return false;
  }

  #checkTime({ account, time }: Control): Refused | null {
    const now = this.#sequencer.engine.time;
    const last = this.#last.get(account) ?? 0n;
    if (time + CONTROL_SECONDS < now || time > now + CONTROL_SECONDS)
      return refused("StaleControl", `signed for ${time}; L1 time is ${now}`);
    return time <= last ? refused("StaleControl", `signed for ${time}; the account's last was for ${last}`) : null;
  }

  #commandOf({ action, account, subject }: Control): Extract<Command, { type: "kill" | "take" }> | Refused {
    const { asks, marks } = this.#sequencer.engine;
    if (action !== "take") {
      if (subject >= marks.underlyings.length) return refused("OutOfRange", `there is no underlying ${subject}`);
      return { type: "kill", account, underlying: subject, isOn: action === "kill" };
    }
    return asks.get(subject)?.resting.signed.intent.account === account
      ? { type: "take", ask: subject }
      : refused("UnknownAsk", `account ${account} has no ask ${subject} that waits`);
  }
}

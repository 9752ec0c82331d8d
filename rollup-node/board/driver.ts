/**
 * Drives the board: takes the oracles' spot sums, settles what has expired, repays deficits, and does what the operator orders.
 * @module
 */
import { verifyMessage } from "ethers";
import { parametersHash } from "#protocol/board-step.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { checkParameters } from "#protocol/genesis.ts";
import type { SignedSpotSum } from "#protocol/spot-sum.ts";
import type { Admission } from "../admission.ts";
import { isRefused, type RefusalCode, type Refused, refused } from "../errors.ts";
import type { Sequencer } from "../sequencer.ts";
import type { BoardParams, BoardResult, SettlementView } from "../wire.ts";
import { type BoardCommand, boardDigest, parseBoardCommand } from "./command.ts";
import { type BoardWork, nextOperation, slotFor } from "./next.ts";
import { type AttributedSum, SumPool } from "./sums.ts";

export type BoardOptions = {
  readonly sequencer: Sequencer;
  readonly admission: Pick<Admission, "sumSigners">;
  /** L1 address whose commands count. */
  readonly operator: string;
  /** Seconds of L1 time for which a quorum of sums waits for the remaining oracles. */
  readonly graceSeconds: bigint;
  /** Whether L1 would admit a step with these parameters now. */
  isAnnounced(hash: bigint): Promise<boolean>;
};

/** Seconds by which a command's time may differ from L1's. */
const COMMAND_SECONDS = 300n;

export class BoardDriver {
  readonly #options: BoardOptions;
  readonly #sums: SumPool;
  /** Time of the newest command: none counts twice. */
  #last = 0n;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#sums = new SumPool(options.sequencer.genesis.profile);
  }

  /** Expired series that wait for their settlement. */
  get settlements(): readonly SettlementView[] {
    const { board, time } = this.#options.sequencer.engine;
    return this.#sums.waiting(board, time);
  }

  /** Takes signed sums, all or none. Like reports they are remembered in memory only: an oracle publishes them again. */
  async publish(sums: readonly SignedSpotSum[]): Promise<readonly SettlementView[] | Refused> {
    const { sequencer, admission } = this.#options;
    const { board, time } = sequencer.engine;
    for (const { spotSum } of sums) {
      const refusal = this.#sums.checkWanted(board, time, spotSum);
      if (refusal) return refusal;
    }
    const signers = await admission.sumSigners(sums);
    if (isRefused(signers)) return signers;
    const attributed = sums.map((each, at): AttributedSum => ({ ...each, oracle: signers[at] ?? -1 }));
    for (const sum of attributed) {
      if (sum.oracle < 0)
        return refused("BadSignature", `no oracle in force has signed the spot sum of ${sum.spotSum.timestamp}`);
      const refusal = this.#sums.check(sum);
      if (refusal) return refusal;
    }
    for (const sum of attributed) this.#sums.add(sum);
    await this.work();
    return this.settlements;
  }

  /** Does the next thing that is due; says whether it did one. */
  async work(): Promise<boolean> {
    const { sequencer, graceSeconds } = this.#options;
    const next = nextOperation(sequencer.engine, this.#sums, graceSeconds);
    if (!next) return false;
    const committed = sequencer.commit({ type: "board", ...next });
    if (isRefused(committed)) return false;
    await committed.durable;
    this.#sums.prune(sequencer.engine.board);
    return true;
  }

  /** Does what the operator has signed. */
  async command({ operation: text, signature }: BoardParams): Promise<BoardResult | Refused> {
    const { sequencer, operator } = this.#options;
    const command = parseBoardCommand(text);
    if (isRefused(command)) return command;
    if (signerOf(sequencer.deployment.domain, text, signature) !== operator.toLowerCase())
      return refused("NotOperator", `the operator is ${operator}; somebody else has signed this`);
    const { time } = sequencer.engine;
    const isNow = command.time + COMMAND_SECONDS >= time && command.time <= time + COMMAND_SECONDS;
    if (!isNow || command.time <= this.#last)
      return refused(
        "StaleControl",
        `a command of ${command.time}; L1 time is ${time}, the last command is of ${this.#last}`,
      );
    const work = await this.#workOf(command);
    if (isRefused(work)) return work;
    this.#last = command.time;
    const committed = sequencer.commit({ type: "board", ...work });
    if (isRefused(committed)) return committed;
    await committed.durable;
    // Other oracles may be in force: what was signed before them settles nothing.
    if (work.effect.kind === "parameters") this.#sums.clear();
    return { sequence: committed.sequence, slot: work.effect.kind === "list" ? work.effect.slot : null };
  }

  async #workOf(command: BoardCommand): Promise<BoardWork | Refused> {
    const { sequencer, isAnnounced } = this.#options;
    if (command.kind === "list") {
      const { series, cap } = command;
      const slot = slotFor(sequencer.engine, series);
      if (slot < 0) return refused("SlotTaken", "no slot of the board is free for such a series");
      const operation = { kind: "list", slot, series, cap } as const;
      return { operation, effect: operation };
    }
    const { parameters } = command;
    const refusal = checked(() => checkParameters(sequencer.genesis.profile, parameters));
    if (refusal) return refusal;
    if (!(await isAnnounced(parametersHash(sequencer.genesis.profile, parameters))))
      return refused("NotAnnounced", "L1 has not known these parameters for long enough");
    const operation = { kind: "parameters", parameters } as const;
    return { operation, effect: operation };
  }
}

function checked(check: () => void): Refused | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError) return refused(error.code as RefusalCode, error.message);
    throw error;
  }
}

/** Address that has signed, lower case; empty if nobody can have. */
function signerOf(domain: bigint, text: string, signature: string): string {
  try {
    return verifyMessage(boardDigest(domain, text), signature).toLowerCase();
  } catch {
    return "";
  }
}

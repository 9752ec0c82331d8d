/**
 * The sequencer: the one writer. A command goes through the pure engine, into the journal, and only then to whoever
 * asked. Opening replays the journal from its first entry, so memory never holds more than the journal says.
 * @module
 */

import { decodeGenesis, genesisState } from "#protocol/genesis.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { apply, engineStart } from "./engine/engine.ts";
import type { Command, EngineState, Event } from "./engine/types.ts";
import { isRefused, NodeError, type Refused } from "./errors.ts";
import { History } from "./history.ts";
import type { Deployment, JournalRecord } from "./journal.ts";
import { Steps } from "./pipeline/steps.ts";
import { encode } from "./store/codec.ts";
import { Store } from "./store/store.ts";

export type Committed = {
  readonly sequence: number;
  readonly hash: string;
  readonly events: readonly Event[];
  /** Resolves when the entry is on disk: nothing may be promised before. */
  readonly durable: Promise<void>;
};

const NO_COMMANDS: ReadonlySet<string> = new Set(["deployment", "proven", "sent", "posted", "unposted"]);
const isCommand = (record: JournalRecord): record is Extract<JournalRecord, Command> => !NO_COMMANDS.has(record.type);

export class Sequencer {
  readonly deployment: Deployment;
  /** The rollup's state before its first step. */
  readonly genesis: State;
  readonly genesisRoot: bigint;
  readonly history = new History();
  readonly steps = new Steps();
  readonly #listeners = new Set<(events: readonly Event[]) => void>();
  #engine: EngineState;
  #store: Store<JournalRecord> | null = null;

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
    this.genesis = genesisState(decodeGenesis(deployment.genesis), deployment.domain);
    this.genesisRoot = stateRoot(this.genesis);
    this.#engine = engineStart(this.genesis, deployment);
  }

  /**
   * Opens the journal in `folder`. A new one begins with the deployment that `first` finds; an old one must be of the
   * deployment that `expected` names, if it names one. Throws `WrongDeployment`, `ReplayDiverged` and whatever the store throws.
   */
  static async open(
    folder: string,
    first: () => Promise<Deployment>,
    expected: Partial<Deployment> = {},
  ): Promise<Sequencer> {
    let opened: Sequencer | null = null;
    const store = await Store.open<JournalRecord>(folder, ({ sequence, hash, record }) => {
      if (!opened) {
        if (record.type !== "deployment")
          throw new NodeError("ReplayDiverged", "the journal does not begin with its deployment");
        opened = new Sequencer(checkDeployment(record, expected));
        return;
      }
      const refused = opened.#absorb(record, sequence, hash);
      if (isRefused(refused))
        throw new NodeError(
          "ReplayDiverged",
          `entry ${sequence} (${record.type}) is refused on replay: ${refused.code}, ${refused.message}`,
        );
    });
    try {
      const sequencer: Sequencer = opened ?? new Sequencer(checkDeployment(await first(), expected));
      sequencer.#store = store;
      if (!opened) await store.append(sequencer.deployment).durable;
      return sequencer;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** State as of the last command, which may not be on disk yet. */
  get engine(): EngineState {
    return this.#engine;
  }
  get height(): number {
    return this.#open().sequence;
  }
  get failure(): NodeError | null {
    return this.#open().failure;
  }

  /** Applies and journals a record, unless it is refused. Throws `StoreFailed` when nothing can be written any more. */
  commit(record: JournalRecord): Committed | Refused {
    const store = this.#open();
    if (store.failure) throw store.failure;
    const before = this.#engine;
    const outcome = isCommand(record) ? apply(before, record) : { state: before, events: [] };
    if (isRefused(outcome)) return outcome;
    const { sequence, hash, durable } = store.append(record);
    this.#write(record, outcome.state, outcome.events, sequence, hash);
    for (const listener of this.#listeners) listener(outcome.events);
    return { sequence, hash, durable, events: outcome.events };
  }

  /** Commits what cannot be refused unless the node itself is wrong, and waits until it is on disk. */
  async record(record: JournalRecord): Promise<Committed> {
    const committed = this.commit(record);
    if (isRefused(committed))
      throw new NodeError("ReplayDiverged", `${record.type} refused: ${committed.code}, ${committed.message}`);
    await committed.durable;
    return committed;
  }

  /** Calls `listener` after every commit, until the returned function is called. */
  listen(listener: (events: readonly Event[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#open().close();
  }

  #open(): Store<JournalRecord> {
    if (!this.#store) throw new Error("the sequencer is not open");
    return this.#store;
  }

  #absorb(record: JournalRecord, sequence: number, hash: string): Refused | object {
    const outcome = isCommand(record) ? apply(this.#engine, record) : { state: this.#engine, events: [] };
    if (!isRefused(outcome)) this.#write(record, outcome.state, outcome.events, sequence, hash);
    return outcome;
  }

  #write(record: JournalRecord, engine: EngineState, events: readonly Event[], sequence: number, hash: string): void {
    this.#engine = engine;
    this.history.apply(events, { sequence, hash, board: engine.board });
    const sealed = events.find((event) => event.type === "sealed");
    if (record.type === "seal" && sealed) {
      const { ops } = sealed;
      this.steps.add({
        number: record.number,
        sealed: record,
        ops,
        trades: ops.flatMap((op) => (op.kind === "trade" ? [op.trade] : [])),
        requests: ops.filter(({ kind }) => kind === "request").length,
        status: "sealed",
        proven: null,
        sent: null,
        posted: null,
      });
    } else {
      this.steps.apply(record);
    }
  }
}

/** Returns `deployment` if it is the one expected. Throws `WrongDeployment`. */
function checkDeployment(deployment: Deployment, expected: Partial<Deployment>): Deployment {
  for (const [name, value] of Object.entries(expected)) {
    const found = deployment[name as keyof Deployment];
    if (encode(found).toLowerCase() !== encode(value).toLowerCase()) {
      throw new NodeError("WrongDeployment", `the journal is of another deployment: ${name} is ${found}, not ${value}`);
    }
  }
  return deployment;
}

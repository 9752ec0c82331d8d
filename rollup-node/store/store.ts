/**
 * The node's durable memory: an append-only journal, chained by hashes, and a few named records, in one LevelDB.
 * Appends made while a write is under way go to disk together (group commit).
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { type FileHandle, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { NodeError } from "../errors.ts";
import { decode, encode } from "./codec.ts";

export type Entry<R> = {
  readonly sequence: number /** Head of the chain: 64 hex digits. */;
  readonly hash: string;
  readonly record: R;
};
export type Appended = {
  readonly sequence: number;
  readonly hash: string /** Resolves when the entry is on disk. */;
  readonly durable: Promise<void>;
};

const GENESIS_HASH = "0".repeat(64);
const HASH_DIGITS = 64;
const journalKey = (sequence: number): string => `j:${sequence.toString().padStart(12, "0")}`;
const recordKey = (name: string): string => `r:${name}`;
const chain = (before: string, sequence: number, text: string): string =>
  createHash("sha256").update(`${before}:${sequence}:`).update(text).digest("hex");
const corrupt = (message: string, cause?: unknown): NodeError => new NodeError("JournalCorrupt", message, { cause });
/** Fixed length, so that it overwrites itself in place. */
const headLine = (sequence: number, hash: string): string => `${sequence.toString().padStart(12, "0")} ${hash}\n`;

type Write = {
  readonly key: string;
  readonly value: string;
  readonly head: string | null;
  done(): void;
  failed(error: NodeError): void;
};

export class Store<R> {
  readonly #level: ClassicLevel<string, string>;
  readonly #head: FileHandle;
  #sequence = 0;
  #hash = GENESIS_HASH;
  #queue: Write[] = [];
  #isFlushing = false;
  #flushed: Promise<void> = Promise.resolve();
  #failure: NodeError | null = null;

  private constructor(level: ClassicLevel<string, string>, head: FileHandle) {
    this.#level = level;
    this.#head = head;
  }

  /** Opens the store in `folder` and checks its whole journal. Throws `AlreadyRunning`, `JournalCorrupt`, `JournalTruncated`, `StoreFailed`. */
  static async open<R>(folder: string, onEntry: (entry: Entry<R>) => void | Promise<void>): Promise<Store<R>> {
    mkdirSync(folder, { recursive: true });
    const level = await openLevel(folder);
    const head = await open(join(folder, "head"), "a+").then(async (created) => {
      await created.close();
      return open(join(folder, "head"), "r+");
    });
    const store = new Store<R>(level, head);
    try {
      await store.#replay(onEntry);
      await writeFile(join(folder, "pid"), `${process.pid}\n`);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Entries so far: the newest one's sequence number, 0 if there is none. */
  get sequence(): number {
    return this.#sequence;
  }
  get hash(): string {
    return this.#hash;
  }
  /** Why nothing is accepted any more, null while all is well. */
  get failure(): NodeError | null {
    return this.#failure;
  }

  /** Appends a record. Its place and hash are known at once; it counts only when `durable` resolves. Throws `StoreFailed`. */
  append(record: R): Appended {
    const text = encode(record);
    const sequence = this.#sequence + 1;
    const hash = chain(this.#hash, sequence, text);
    const durable = this.#write(journalKey(sequence), hash + text, headLine(sequence, hash));
    this.#sequence = sequence;
    this.#hash = hash;
    return { sequence, hash, durable };
  }

  /** Writes a named record, replacing the one before. */
  put(name: string, value: unknown): Promise<void> {
    const text = encode(value);
    return this.#write(recordKey(name), chain(name, 0, text) + text, null);
  }

  /** Reads a named record. Throws `JournalCorrupt` if its checksum is wrong. */
  async get<T>(name: string): Promise<T | undefined> {
    const stored = await this.#level.get(recordKey(name));
    if (stored === undefined) return undefined;
    const text = stored.slice(HASH_DIGITS);
    if (chain(name, 0, text) !== stored.slice(0, HASH_DIGITS)) throw corrupt(`the checksum of record ${name} is wrong`);
    return decode<T>(text);
  }

  /** Waits for what is under way, then lets go of the folder. */
  async close(): Promise<void> {
    await this.#flushed;
    await this.#level.close();
    await this.#head.close();
  }

  #write(key: string, value: string, head: string | null): Promise<void> {
    if (this.#failure) throw this.#failure;
    return new Promise((done, failed) => {
      this.#queue.push({ key, value, head, done, failed });
      if (!this.#isFlushing) this.#flushed = this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        if (this.#failure) throw this.#failure;
        await this.#level.batch(
          group.map(({ key, value }) => ({ type: "put", key, value })),
          { sync: true },
        );
        const head = group.findLast(({ head }) => head !== null)?.head;
        // Behind the journal, never ahead of it: a crash between the two is no truncation.
        if (head) await this.#head.write(head, 0);
        for (const { done } of group) done();
      } catch (cause) {
        this.#failure ??= new NodeError(
          "StoreFailed",
          "the journal cannot be written; nothing is accepted until the node is restarted",
          { cause },
        );
        for (const { failed } of group) failed(this.#failure);
      }
    }
    // In the same turn as the look at the queue: what is appended from now on starts the next flush.
    this.#isFlushing = false;
  }

  async #replay(onEntry: (entry: Entry<R>) => void | Promise<void>): Promise<void> {
    const entries = this.#level.iterator({ gte: "j:", lt: "j;" });
    for (;;) {
      const read = await entries.next().catch((cause: unknown) => {
        throw corrupt(`the journal cannot be read behind entry ${this.#sequence}`, cause);
      });
      if (!read) break;
      const [key, value] = read;
      const sequence = this.#sequence + 1;
      const text = value.slice(HASH_DIGITS);
      const hash = chain(this.#hash, sequence, text);
      if (key !== journalKey(sequence)) throw corrupt(`entry ${sequence} of the journal is missing`);
      if (hash !== value.slice(0, HASH_DIGITS))
        throw corrupt(`entry ${sequence} of the journal does not match its checksum`);
      this.#sequence = sequence;
      this.#hash = hash;
      await onEntry({ sequence, hash, record: decode<R>(text) });
    }
    await entries.close();
    await this.#checkHead();
  }

  /** The head file says how far the journal went: LevelDB drops a damaged tail in silence. */
  async #checkHead(): Promise<void> {
    const text = await this.#head.readFile("utf8");
    if (text === "" && this.#sequence === 0) return;
    const [, digits = "", hash = ""] = /^(\d{12}) ([0-9a-f]{64})\n$/.exec(text) ?? [];
    if (hash === "" && text !== "") throw corrupt("the head file is damaged");
    const sequence = Number(digits);
    if (sequence > this.#sequence) {
      throw new NodeError(
        "JournalTruncated",
        `the journal ends at entry ${this.#sequence}; ${sequence} were acknowledged`,
      );
    }
    if (sequence === this.#sequence && hash !== this.#hash) throw corrupt("the head file is of another journal");
  }
}

async function openLevel(folder: string): Promise<ClassicLevel<string, string>> {
  const level = new ClassicLevel<string, string>(join(folder, "journal"));
  try {
    await level.open();
    return level;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "LEVEL_LOCKED") {
      const pid = (await readFile(join(folder, "pid"), "utf8").catch(() => "unknown")).trim();
      throw new NodeError("AlreadyRunning", `another node runs on ${folder}: process ${pid}`, { cause });
    }
    if (code === "LEVEL_CORRUPTION") throw corrupt(`the journal in ${folder} is damaged`, cause);
    throw new NodeError("StoreFailed", `the journal in ${folder} cannot be opened`, { cause });
  }
}

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  globSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ClassicLevel } from "classic-level";
import { NodeError } from "#rollup-node/errors.ts";
import { decode, encode } from "#rollup-node/store/codec.ts";
import { type Entry, Store } from "#rollup-node/store/store.ts";
import { removeFolder, temporaryFolder } from "./support/venue.ts";

type Record_ = { readonly text: string; readonly value: bigint };
const WRITER = fileURLToPath(new URL("./support/journal-writer.ts", import.meta.url));

describe("journal", () => {
  let folder = "";
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  const open = async (entries: Entry<Record_>[] = []) =>
    Store.open<Record_>(folder, (entry) => void entries.push(entry));
  const filled = async (count: number) => {
    const store = await open();
    await Promise.all(
      Array.from({ length: count }, (_, at) => store.append({ text: `entry ${at}`, value: BigInt(at) }).durable),
    );
    await store.close();
  };
  const opens = (code: string) =>
    assert.rejects(
      () => open(),
      (error) => error instanceof NodeError && error.code === code,
    );

  it("gives back what was appended, in order, with the same hashes", async () => {
    const store = await open();
    const appended = [1n, -5n, 1n << 200n].map((value) => store.append({ text: 'é\u0000"', value }));
    await Promise.all(appended.map(({ durable }) => durable));
    await store.close();
    const entries: Entry<Record_>[] = [];
    await (await open(entries)).close();
    assert.deepEqual(
      entries.map(({ sequence, hash }) => [sequence, hash]),
      appended.map(({ sequence, hash }) => [sequence, hash]),
    );
    assert.deepEqual(
      entries.map(({ record }) => record.value),
      [1n, -5n, 1n << 200n],
    );
  });

  it("writes what comes while a write is under way in one group", async () => {
    const store = await open();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, (_, at) =>
        store.append({ text: "", value: BigInt(at) }).durable.then(() => order.push(at)),
      ),
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    await store.close();
  });

  it("writes what is appended in the very turn in which the last write is told of", async () => {
    const store = await open();
    for (let at = 0; at < 50; at++) {
      const late = store
        .append({ text: "", value: 1n })
        .durable.then(() => store.append({ text: "", value: 2n }).durable);
      await Promise.race([late, new Promise((_, reject) => setTimeout(reject, 2_000, new Error("never written")))]);
    }
    await store.close();
  });

  it("keeps bigints, and data that look like them, apart", () => {
    const value = { a: 12n, b: "12", c: [-1n, { d: null }] };
    assert.deepEqual(decode(encode(value)), value);
  });

  it("AlreadyRunning: a second instance is told the process that holds the data", async () => {
    const store = await open();
    await assert.rejects(() => open(), { code: "AlreadyRunning", message: new RegExp(`process ${process.pid}$`) });
    await store.close();
    await (await open()).close();
  });

  it("AlreadyRunning: also of another process, and not after it was killed", async () => {
    const child = spawn(process.execPath, [WRITER, folder, "endless"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await assert.rejects(() => open(), { code: "AlreadyRunning", message: new RegExp(`process ${child.pid}$`) });
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await open()).close();
  });

  it("loses nothing that was acknowledged before kill -9", async function () {
    this.timeout(60_000);
    let acknowledged = 0;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [WRITER, folder, "endless"], { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.on("data", (data: Buffer) => {
        acknowledged = Math.max(acknowledged, ...data.toString().split("\n").filter(Boolean).map(Number));
      });
      await once(child.stdout, "data");
      await new Promise((done) => setTimeout(done, 30 + 60 * round));
      child.kill("SIGKILL");
      await once(child, "exit");
      const entries: Entry<Record_>[] = [];
      await (await open(entries)).close();
      assert.ok(entries.length >= acknowledged, `${acknowledged} acknowledged, ${entries.length} there`);
    }
    assert.ok(acknowledged > 100);
  });

  it("StoreFailed: a disk without room ends acceptance, and the journal stays whole", async () => {
    // The limit on the size of a file makes a write fail as a full disk does.
    const { stdout } = await promisify(execFile)("bash", [
      "-c",
      `ulimit -f 256; exec "${process.execPath}" "${WRITER}" "${folder}" until-full`,
    ]);
    const [acknowledged = 0, code, after] = stdout
      .trim()
      .split(" ")
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part)) as [number, string, string];
    assert.deepEqual([code, after], ["StoreFailed", "StoreFailed"]);
    assert.ok(acknowledged > 10);
    const entries: Entry<Record_>[] = [];
    const store = await open(entries);
    assert.ok(entries.length >= acknowledged);
    await store.append({ text: "", value: 0n }).durable;
    await store.close();
  });

  const alter = async (change: (level: ClassicLevel<string, string>) => Promise<void>) => {
    const level = new ClassicLevel<string, string>(join(folder, "journal"));
    await level.open();
    await change(level);
    await level.close();
  };
  const key = (sequence: number) => `j:${String(sequence).padStart(12, "0")}`;

  it("JournalCorrupt: a changed entry", async () => {
    await filled(10);
    await alter(async (level) => level.put(key(4), String(await level.get(key(4))).replace("entry 3", "entry 7")));
    await opens("JournalCorrupt");
  });
  it("JournalCorrupt: an entry with a new checksum does not fit the next one's", async () => {
    await filled(10);
    await alter(async (level) => level.put(key(4), String(await level.get(key(5)))));
    await opens("JournalCorrupt");
  });
  it("JournalCorrupt: a missing entry", async () => {
    await filled(10);
    await alter((level) => level.del(key(4)));
    await opens("JournalCorrupt");
  });
  it("JournalTruncated: the newest entries are missing", async () => {
    await filled(10);
    await alter((level) => level.del(key(10)));
    await opens("JournalTruncated");
  });
  it("JournalTruncated: the whole journal is missing", async () => {
    await filled(10);
    rmSync(join(folder, "journal"), { recursive: true });
    await opens("JournalTruncated");
  });
  it("JournalTruncated: the engine's log was cut", async () => {
    await filled(50);
    const [log] = globSync(join(folder, "journal", "*.log"));
    assert.ok(log);
    truncateSync(log, Math.floor(readFileSync(log).length / 2));
    await opens("JournalTruncated");
  });
  it("JournalCorrupt or JournalTruncated: any bit of the engine's log flipped", async function () {
    this.timeout(60_000);
    await filled(20);
    const [log] = globSync(join(folder, "journal", "*.log"));
    assert.ok(log);
    const [clean, head] = [readFileSync(log), readFileSync(join(folder, "head"))];
    for (let at = 3; at < clean.length; at += 97) {
      const copy = temporaryFolder();
      const target = openSync(log, "r+");
      const byte = Buffer.alloc(1);
      readSync(target, byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ (1 << (at % 8));
      writeSync(target, byte, 0, 1, at);
      // Opening rewrites the engine's files: each flip starts from a fresh copy.
      cpSync(folder, copy, { recursive: true });
      await assert.rejects(
        () => Store.open(copy, () => undefined),
        (error) => error instanceof NodeError && /^Journal/.test(error.code),
        `byte ${at}`,
      );
      removeFolder(copy);
      writeFileSync(log, clean);
      writeFileSync(join(folder, "head"), head);
    }
  });
  it("JournalCorrupt: the head file damaged or of another journal", async () => {
    await filled(3);
    const head = readFileSync(join(folder, "head"), "utf8");
    writeFileSync(
      join(folder, "head"),
      head.replace(/[0-9a-f]\n$/, (digit) => (digit.startsWith("0") ? "1\n" : "0\n")),
    );
    await opens("JournalCorrupt");
    writeFileSync(join(folder, "head"), "nonsense");
    await opens("JournalCorrupt");
  });
  it("checks named records too", async () => {
    const store = await open();
    await store.put("x", { a: 5n });
    assert.deepEqual(await store.get("x"), { a: 5n });
    assert.equal(await store.get("y"), undefined);
    await store.close();
    await alter(async (level) => level.put("r:x", String(await level.get("r:x")).replace('"5"', '"6"')));
    const again = await open();
    await assert.rejects(() => again.get("x"), { code: "JournalCorrupt" });
    await again.close();
  });
});

/**
 * The container of r1cs, zkey, ptau and wtns files: magic, version, then sections of (number, size, bytes).
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import { ProverError } from "./errors.ts";

const HEAD = 12;
const CODE = { r1cs: "BadR1cs", zkey: "BadZkey", ptau: "BadPtau" } as const;
export type Magic = keyof typeof CODE;
export type Section = { readonly offset: number; readonly size: number };

export class SectionReader {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #magic: Magic;
  readonly #sections = new Map<number, Section>();

  private constructor(path: string, file: FileHandle, magic: Magic) {
    this.path = path;
    this.#file = file;
    this.#magic = magic;
  }

  /** Reads where the sections lie, and refuses a file that is of another kind or shorter than it says. */
  static async open(path: string, magic: Magic): Promise<SectionReader> {
    const file = await open(path);
    const reader = new SectionReader(path, file, magic);
    try {
      const head = await reader.read(0, HEAD);
      if (head.toString("latin1", 0, 4) !== magic) throw reader.refusal(`is not a ${magic} file`);
      const { size: length } = await file.stat();
      let at = HEAD;
      for (let i = 0; i < head.readUInt32LE(8); i++) {
        const entry = await reader.read(at, HEAD);
        const size = Number(entry.readBigUInt64LE(4));
        reader.#sections.set(entry.readUInt32LE(0), { offset: at + HEAD, size });
        at += HEAD + size;
      }
      if (at > length) throw reader.refusal("is cut short");
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  refusal(why: string): ProverError {
    return new ProverError(CODE[this.#magic], `${this.path} ${why}`);
  }

  has(id: number): boolean {
    return this.#sections.has(id);
  }

  section(id: number): Section {
    const section = this.#sections.get(id);
    if (!section) throw this.refusal(`has no section ${id}`);
    return section;
  }

  async read(offset: number, size: number): Promise<Buffer> {
    const buffer = Buffer.alloc(size);
    await this.readInto(buffer, offset);
    return buffer;
  }

  /** Fills `target` from byte `offset` of the file. */
  async readInto(target: Uint8Array, offset: number): Promise<void> {
    const { bytesRead } = await this.#file.read(target, 0, target.length, offset);
    if (bytesRead !== target.length) throw this.refusal("is cut short");
  }

  async readSection(id: number): Promise<Buffer> {
    const { offset, size } = this.section(id);
    return this.read(offset, size);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

export class SectionWriter {
  readonly #file: FileHandle;
  #at = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string, magic: Magic, version: number, sections: number): Promise<SectionWriter> {
    const writer = new SectionWriter(await open(path, "w"));
    await writer.write(Buffer.from(magic, "latin1"));
    await writer.write(Uint32Array.of(version, sections));
    return writer;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#at;
  }

  /** Writes one section; `fill` calls `write` for its content. */
  async section<T>(id: number, fill: () => Promise<T>): Promise<T> {
    await this.write(Uint32Array.of(id));
    const start = this.#at;
    await this.write(BigUint64Array.of(0n));
    const result = await fill();
    await this.write(BigUint64Array.of(BigInt(this.#at - start - 8)), start);
    return result;
  }

  /** Appends, or with `position` overwrites what is there. */
  async write(data: Uint8Array | Uint32Array | BigUint64Array, position?: number): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, (position ?? this.#at) + done);
      done += bytesWritten;
    }
    if (position === undefined) this.#at += bytes.length;
  }

  /** Makes the content durable before the caller renames the file into place. */
  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
  }
}

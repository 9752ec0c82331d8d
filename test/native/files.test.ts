import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as files from "#native/files.ts";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { BASE_FIELD, toBytes } from "#prover/bn254.ts";
import { REPOSITORY } from "#prover/compile.ts";
import { openPtau } from "#prover/setup/ptau.ts";
import { domainBits, openR1cs } from "#prover/setup/r1cs.ts";
import { type KeyOrigin, readZkey } from "#prover/setup/zkey.ts";
import { parseR1cs } from "../support/r1cs.ts";

type Depth = files.Depth;
type FileKind = files.FileKind;

const SEEDS = join(REPOSITORY, "native", "fuzz", "seeds");
const KINDS = ["zkey", "wtns", "r1cs", "ptau"] as const;
const REFUSAL: Record<FileKind, string> = { zkey: "BadZkey", wtns: "BadWtns", r1cs: "BadR1cs", ptau: "BadPtau" };
const SEED = {
  dev: seed("zkey", "dev.zkey"),
  ceremony: seed("zkey", "ceremony.zkey"),
  witness: seed("wtns", "tiny.wtns"),
  circuit: seed("r1cs", "tiny.r1cs"),
  fresh: seed("ptau", "new.ptau"),
  prepared: seed("ptau", "prepared.ptau"),
};

type Seed = { readonly kind: FileKind; readonly path: string; readonly bytes: Uint8Array };
function seed(kind: FileKind, name: string): Seed {
  const path = join(SEEDS, kind, name);
  return { kind, path, bytes: readFileSync(path) };
}

/** A section and where its content begins. */
type Part = { readonly id: number; readonly offset: number; readonly content: Uint8Array };
function parts(bytes: Uint8Array): Part[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Part[] = [];
  for (let i = 0, at = 12; i < view.getUint32(8, true); i++) {
    const size = Number(view.getBigUint64(at + 4, true));
    found.push({ id: view.getUint32(at, true), offset: at + 12, content: bytes.subarray(at + 12, at + 12 + size) });
    at += 12 + size;
  }
  return found;
}
function assemble(head: Uint8Array, sections: readonly Pick<Part, "id" | "content">[]): Uint8Array {
  const table = sections.flatMap(({ id, content }) => [u32(id), u64(BigInt(content.length)), content]);
  return Buffer.concat([head.subarray(0, 8), u32(sections.length), ...table]);
}
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint) => new Uint8Array(BigUint64Array.of(value).buffer);
/** Offset of a section's content, or of a byte of it. */
const offset = ({ bytes }: Seed, id: number, within = 0) => (part(bytes, id)?.offset ?? Number.NaN) + within;
const part = (bytes: Uint8Array, id: number) => parts(bytes).find((each) => each.id === id);
/** `bytes` with others from `at` on. */
function patched(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  out.set(by, at);
  return out;
}
/** `seed` with the content of section `id` changed, and its size set right. */
function edited({ bytes }: Seed, id: number, edit: (content: Uint8Array) => Uint8Array): Uint8Array {
  return assemble(
    bytes,
    parts(bytes).map((each) => (each.id === id ? { id, content: edit(each.content) } : each)),
  );
}

/** Null only with PROVEGA_NATIVE=0, when there is nothing to test here. */
const core = nativeCore() as NativeCore;
const inspectFile = (path: string, depth?: Depth) => files.inspectFile(core, path, depth);
const inspectBytes = (kind: FileKind, bytes: Uint8Array, depth?: Depth) => files.inspectBytes(core, kind, bytes, depth);

type Verdict = { readonly code: string; readonly message: string };
const ACCEPTED: Verdict = { code: "", message: "accepted" };
async function verdict(kind: FileKind, bytes: Uint8Array, depth: Depth = "curve"): Promise<Verdict> {
  try {
    await inspectBytes(kind, bytes, depth);
    return ACCEPTED;
  } catch (error) {
    return { code: (error as { code?: string }).code ?? "none", message: (error as Error).message };
  }
}

async function refuses(kind: FileKind, bytes: Uint8Array, at: number, why: RegExp, depth?: Depth): Promise<void> {
  const { code, message } = await verdict(kind, bytes, depth);
  assert.equal(code, REFUSAL[kind], message);
  assert.match(message, why);
  assert.equal(message.match(/at byte (\d+):/)?.[1], String(at), message);
}

describe("native file readers", () => {
  if (!core) return;
  const folder = mkdtempSync(join(tmpdir(), "provega-files-"));
  after(() => rmSync(folder, { recursive: true }));

  describe("agree with the portable readers", () => {
    for (const name of ["dev", "ceremony"] as const)
      it(`about a ${name} key`, async () => {
        const { path } = SEED[name];
        const facts = await inspectFile(path, "curve");
        assert.ok(facts.kind === "zkey");
        const { header, verifyingKey, kind } = await readZkey(path);
        assert.deepEqual({ wires: facts.wires, publicWires: facts.publicWires, domain: facts.domain }, header);
        const { alpha, beta, gamma, delta, ic } = verifyingKey;
        const points = [alpha, beta, gamma, delta, ic].map((each) => Buffer.concat(each.flat(2).map(toBytes)));
        const read = [facts.alpha, facts.beta, facts.gamma, facts.delta, Buffer.concat(facts.ic)];
        assert.deepEqual(
          read.map((each) => Buffer.from(each)),
          points,
        );
        const origin: KeyOrigin = facts.contributions.some((each) => each.name === "INSECURE DEV KEY")
          ? "dev-insecure"
          : "ceremony";
        assert.equal(origin, kind);
      });

    it("about a circuit", async () => {
      const { path, bytes } = SEED.circuit;
      const facts = await inspectFile(path);
      assert.ok(facts.kind === "r1cs");
      const shape = await openR1cs(path);
      await shape.file.close();
      const { constraints, outputs, inputs } = parseR1cs(bytes);
      assert.deepEqual(
        [facts.wires, facts.outputs + facts.publicInputs, facts.constraints, facts.domainBits],
        [shape.wires, shape.publicWires, shape.constraints, domainBits(shape)],
      );
      assert.deepEqual([facts.outputs, facts.publicInputs + facts.privateInputs], [outputs, inputs]);
      const terms = (["a", "b", "c"] as const).map((list) =>
        constraints.reduce((sum, row) => sum + row[list].length, 0),
      );
      assert.deepEqual(facts.terms, terms);
    });

    it("about powers of tau", async () => {
      for (const { path } of [SEED.fresh, SEED.prepared]) {
        const facts = await inspectFile(path, "curve");
        assert.ok(facts.kind === "ptau");
        const { power, isPrepared } = await openPtau(path, true);
        assert.deepEqual([facts.power, facts.ceremonyPower, facts.isPrepared], [power, power, isPrepared]);
      }
    });

    it("about the place of every section", async () => {
      for (const { path, bytes } of Object.values(SEED)) {
        const { sections } = await inspectFile(path);
        const expected = parts(bytes).map(({ id, offset, content }) => ({ id, offset, size: content.length }));
        assert.deepEqual(sections, expected);
      }
    });
  });

  it("are read back from what the writer wrote", async () => {
    for (const { kind, path, bytes } of Object.values(SEED)) {
      const copy = join(folder, `copy.${kind}`);
      writeFileSync(copy, "what was here before");
      await core.rewriteFile(path, copy);
      assert.deepEqual(readFileSync(copy), Buffer.from(bytes));
    }
    for (const target of [folder, join(folder, "nowhere", "copy")])
      await assert.rejects(core.rewriteFile(SEED.dev.path, target), { code: "FileUnwritable" });
    const left = [folder, join(folder, "..")].flatMap((each) => readdirSync(each));
    assert.deepEqual(
      left.filter((name) => /provega-files.*\.tmp$|^copy.*\.tmp$/.test(name)),
      [],
    );
  });

  it("take a file from memory", async () => {
    for (const { kind, path, bytes } of Object.values(SEED))
      assert.deepEqual(await inspectBytes(kind, bytes, "curve"), await inspectFile(path, "curve"));
  });

  it("tell files apart, and what is none", async () => {
    for (const { kind, path } of Object.values(SEED)) assert.equal((await inspectFile(path)).kind, kind);
    const path = join(folder, "other");
    for (const text of ["", "zke", "zkex", "PK\x03\x04 and some more"]) {
      writeFileSync(path, text);
      await assert.rejects(inspectFile(path), { code: "UnknownFile", message: /is no zkey, wtns, r1cs or ptau file/ });
    }
    await assert.rejects(inspectFile(join(folder, "nowhere")), { code: "FileUnreadable", message: /No such file/ });
    await assert.rejects(inspectFile(folder), { code: "FileUnreadable", message: /not a regular file/ });
    for (const { kind, bytes } of Object.values(SEED))
      for (const other of KINDS.filter((each) => each !== kind)) await refuses(other, bytes, 0, /not a \w+ file/);
  });

  it("notice every byte that is missing at the end", async () => {
    for (const { kind, bytes } of Object.values(SEED))
      for (let size = 0; size < bytes.length; size++) {
        const { code, message } = await verdict(kind, bytes.subarray(0, size), "structure");
        assert.equal(code, REFUSAL[kind], `${kind} of ${size} bytes`);
        assert.match(message, /at byte \d+: cut short: /);
      }
  });

  it("notice every bit of a point that flips, and survive every other", async () => {
    const points: Record<string, readonly number[]> = { zkey: [5, 6, 7, 8, 9], ptau: [2, 3, 4, 5, 6] };
    for (const { kind, bytes } of [SEED.ceremony, SEED.witness, SEED.circuit, SEED.fresh]) {
      const covered = parts(bytes).filter(({ id }) => points[kind]?.includes(id));
      for (let at = 0; at < bytes.length; at++)
        for (let bit = 0; bit < 8; bit++) {
          const { code, message } = await verdict(
            kind,
            patched(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << bit))),
          );
          const isPoint = covered.some(({ offset, content }) => at >= offset && at < offset + content.length);
          if (isPoint) assert.match(message, /is not on the curve|beyond the field's modulus/);
          assert.ok(code === "" || code === REFUSAL[kind], message);
        }
    }
  });

  it("survive anything else that a section may say", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(SEED)),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })), { maxLength: 4 }),
        fc.nat({ max: 40 }),
        async (given, which, patches, cut) => {
          const { id } = parts(given.bytes)[which % parts(given.bytes).length] as Part;
          const changed = edited(given, id, (content) => {
            const kept = Uint8Array.from(content.subarray(0, Math.max(0, content.length - (cut > 20 ? cut - 20 : 0))));
            for (const [at, by] of kept.length > 0 ? patches : [])
              for (const [i, byte] of by.entries()) kept[(at + i) % kept.length] = byte;
            return kept;
          });
          const { code } = await verdict(given.kind, changed);
          assert.ok(code === "" || code === REFUSAL[given.kind]);
        },
      ),
      { numRuns: 2_000 },
    ));

  it("give every committed input of the fuzzers an answer", async () => {
    for (const kind of KINDS)
      for (const name of readdirSync(join(SEEDS, kind))) {
        const { code } = await verdict(kind, readFileSync(join(SEEDS, kind, name)));
        assert.ok(code === "" || code === REFUSAL[kind], name);
      }
  });

  describe("refuse, saying where,", () => {
    const { dev, ceremony, witness, circuit, fresh, prepared } = SEED;
    const at = (given: Seed, id: number, within: number, by: Uint8Array) =>
      patched(given.bytes, offset(given, id, within), by);
    /** Little endian; not a canonical element of either field. */
    const tooLarge = new Uint8Array(32).fill(255);

    it("a version that is not known", async () => {
      for (const { kind, bytes } of Object.values(SEED)) {
        await refuses(kind, patched(bytes, 4, u32(0)), 4, /version 0/);
        await refuses(kind, patched(bytes, 4, u32(3)), 4, /version 3, expected at most [12]/);
      }
    });

    it("tables that cannot be", async () => {
      for (const { kind, bytes } of Object.values(SEED)) {
        await refuses(kind, patched(bytes, 8, u32(65)), 8, /65 sections, expected at most 64/);
        await refuses(kind, patched(bytes, 8, u32(0xffffffff)), 8, /4294967295 sections/);
        const count = parts(bytes).length;
        await refuses(kind, patched(bytes, 8, u32(count + 1)), bytes.length, /no room for the head of/);
        for (const size of [1n << 63n, (1n << 64n) - 1n, BigInt(bytes.length)])
          await refuses(kind, patched(bytes, 16, u64(size)), 16, /cut short: section \d+ has \d+ bytes, of which/);
      }
    });

    it("a section that is missing", async () => {
      for (const { kind, bytes } of Object.values(SEED))
        for (const { id } of parts(bytes)) {
          const without = assemble(
            bytes,
            parts(bytes).filter((each) => each.id !== id),
          );
          // circom's map from wires to labels and the list of a ceremony's first phase are not read.
          if ((kind === "r1cs" && id === 3) || (kind === "ptau" && id === 7)) continue;
          await refuses(kind, without, 8, new RegExp(`has no section ${id}$`));
        }
    });

    it("a section that is there twice", async () => {
      for (const { kind, bytes } of Object.values(SEED))
        for (const each of parts(bytes))
          await refuses(
            kind,
            assemble(bytes, [...parts(bytes), each]),
            bytes.length,
            new RegExp(`section ${each.id} is there twice`),
          );
    });

    it("sections that are shorter or longer than their count says", async () => {
      for (const given of Object.values(SEED)) {
        const { kind, bytes } = given;
        for (const { id, content } of parts(bytes)) {
          if ((kind === "r1cs" && id === 3) || (kind === "ptau" && id === 7)) continue;
          for (const change of [content.subarray(0, -1), Buffer.concat([content, Uint8Array.of(0)])]) {
            const { code, message } = await verdict(
              kind,
              edited(given, id, () => change),
            );
            assert.equal(code, REFUSAL[kind], `section ${id}`);
            assert.match(message, new RegExp(`section ${id} |contribution`));
          }
        }
      }
    });

    it("other fields", async () => {
      const headers = [
        { given: dev, id: 2, at: 0, field: "base" },
        { given: dev, id: 2, at: 36, field: "scalar" },
        { given: witness, id: 1, at: 0, field: "scalar" },
        { given: circuit, id: 1, at: 0, field: "scalar" },
        { given: fresh, id: 1, at: 0, field: "base" },
      ];
      for (const { given, id, at: start, field } of headers) {
        const other = toBytes(field === "base" ? FIELD : BASE_FIELD);
        const why = new RegExp(`expected the ${field} field of BN254`);
        await refuses(given.kind, at(given, id, start + 4, other), offset(given, id, start), why);
        await refuses(given.kind, at(given, id, start, u32(33)), offset(given, id, start), why);
      }
    });

    it("another protocol", () => refuses("zkey", at(dev, 1, 0, u32(2)), offset(dev, 1), /not a Groth16 key/));

    it("counts that contradict one another", async () => {
      const header = (within: number) => offset(dev, 2, within);
      await refuses("zkey", at(dev, 2, 76, u32(5)), header(76), /number of public wires 5, expected below 5/);
      for (const domain of [0, 3, 7, 2 ** 28 + 1, 2 ** 29])
        await refuses("zkey", at(dev, 2, 80, u32(domain)), header(80), /expected a power of two of at most 2\^28/);
      await refuses(
        "zkey",
        at(dev, 2, 80, u32(16)),
        offset(dev, 9),
        /section 9 has 512 bytes, expected 16 points H of 64/,
      );
      await refuses(
        "zkey",
        at(dev, 2, 72, u32(6)),
        offset(dev, 5),
        /section 5 has 320 bytes, expected 6 points A of 64/,
      );
      await refuses("zkey", at(dev, 2, 72, u32(2 ** 32 - 1)), offset(dev, 5), /expected 4294967295 points A/);
      await refuses("zkey", at(dev, 2, 76, u32(3)), offset(dev, 3), /expected 4 points of public wires/);
      for (const count of [8, 2 ** 31, 2 ** 32 - 1])
        await refuses("zkey", at(dev, 4, 0, u32(count)), offset(dev, 4, 4), /section 4 ends within the coefficients/);
      await refuses("zkey", at(dev, 4, 0, u32(6)), offset(dev, 4, 4 + 6 * 44), /44 bytes more than its fields/);

      await refuses("wtns", at(witness, 1, 36, u32(6)), offset(witness, 2), /has 160 bytes, expected 6 values of 32/);
      await refuses("wtns", at(witness, 1, 36, u32(2 ** 32 - 1)), offset(witness, 2), /expected 4294967295 values/);

      await refuses("r1cs", at(circuit, 1, 36, u32(3)), offset(circuit, 1, 36), /3 wires, fewer than/);
      await refuses("r1cs", at(circuit, 1, 48, u32(2 ** 32 - 1)), offset(circuit, 1, 36), /5 wires, fewer than/);
      await refuses("r1cs", at(circuit, 1, 60, u32(2 ** 28)), offset(circuit, 1, 60), /more than fit 2\^28 rows/);
      const end = offset(circuit, 2) + (part(circuit.bytes, 2)?.content.length ?? 0);
      await refuses("r1cs", at(circuit, 1, 60, u32(3)), end, /ends within the length of a list of terms/);
      await refuses("r1cs", at(circuit, 1, 60, u32(0)), offset(circuit, 2), /\d+ bytes more than its fields/);
      for (const count of [100, 2 ** 31, 2 ** 32 - 1])
        await refuses("r1cs", at(circuit, 2, 0, u32(count)), offset(circuit, 2, 4), /ends within a list of terms/);

      for (const power of [0, 29, 2 ** 32 - 1])
        await refuses("ptau", at(fresh, 1, 36, u32(power)), offset(fresh, 1, 36), /expected 1 to 28/);
      await refuses(
        "ptau",
        at(prepared, 1, 40, u32(2)),
        offset(prepared, 1, 40),
        /ceremony of power 2, expected 3 to 28/,
      );
      await refuses("ptau", at(prepared, 1, 40, u32(29)), offset(prepared, 1, 40), /ceremony of power 29/);
      const raised = Buffer.concat([u32(28), u32(28)]);
      await refuses("ptau", at(fresh, 1, 36, raised), offset(fresh, 2), /expected 536870911 points tau in G1 of 64/);
    });

    it("bases for phase 2 that are not complete", async () => {
      for (const id of [12, 13, 14, 15])
        for (const kept of [[id], [12, 13, 14, 15].filter((each) => each !== id)]) {
          const some = parts(prepared.bytes).filter((each) => each.id < 12 || kept.includes(each.id));
          await refuses("ptau", assemble(prepared.bytes, some), 8, /has no section 1[2-5]/);
        }
    });

    it("indices out of range", async () => {
      const nth = (i: number, field: number) => 4 + 44 * i + field;
      const cases = [
        { field: 0, value: 2, why: "matrix 2, expected below 2" },
        { field: 4, value: 8, why: "constraint 8, expected below 8" },
        { field: 8, value: 5, why: "wire 5, expected below 5" },
      ];
      for (const { field, value, why } of cases)
        for (const i of [0, 6]) {
          const changed = at(dev, 4, nth(i, field), u32(value));
          await refuses(
            "zkey",
            changed,
            offset(dev, 4, nth(i, field)),
            new RegExp(`coefficient ${i}: ${why}`),
            "content",
          );
          assert.deepEqual(await verdict("zkey", changed, "structure"), ACCEPTED, "only a check of the content asks");
        }
      const wire = at(circuit, 2, 4, u32(5));
      await refuses("r1cs", wire, offset(circuit, 2, 4), /constraint 0: wire 5, expected below 5/, "content");
      assert.deepEqual(await verdict("r1cs", wire, "structure"), ACCEPTED);
    });

    it("numbers beyond their modulus", async () => {
      const why = /beyond the field's modulus/;
      for (const value of [toBytes(FIELD), tooLarge]) {
        await refuses("zkey", at(dev, 4, 4 + 12, value), offset(dev, 4, 4 + 12), why, "content");
        await refuses("wtns", at(witness, 2, 64, value), offset(witness, 2, 64), why, "structure");
        await refuses("r1cs", at(circuit, 2, 8, value), offset(circuit, 2, 8), why, "content");
      }
      for (const value of [toBytes(BASE_FIELD), tooLarge]) {
        for (const id of [5, 6, 7, 8, 9])
          await refuses("zkey", at(dev, id, 32, value), offset(dev, id, 32), why, "content");
        await refuses("zkey", at(dev, 3, 64, value), offset(dev, 3, 64), why, "structure");
        for (const within of [84, 148, 212, 340, 468, 532])
          await refuses("zkey", at(dev, 2, within, value), offset(dev, 2, within), why, "structure");
        await refuses("zkey", at(dev, 10, 68, value), offset(dev, 10, 68), why);
        for (const id of [2, 3, 4, 5, 12, 13, 14, 15])
          await refuses("ptau", at(prepared, id, 64, value), offset(prepared, id, 64), why, "content");
        await refuses("ptau", at(prepared, 6, 96, value), offset(prepared, 6, 96), why, "structure");
      }
    });

    it("such a number wherever it is among many", async () => {
      const count = 70_000;
      const many = Buffer.concat([toBytes(FIELD - 1n), new Uint8Array(32 * (count - 1))]);
      const header = part(witness.bytes, 1)?.content.subarray(0, 36) as Uint8Array;
      const large = assemble(witness.bytes, [
        { id: 1, content: Buffer.concat([header, u32(count)]) },
        { id: 2, content: many },
      ]);
      assert.deepEqual(await verdict("wtns", large), ACCEPTED);
      for (const i of [0, 16_383, 16_384, 40_000, count - 1]) {
        const where = 12 + 12 + 40 + 12 + 32 * i;
        await refuses("wtns", patched(large, where, toBytes(FIELD)), where, /value beyond the field's modulus/);
      }
    });

    it("a wire out of range in whatever constraint", async () => {
      const count = 3_000;
      const row = Buffer.concat([1, 1, 0].flatMap((terms) => [u32(terms), new Uint8Array(36 * terms)]));
      const header = part(circuit.bytes, 1)?.content.subarray(0, 60) as Uint8Array;
      const large = assemble(circuit.bytes, [
        { id: 1, content: Buffer.concat([header, u32(count)]) },
        { id: 2, content: Buffer.concat(Array(count).fill(row)) },
      ]);
      const facts = await inspectBytes("r1cs", large);
      assert.ok(facts.kind === "r1cs");
      assert.deepEqual([facts.constraints, facts.domainBits, facts.terms], [count, 12, [count, count, 0]]);
      for (const i of [0, 1_023, 1_024, 2_500, count - 1]) {
        const where = 12 + 12 + 64 + 12 + i * row.length + 44;
        await refuses("r1cs", patched(large, where, u32(5)), where, new RegExp(`constraint ${i}: wire 5`));
      }
    });

    it("points off the curve, when asked", async () => {
      const one = toBytes(1n);
      for (const id of [3, 5, 6, 7, 8, 9]) {
        const changed = at(dev, id, 0, one);
        assert.deepEqual(await verdict("zkey", changed, "content"), ACCEPTED);
        await refuses("zkey", changed, offset(dev, id), /is not on the curve/);
      }
      for (const within of [84, 148, 212, 340, 468, 532]) {
        const changed = at(dev, 2, within, one);
        assert.deepEqual(await verdict("zkey", changed, "content"), ACCEPTED);
        await refuses(
          "zkey",
          changed,
          offset(dev, 2),
          /(alpha|beta), (beta|gamma) or delta in G[12] is not on the curve/,
        );
      }
      for (const id of [2, 3, 4, 5, 6, 12, 13, 14, 15]) {
        const changed = at(prepared, id, 0, one);
        assert.deepEqual(await verdict("ptau", changed, "content"), ACCEPTED);
        await refuses("ptau", changed, offset(prepared, id), /is not on the curve/);
      }
    });

    it("infinity where a key cannot have it, and only there", async () => {
      for (const [within, size] of [
        [84, 64],
        [148, 64],
        [212, 128],
        [340, 128],
        [468, 64],
        [532, 128],
      ] as const)
        await refuses("zkey", at(dev, 2, within, new Uint8Array(size)), offset(dev, 2, within), /is infinity/);
      for (const id of [3, 5, 6, 7, 8, 9]) {
        const { content } = part(dev.bytes, id) as Part;
        const zero = edited(dev, id, () => new Uint8Array(content.length));
        assert.deepEqual(await verdict("zkey", zero), ACCEPTED);
      }
    });

    it("custom gates", async () => {
      for (const id of [4, 5]) {
        const gates = assemble(circuit.bytes, [...parts(circuit.bytes), { id, content: u32(0) }]);
        await refuses("r1cs", gates, circuit.bytes.length + 12, /custom gates/);
      }
    });

    it("contributions that are cut short or of an unknown make", async () => {
      const record = 64 + 4;
      const parameters = record + 64 * 3 + 128 + 64 + 4;
      const { content } = part(ceremony.bytes, 10) as Part;
      for (let size = 0; size < content.length; size++) {
        const { code } = await verdict(
          "zkey",
          edited(ceremony, 10, () => content.subarray(0, size)),
          "structure",
        );
        assert.equal(code, "BadZkey", `${size} bytes`);
      }
      await refuses(
        "zkey",
        at(ceremony, 10, 64, u32(3)),
        offset(ceremony, 10, content.length),
        /ends within a contrib/,
      );
      const type = offset(ceremony, 10, parameters + 4);
      for (const unknown of [0, 4, 255])
        await refuses("zkey", patched(ceremony.bytes, type, Uint8Array.of(unknown)), type, /parameter of type/);
      const long = patched(ceremony.bytes, type + 1, Uint8Array.of(200));
      await refuses("zkey", long, type + 2, /contribution's parameters ends within a text/);
    });
  });
});

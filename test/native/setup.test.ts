/**
 * Keys and ceremonies by the native core: byte for byte those of the portable twins and of snarkjs, who accepts them.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { curves, groth16, powersOfTau, zKey } from "snarkjs";
import { type ContributionTerms, type NativeCore, type NativeReport, nativeCore } from "#native/index.ts";
import { FIELD } from "#protocol/params.ts";
import { type Circuit, compileCircuits } from "#prover/artifacts.ts";
import { toBytes } from "#prover/bn254.ts";
import { snarkjsTools } from "#prover/setup/ceremony-tools.ts";
import type { KeyWriter } from "#prover/setup/key-writer.ts";
import { beaconSeed, nativeKeys, nativeTools } from "#prover/setup/native.ts";
import { portableKeys } from "#prover/setup/portable-key.ts";
import type { Secret } from "#prover/setup/qap.ts";
import { readZkey } from "#prover/setup/zkey.ts";
import { keyToSnarkjs, proofToSnarkjs } from "#prover/verifying-key.ts";
import { CHAINS, chainInput, FIXTURES, forge, refusal, scratch, testPtau } from "../prover/support.ts";
import { type Row, r1csBytes, type Circuit as WrittenCircuit } from "../support/write-r1cs.ts";

const core = nativeCore();
if (core) describe("native set-up", () => setup(core));

function setup(core: NativeCore) {
  const folder = scratch("native-setup");
  const path = (name: string) => join(folder, name);
  const silent = () => {};
  const same = (one: string, other: string) =>
    assert.ok(readFileSync(one).equals(readFileSync(other)), `${one} differs`);

  /** Rows that repeat wires, take the constant, leave wires and whole lists out, and have factors at the ends of the field. */
  const factor = fc.oneof(
    fc.bigInt({ min: 0n, max: FIELD - 1n }),
    fc.constantFrom(0n, 1n, 2n, FIELD - 1n, FIELD - 2n, FIELD >> 1n),
    fc.nat({ max: 252 }).map((bits) => 1n << BigInt(bits)),
  );
  const circuit = fc
    .record({ publicWires: fc.nat({ max: 3 }), privateWires: fc.nat({ max: 12 }) })
    .chain(({ publicWires, privateWires }) => {
      const wires = 1 + publicWires + privateWires;
      const terms = fc.array(fc.record({ wire: fc.nat({ max: wires - 1 }), factor }), { maxLength: 6 });
      return fc.record({
        wires: fc.constant(wires),
        publicWires: fc.constant(publicWires),
        rows: fc.array(fc.record({ a: terms, b: terms, c: terms }), { maxLength: 20 }),
      });
    });
  const write = (written: WrittenCircuit, name = "written.r1cs"): string => {
    writeFileSync(path(name), r1csBytes(written));
    return path(name);
  };
  const emptyRow: Row = { a: [], b: [], c: [] };
  /** Wire 0 in every row; more rows than a piece of work has, and more terms of one wire than a sum takes at once. */
  const wide: WrittenCircuit = {
    wires: 900,
    publicWires: 2,
    rows: Array.from({ length: 2_500 }, (_, i) => ({
      a: [
        { wire: 0, factor: BigInt(i) ** 20n % FIELD },
        { wire: 1 + (i % 899), factor: 1n },
      ],
      b: [{ wire: 1 + ((i * i) % 899), factor: FIELD - 1n }],
      c: [{ wire: 1 + ((7 * i) % 899), factor: (1n << BigInt(i % 250)) + 1n }],
    })),
  };

  let chains: Record<(typeof CHAINS)[number], Circuit>;
  before(async () => {
    const [short, long] = (await compileCircuits(CHAINS, FIXTURES)) as [Circuit, Circuit];
    chains = { "chain-short": short, "chain-long": long };
  });

  describe("dev key", () => {
    const keys: Record<"native" | "portable", KeyWriter> = { native: nativeKeys(core), portable: portableKeys() };
    after(() => keys.portable.close());
    const secret: Secret = { tau: 5n, alpha: 7n, beta: FIELD - 1n, gamma: 1n << 200n, delta: 17n };

    async function agree(r1cs: string, of = secret): Promise<void> {
      for (const [name, writer] of Object.entries(keys)) await writer.write({ r1cs, zkey: path(name) }, of, silent);
      same(path("native"), path("portable"));
    }

    it("is the portable one, byte for byte", async () => {
      for (const { r1cs } of Object.values(chains)) await agree(r1cs);
    });

    it("is so for a circuit of many rows with a wire in all of them", () => agree(write(wide)));

    it("is so for circuits that no compiler writes, and any secret", async function () {
      this.slow(20_000);
      const scalar = fc.bigInt({ min: 2n, max: FIELD - 1n });
      const secrets = fc.record({ tau: scalar, alpha: scalar, beta: scalar, gamma: scalar, delta: scalar });
      await fc.assert(
        fc.asyncProperty(circuit, secrets, async (written, of) => {
          fc.pre(of.tau ** 64n % FIELD !== 1n);
          await agree(write(written), of);
        }),
        { numRuns: 25, examples: [[{ wires: 1, publicWires: 0, rows: [] }, secret]] },
      );
    });

    it("refuses a secret that is none", async () => {
      const { r1cs } = chains["chain-short"];
      const [hash, zkey] = [new Uint8Array(64), path("never.zkey")];
      const numbers = (values: readonly bigint[]) => Buffer.concat(values.map(toBytes));
      for (const [i, value] of [[0, 0n] as const, [3, 0n] as const, [4, FIELD] as const])
        assert.throws(() => void core.writeDevKey(r1cs, zkey, numbers([2n, 3n, 5n, 7n, 11n].with(i, value)), hash), {
          code: "NotInField",
        });
      await assert.rejects(core.writeDevKey(r1cs, zkey, numbers([1n, 3n, 5n, 7n, 11n]), hash), { code: "BadSecret" });
      assert.throws(() => void core.writeDevKey(r1cs, zkey, new Uint8Array(159), hash), { code: "InvalidArgument" });
      assert.throws(() => void core.writeDevKey(r1cs, zkey, new Uint8Array(160), hash.subarray(1)), {
        code: "InvalidArgument",
      });
      assert.ok(!existsSync(zkey));
    });

    it("refuses constraints that are damaged, says where, and leaves nothing behind", async () => {
      const attempt = (bytes: Uint8Array, message: RegExp) => {
        writeFileSync(path("damaged.r1cs"), bytes);
        const target = { r1cs: path("damaged.r1cs"), zkey: path("damaged.zkey") };
        return assert.rejects(keys.native.write(target, secret, silent), refusal("BadR1cs", message));
      };
      const bytes = readFileSync(chains["chain-long"].r1cs);
      await attempt(bytes.subarray(0, bytes.length - 1), /at byte \d+: cut short/);
      await attempt(Buffer.concat([Buffer.from("wtns"), bytes.subarray(4)]), /at byte 0: not a r1cs file/);
      const row = { ...emptyRow, a: [{ wire: 2, factor: 1n }] };
      await attempt(r1csBytes({ wires: 2, publicWires: 0, rows: [row] }), /wire 2, expected below 2/);
      const large = { ...emptyRow, c: [{ wire: 1, factor: FIELD }] };
      await attempt(r1csBytes({ wires: 2, publicWires: 0, rows: [large] }), /beyond the field's modulus/);
      const target = { r1cs: path("missing.r1cs"), zkey: path("damaged.zkey") };
      await assert.rejects(keys.native.write(target, secret, silent), { code: "ENOENT" });
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith("damaged.zkey")),
        [],
      );
    });

    it("shows how far it is, in order", async () => {
      const shown: [string, number][] = [];
      const report: NativeReport = (phase, share) => shown.push([phase, share]);
      const numbers = Buffer.concat([2n, 3n, 5n, 7n, 11n].map(toBytes));
      await core.writeDevKey(write(wide), path("shown.zkey"), numbers, new Uint8Array(64), report);
      await new Promise(setImmediate);
      assert.deepEqual([...new Set(shown.map(([phase]) => phase))], ["constraints", "points"]);
      for (const phase of ["constraints", "points"]) {
        const shares = shown.filter(([of]) => of === phase).map(([, share]) => share);
        assert.deepEqual(shares, shares.toSorted());
        assert.equal(shares.at(-1), 1);
      }
    });
  });

  describe("ceremony key", () => {
    const tools = nativeTools(core);
    let ptau: string;
    before(async () => {
      ptau = await testPtau();
    });
    const beacon = Buffer.from("0102030405060708090a0b0c0d0e0f10", "hex");

    it("begins as snarkjs's does, byte for byte", async () => {
      for (const { r1cs } of Object.values(chains)) {
        await tools.begin(r1cs, ptau, path("native.zkey"), silent);
        await snarkjsTools.begin(r1cs, ptau, path("snarkjs.zkey"), silent);
        same(path("native.zkey"), path("snarkjs.zkey"));
      }
    });

    it("does so for circuits that no compiler writes", async function () {
      this.slow(20_000);
      await fc.assert(
        fc.asyncProperty(circuit, async (written) => {
          const r1cs = write(written);
          await tools.begin(r1cs, ptau, path("native.zkey"), silent);
          await snarkjsTools.begin(r1cs, ptau, path("snarkjs.zkey"), silent);
          same(path("native.zkey"), path("snarkjs.zkey"));
        }),
        { numRuns: 25 },
      );
    });

    it("does so where snarkjs reads beyond the powers of tau", async function () {
      this.slow(30_000);
      // 2^15 rows, all but a few of them empty, and powers of tau for no more. The Lagrange bases are anything.
      const rows = Array.from({ length: 17_000 }, (_, i) => (i < 3 ? wide.rows[i] : emptyRow) as Row);
      const r1cs = write({ wires: 900, publicWires: 1, rows }, "large.r1cs");
      const powers = await anyPowers(15);
      await tools.begin(r1cs, powers, path("native.zkey"), silent);
      await snarkjsTools.begin(r1cs, powers, path("snarkjs.zkey"), silent);
      same(path("native.zkey"), path("snarkjs.zkey"));
    });

    /** Powers of tau = 1, and in the place of Lagrange bases as many generators. */
    async function anyPowers(power: number): Promise<string> {
      const [begun, out] = [path("begun.ptau"), path("any.ptau")];
      await core.beginPowers(power, begun);
      const bytes = readFileSync(begun);
      bytes.writeUInt32LE(11, 8);
      const [g1, g2] = [
        bytes.subarray(80, 144),
        bytes.subarray(80 + 64 * (2 ** (power + 1) - 1) + 12).subarray(0, 128),
      ];
      const section = (id: number, point: Uint8Array, count: number) => {
        const head = Buffer.alloc(12);
        head.writeUInt32LE(id);
        head.writeBigUInt64LE(BigInt(point.length * count), 4);
        return [head, Buffer.alloc(point.length * count, point)];
      };
      const [once, twice] = [2 ** (power + 1) - 1, 2 ** (power + 2) - 1];
      writeFileSync(
        out,
        Buffer.concat([
          bytes,
          ...section(12, g1, twice),
          ...section(13, g2, once),
          ...section(14, g1, once),
          ...section(15, g1, once),
        ]),
      );
      return out;
    }

    it("takes contributions that snarkjs verifies, and snarkjs follows with its own", async () => {
      const { r1cs } = chains["chain-long"];
      const [initial, ours, theirs, final] = ["0", "1", "2", "3"].map((step) => path(`step-${step}.zkey`)) as [
        string,
        string,
        string,
        string,
      ];
      await tools.begin(r1cs, ptau, initial, silent);
      await tools.contribute(
        initial,
        ours,
        "ours, ein längerer Name als vierundsechzig Zeichen, den snarkjs kürzt",
        silent,
      );
      await snarkjsTools.contribute(ours, theirs, "theirs", silent);
      await tools.close(theirs, final, beacon, 10, silent);
      for (const key of [ours, theirs, final]) assert.equal(await zKey.verifyFromR1cs(r1cs, ptau, key), true);
      assert.equal(await zKey.verifyFromR1cs(chains["chain-short"].r1cs, ptau, final), false);

      const { wasm } = chains["chain-long"];
      const { verifyingKey, kind } = await readZkey(final);
      assert.equal(kind, "ceremony");
      const { proof, publicSignals } = await groth16.fullProve(chainInput("chain-long"), wasm, final);
      assert.equal(await groth16.verify(keyToSnarkjs(verifyingKey), publicSignals, proof), true);

      const bytes = readFileSync(final);
      writeFileSync(path("changed.zkey"), bytes.with(bytes.length - 200, (bytes[bytes.length - 200] as number) ^ 1));
      assert.equal(await zKey.verifyFromR1cs(r1cs, ptau, path("changed.zkey")), false);
    });

    it("ends with a beacon as snarkjs's does, byte for byte", async () => {
      await tools.begin(chains["chain-short"].r1cs, ptau, path("initial.zkey"), silent);
      await tools.contribute(path("initial.zkey"), path("contributed.zkey"), "test", silent);
      for (const exponent of [10, 17]) {
        await tools.close(path("contributed.zkey"), path("native.zkey"), beacon, exponent, silent);
        await snarkjsTools.close(path("contributed.zkey"), path("snarkjs.zkey"), beacon, exponent, silent);
        same(path("native.zkey"), path("snarkjs.zkey"));
      }
    });

    it("draws another secret every time, and the hash of what it did is snarkjs's", async () => {
      await tools.begin(chains["chain-short"].r1cs, ptau, path("initial.zkey"), silent);
      const hashes = new Set<string>();
      for (const name of ["one.zkey", "two.zkey"])
        hashes.add(
          Buffer.from(await tools.contribute(path("initial.zkey"), path(name), "test", silent)).toString("hex"),
        );
      assert.equal(hashes.size, 2);
      assert.notDeepEqual(
        (await readZkey(path("one.zkey"))).verifyingKey.delta,
        (await readZkey(path("two.zkey"))).verifyingKey.delta,
      );
      const lines: string[] = [];
      const note = (text: string) => void lines.push(text.replaceAll(/\s/g, ""));
      const logger = { debug: silent, info: note, warn: note, error: note };
      assert.equal(await zKey.verifyFromInit(path("initial.zkey"), ptau, path("one.zkey"), logger), true);
      const [first] = hashes;
      assert.ok(lines.some((line) => line.includes(`contribution#1test:${first}`)));
    });

    it("withstands the forger, who wins before the first contribution", async () => {
      const lie = [1n, 2n, 3n];
      const isForged = async (zkey: string) => {
        const { verifyingKey } = await readZkey(zkey);
        return groth16.verify(keyToSnarkjs(verifyingKey), lie.map(String), proofToSnarkjs(forge(verifyingKey, lie)));
      };
      await tools.begin(chains["chain-short"].r1cs, ptau, path("initial.zkey"), silent);
      assert.equal(await isForged(path("initial.zkey")), true, "the forgery itself is sound");
      await tools.contribute(path("initial.zkey"), path("contributed.zkey"), "test", silent);
      assert.equal(await isForged(path("contributed.zkey")), false);
      await tools.close(path("contributed.zkey"), path("final.zkey"), beacon, 10, silent);
      assert.equal(await isForged(path("final.zkey")), false);
    });

    it("refuses files that are damaged, unprepared or too small, and leaves nothing behind", async () => {
      const { r1cs } = chains["chain-short"];
      const never = path("never.zkey");
      await core.beginPowers(4, path("unprepared.ptau"));
      await assert.rejects(
        tools.begin(r1cs, path("unprepared.ptau"), never, silent),
        refusal("BadPtau", /not prepared/),
      );
      const large = write(
        { wires: 2, publicWires: 0, rows: Array.from({ length: 256 }, () => emptyRow) },
        "large.r1cs",
      );
      await assert.rejects(tools.begin(large, ptau, never, silent), refusal("BadPtau", /no Lagrange basis of 2\^9/));
      writeFileSync(path("cut.ptau"), readFileSync(ptau).subarray(0, 5_000));
      await assert.rejects(tools.begin(r1cs, path("cut.ptau"), never, silent), refusal("BadPtau", /cut short/));
      const beyond = readFileSync(ptau);
      beyond.fill(0xff, 80 + 32, 80 + 64);
      writeFileSync(path("beyond.ptau"), beyond);
      await assert.rejects(
        tools.begin(r1cs, path("beyond.ptau"), never, silent),
        refusal("BadPtau", /beyond the field/),
      );

      await tools.begin(r1cs, ptau, path("initial.zkey"), silent);
      const key = readFileSync(path("initial.zkey"));
      writeFileSync(path("cut.zkey"), key.subarray(0, key.length - 1));
      await assert.rejects(tools.contribute(path("cut.zkey"), never, "", silent), refusal("BadZkey", /cut short/));
      await assert.rejects(tools.contribute(ptau, never, "", silent), refusal("BadZkey", /not a zkey file/));
      const more = Buffer.from(key);
      more.writeUInt32LE(1, key.length - 4);
      writeFileSync(path("more.zkey"), more);
      await assert.rejects(tools.contribute(path("more.zkey"), never, "", silent), refusal("BadZkey", /ends within/));
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith(basename(never))),
        [],
      );
    });

    it("takes no seed, name or beacon of the wrong size", () => {
      const [seed, none] = [new Uint8Array(32), new Uint8Array()];
      const wrong: ContributionTerms[] = [
        [seed.subarray(1), none, none, 0],
        [seed, new Uint8Array(256), none, 0],
        [seed, none, new Uint8Array(256), 10],
        [seed, none, seed, 64],
      ];
      for (const terms of wrong)
        assert.throws(() => void core.contributeToKey("a", "b", ...terms), { code: "InvalidArgument" });
    });
  });

  describe("powers of tau", () => {
    const [begun, once, twice, prepared] = ["begun", "once", "twice", "prepared"].map((name) =>
      path(`${name}.ptau`),
    ) as [string, string, string, string];
    const person = (i: number, name = "native"): ContributionTerms => [
      new Uint8Array(32).fill(i),
      Buffer.from(name),
      new Uint8Array(),
      0,
    ];
    before(async () => {
      await core.beginPowers(6, begun);
      await core.contributeToPowers(begun, once, ...person(1));
      await core.contributeToPowers(once, twice, ...person(2, ""));
      await core.preparePowers(twice, prepared);
    });

    it("begin as snarkjs's do", async () => {
      await powersOfTau.newAccumulator(await curves.getCurveFromName("bn128"), 6, path("snarkjs.ptau"));
      same(begun, path("snarkjs.ptau"));
    });

    it("take contributions that snarkjs verifies, before and after its own", async () => {
      assert.equal(await powersOfTau.verify(twice), true);
      await powersOfTau.contribute(twice, path("theirs.ptau"), "theirs", "entropy");
      await core.contributeToPowers(path("theirs.ptau"), path("last.ptau"), ...person(3));
      assert.equal(await powersOfTau.verify(path("last.ptau")), true);
      const bytes = readFileSync(twice);
      writeFileSync(path("changed.ptau"), bytes.with(80 + 64 * 5, (bytes[80 + 64 * 5] as number) ^ 1));
      assert.equal(await powersOfTau.verify(path("changed.ptau")), false);
    });

    it("draw the secrets of a beacon as snarkjs does", async () => {
      const beacon = Buffer.from("aa".repeat(32), "hex");
      await powersOfTau.beacon(once, path("snarkjs.ptau"), "beacon", beacon.toString("hex"), 10);
      const seed = await beaconSeed(beacon, 10);
      await core.contributeToPowers(once, path("native.ptau"), seed, Buffer.from("beacon"), beacon, 10);
      assert.equal(await powersOfTau.verify(path("native.ptau")), true);
      // All but what the hash left in its buffer of the block before.
      const [ours, theirs] = [path("native.ptau"), path("snarkjs.ptau")].map((file) => readFileSync(file)) as [
        Buffer,
        Buffer,
      ];
      const differing = ours.reduce((count, byte, i) => count + Number(byte !== theirs[i]), 0);
      assert.equal(ours.length, theirs.length);
      assert.ok(differing <= 128, `${differing} bytes differ`);
    });

    it("are prepared as snarkjs prepares them, byte for byte, and verifies them", async () => {
      await powersOfTau.preparePhase2(twice, path("snarkjs.ptau"));
      same(prepared, path("snarkjs.ptau"));
      assert.equal(await powersOfTau.verify(prepared), true);
      const bytes = readFileSync(prepared);
      writeFileSync(path("changed.ptau"), bytes.with(bytes.length - 10, (bytes[bytes.length - 10] as number) ^ 1));
      assert.equal(await powersOfTau.verify(path("changed.ptau")), false);
    });

    it("can be prepared again, in place", async () => {
      copyFileSync(prepared, path("again.ptau"));
      await core.preparePowers(path("again.ptau"), path("again.ptau"));
      same(path("again.ptau"), prepared);
    });

    it("refuse what is damaged, or but a part of a ceremony", async () => {
      const never = path("never.ptau");
      const bytes = readFileSync(once);
      writeFileSync(path("cut.ptau"), bytes.subarray(0, bytes.length - 1));
      await assert.rejects(core.preparePowers(path("cut.ptau"), never), { code: "BadPtau", message: /cut short/ });
      await assert.rejects(core.contributeToPowers(path("cut.ptau"), never, ...person(4)), { code: "BadPtau" });
      const part = Buffer.from(bytes);
      part.writeUInt32LE(7, 12 + 12 + 4 + 32 + 4);
      writeFileSync(path("part.ptau"), part);
      await assert.rejects(core.contributeToPowers(path("part.ptau"), never, ...person(4)), {
        code: "BadPtau",
        message: /first powers of a ceremony/,
      });
      await assert.rejects(core.preparePowers(path("missing.ptau"), never), { code: "FileUnreadable" });
      await assert.rejects(core.beginPowers(4, join(folder, "no", "such", "folder")), { code: "FileUnwritable" });
      assert.throws(() => void core.beginPowers(29, never), { code: "InvalidArgument" });
      assert.ok(!existsSync(never));
      assert.equal(dirname(never), folder);
    });
  });
}

import assert from "node:assert/strict";
import fc from "fast-check";
import { addPoints, BASE8, IDENTITY, multiplyBase, type Point, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { hash } from "#protocol/hash.ts";
import { FIELD } from "#protocol/params.ts";
import { publicKey, type Signature, sign, verify } from "#protocol/signature.ts";
import { element, secret } from "#test/support/arbitrary.ts";
import { type Circuit, circuit } from "#test/support/circuit.ts";
import { SMALL } from "#test/support/curve.ts";

const source = `
  template Verify() {
    signal input enabled, key[2], message, r8[2], s;
    EdDSAPoseidon()(Bool()(enabled), key, message, r8, s);
  }`;
const circomlib = `
  template Theirs() {
    signal input enabled, key[2], message, r8[2], s;
    EdDSAPoseidonVerifier()(enabled, key[0], key[1], s, r8[0], r8[1], message);
  }`;

type Claim = { readonly key: Point; readonly message: bigint } & Signature;
const inputOf = ({ key, message, r8, s }: Claim, enabled = 1n) => ({
  enabled,
  key: [key.x, key.y],
  message,
  r8: [r8.x, r8.y],
  s,
});
const signed = (by: Uint8Array, message: bigint): Claim => ({ key: publicKey(by), message, ...sign(by, message) });
const claim = fc.tuple(secret, element).map(([by, message]) => signed(by, message));

/** What a forger would try, and what a careless verifier would let pass. */
const forgeries: Record<string, (honest: Claim) => Claim> = {
  "another message (attack 27)": (c) => ({ ...c, message: (c.message + 1n) % FIELD }),
  "another key (attack 27)": (c) => ({ ...c, key: addPoints(c.key, BASE8) }),
  "another nonce": (c) => ({ ...c, r8: addPoints(c.r8, BASE8) }),
  "a nonce of mixed order": (c) => ({ ...c, r8: addPoints(c.r8, SMALL[4] as Point) }),
  "a nonce off the curve": (c) => ({ ...c, r8: { x: c.r8.x, y: (c.r8.y + 1n) % FIELD } }),
  "S + 1": (c) => ({ ...c, s: (c.s + 1n) % SUBGROUP_ORDER }),
  "S + l (attack 29)": (c) => ({ ...c, s: c.s + SUBGROUP_ORDER }),
  "-S": (c) => ({ ...c, s: FIELD - c.s }),
  "the opposite key": (c) => ({ ...c, key: { x: FIELD - c.key.x, y: c.key.y } }),
  "the identity as key (attack 28)": (c) => ({ ...c, key: IDENTITY, r8: multiplyBase(c.s) }),
};

describe("EdDSAPoseidon", () => {
  let ours: Circuit;
  before(async () => {
    ours = await circuit("lib/signature.circom", "Verify", [], { source, include: ["lib/uint.circom"] });
  });
  const accepts = (verifier: Circuit, input: ReturnType<typeof inputOf>): boolean => {
    try {
      verifier.witness(input);
      return true;
    } catch {
      return false;
    }
  };

  it("accepts what was signed", function () {
    this.slow(20_000);
    fc.assert(
      fc.property(claim, (honest) => assert.equal(ours.satisfied(ours.witness(inputOf(honest))), true)),
      { numRuns: 30, examples: [[signed(new Uint8Array(32), 0n)], [signed(new Uint8Array(32), FIELD - 1n)]] },
    );
  });

  for (const [name, forge] of Object.entries(forgeries)) {
    it(`refuses ${name}`, () => {
      fc.assert(
        fc.property(claim, (honest) => {
          const forged = forge(honest);
          assert.equal(verify(forged.key, forged.message, forged), false);
          ours.rejects(inputOf(forged), "EdDSAPoseidon", "CheckBitsUpTo", "CheckOnCurve", "ToMontgomery");
        }),
        { numRuns: 5 },
      );
    });
  }

  it("refuses every key of small order (attack 28) and keys off the curve", () => {
    for (const key of SMALL) ours.rejects(inputOf({ key, message: 5n, r8: multiplyBase(9n), s: 9n }), "ToMontgomery");
    const honest = signed(new Uint8Array(32).fill(7), 5n);
    for (const key of [
      { x: 0n, y: 0n },
      { x: 1n, y: 1n },
    ])
      ours.rejects(inputOf({ ...honest, key }), "CheckOnCurve");
  });

  it("lets no small component of a key matter, as circomlib does (attack 30 is registration's)", () => {
    const scalar = 1234n;
    for (const small of SMALL) {
      const [key, r8] = [addPoints(multiplyBase(scalar), small), multiplyBase(77n)];
      const h = hash(0n, [r8.x, r8.y, key.x, key.y, 5n]);
      const mixed = { key, message: 5n, r8, s: (77n + 8n * h * scalar) % SUBGROUP_ORDER };
      assert.equal(verify(key, 5n, mixed), true);
      assert.equal(accepts(ours, inputOf(mixed)), true);
    }
  });

  it("refuses a signature over h + r, the challenge's alias of 254 bits (attack 19)", () => {
    const [scalar, nonce] = [1234n, 77n];
    const [key, r8] = [multiplyBase(scalar), multiplyBase(nonce)];
    for (let message = 0n, found = 0; found < 3; message++) {
      const h = hash(0n, [r8.x, r8.y, key.x, key.y, message]);
      const over = (challenge: bigint) => ({ key, message, r8, s: (nonce + 8n * challenge * scalar) % SUBGROUP_ORDER });
      if (h + FIELD >= 1n << 254n) continue;
      found++;
      assert.equal(accepts(ours, inputOf(over(h))), true);
      ours.rejects(inputOf(over(h + FIELD)), "EdDSAPoseidon");
    }
  });

  it("agrees with circomlib's verifier on signatures and forgeries", async function () {
    this.slow(60_000);
    const theirs = await circuit("circomlib/circuits/eddsaposeidon.circom", "Theirs", [], {
      source: circomlib,
      warnings: "allow",
    });
    fc.assert(
      fc.property(claim, fc.constantFrom(...Object.values(forgeries)), (honest, forge) => {
        for (const input of [inputOf(honest), inputOf(forge(honest))]) {
          assert.equal(accepts(ours, input), accepts(theirs, input));
        }
      }),
      { numRuns: 24 },
    );
  });

  it("asks nothing but S < l when it is not enabled", () => {
    const anything = fc.record({
      key: fc.record({ x: element, y: element }),
      message: element,
      r8: fc.record({ x: element, y: element }),
    });
    const nothing = { key: { x: 0n, y: 0n }, message: 0n, r8: { x: 0n, y: 0n } };
    fc.assert(
      fc.property(anything, fc.bigInt({ min: 0n, max: SUBGROUP_ORDER - 1n }), (what, s) => {
        assert.equal(accepts(ours, inputOf({ ...what, s }, 0n)), true);
      }),
      {
        numRuns: 20,
        examples: [
          [nothing, 0n],
          [{ ...nothing, key: IDENTITY }, SUBGROUP_ORDER - 1n],
        ],
      },
    );
    for (const s of [SUBGROUP_ORDER, FIELD - 1n]) ours.rejects(inputOf({ ...nothing, s }, 0n), "CheckBitsUpTo");
  });

  it("is enabled by a bit only, so that nothing in between switches the equation off (attacks 18, 26)", async () => {
    const honest = signed(new Uint8Array(32).fill(3), 5n);
    for (const enabled of [2n, FIELD - 1n]) ours.rejects({ ...inputOf(honest), enabled }, "Bool");
    const untagged = source.replace("Bool()(enabled)", "enabled");
    await assert.rejects(circuit("lib/signature.circom", "Verify", [], { source: untagged }), /tag/i);
  });

  it("leaves no signal free, within 3,200 constraints", () => {
    const input = inputOf(signed(new Uint8Array(32).fill(9), 5n));
    assert.deepEqual([ours.loose(input), ours.movable(input), ours.movable({ ...input, enabled: 0n })], [[], [], []]);
    assert.deepEqual(ours.constraints, { nonLinear: 3105, linear: 7 });
  });
});

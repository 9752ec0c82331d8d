import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { groth16 } from "snarkjs";
import { FIELD } from "#protocol/params.ts";
import { type Artifacts, prepareCircuits } from "#prover/artifacts.ts";
import { BASE_FIELD } from "#prover/bn254.ts";
import type { ProverErrorCode } from "#prover/errors.ts";
import { createProver, type Proved, type Prover, type ProverOptions } from "#prover/prover.ts";
import { keyToSnarkjs, type Proof, proofToSnarkjs } from "#prover/verifying-key.ts";
import { CHAINS, type Chain, chainInput, FIXTURES, forge, refusal, scratch, times } from "./support.ts";

/** The proof as the backend made it, from the words for L1. */
function proofOf({ proof: [ax, ay, bx1, bx0, by1, by0, cx, cy] }: Proved): Proof {
  return {
    a: [ax, ay],
    b: [
      [bx0, bx1],
      [by0, by1],
    ],
    c: [cx, cy],
  } as Proof;
}

describe("prover", () => {
  const folder = scratch("prover");
  let artifacts: Artifacts;
  let prover: Prover;
  const open: Prover[] = [];
  const start = (options: Partial<ProverOptions> = {}) => {
    const started = createProver({ artifacts, ...options });
    open.push(started);
    return started;
  };
  const request = (chain: Chain, c?: bigint) => ({ instance: chain, input: chainInput(chain, c) });

  before(async () => {
    artifacts = await prepareCircuits(CHAINS, FIXTURES);
    prover = start();
  });
  after(() => {
    for (const each of open) each.close();
  });

  it("proves what any Groth16 verifier accepts, and says how long it took", async () => {
    for (const chain of CHAINS) {
      const proved = await prover.prove(request(chain));
      assert.deepEqual(proved.publicSignals, [3n, 7n, chainInput(chain).y]);
      const key = artifacts[chain]?.verifyingKey;
      assert.ok(key);
      const signals = proved.publicSignals.map(String);
      assert.equal(await groth16.verify(keyToSnarkjs(key), signals, proofToSnarkjs(proofOf(proved))), true);
      for (const time of Object.values(proved.timings)) assert.ok(time > 0);
    }
  });

  it("takes several requests at once and answers each its own", async () => {
    const starts = [1n, 2n, 3n, 4n];
    const proved = await Promise.all(starts.map((c) => prover.prove(request("chain-short", c))));
    assert.deepEqual(
      proved.map(({ publicSignals }) => publicSignals[0]),
      starts,
    );
  });

  it("leaves the event loop free", async () => {
    const before = performance.eventLoopUtilization();
    await prover.prove(request("chain-long"));
    const { utilization } = performance.eventLoopUtilization(before);
    assert.ok(utilization < 0.3, `busy for ${utilization} of the time`);
  });

  it("refuses what the circuit refuses, once and by its code", async () => {
    const { y, ...rest } = chainInput("chain-short");
    const prove = (input: typeof rest & { y?: bigint }) =>
      prover.prove({ instance: "chain-short", input: input as never });
    await assert.rejects(prove({ ...rest, y: y + 1n }), refusal("WitnessRefused", /Chain/));
    await assert.rejects(prove(rest), refusal("BadInput"));
    await assert.rejects(
      prover.prove({ instance: "chain-endless", input: {} }),
      refusal("UnknownInstance", /chain-endless/),
    );
    await assert.rejects(prover.prove({ instance: "constructor", input: {} }), refusal("UnknownInstance"));
    await prover.prove(request("chain-short"));
  });

  describe("verify", () => {
    let proved: Proved;
    const verify = (proof: Proof, signals = proved.publicSignals, instance: Chain = "chain-short") =>
      prover.verify(instance, signals, proof);
    before(async () => {
      proved = await prover.prove(request("chain-short"));
    });

    it("accepts the proof and its re-randomised twin (-A, -B, C)", async () => {
      const {
        a: [ax, ay],
        b: [bx, [by0, by1]],
        c,
      } = proofOf(proved);
      assert.equal(await verify(proofOf(proved)), true);
      const twin: Proof = { a: [ax, BASE_FIELD - ay], b: [bx, [BASE_FIELD - by0, BASE_FIELD - by1]], c };
      assert.equal(await verify(twin), true, "so proof bytes identify nothing");
    });

    it("refuses other inputs, aliases and other counts of them (attacks 4 and 13)", async () => {
      const proof = proofOf(proved);
      const { publicSignals } = proved;
      for (const [i, signal] of publicSignals.entries()) {
        for (const lie of [signal + 1n, signal + FIELD, signal - FIELD, -1n])
          assert.equal(await verify(proof, publicSignals.with(i, lie)), false);
      }
      assert.equal(await verify(proof, publicSignals.slice(0, 2)), false);
      assert.equal(await verify(proof, [...publicSignals, 0n]), false);
      assert.equal(await verify(proof, publicSignals, "chain-long"), false, "another circuit (attack 8)");
    });

    it("refuses points that are zero, infinite, off the curve or not canonical (attack 6)", async () => {
      const proof = proofOf(proved);
      const zero = [0n, 0n] as const;
      const bad: Partial<Proof>[] = [
        { a: zero },
        { b: [zero, zero] },
        { c: zero },
        { a: zero, b: [zero, zero], c: zero },
        { a: [1n, 1n] },
        { c: [proof.c[0], proof.c[1] ^ 1n] },
        {
          b: [
            [1n, 0n],
            [2n, 0n],
          ],
        },
        { a: [proof.a[0] + BASE_FIELD, proof.a[1]] },
        { c: [proof.c[0], proof.c[1] + BASE_FIELD] },
        { b: [[proof.b[0][0] + BASE_FIELD, proof.b[0][1]], proof.b[1]] },
        { a: [-1n, 1n] },
        { a: times(proof.a, 2n) },
        { c: times(proof.c, 2n) },
      ];
      for (const part of bad)
        assert.equal(await verify({ ...proof, ...part }), false, JSON.stringify(Object.keys(part)));
    });

    it("refuses the forger's proof of any lie (attack 1)", async () => {
      for (const chain of CHAINS) {
        const key = artifacts[chain]?.verifyingKey;
        assert.ok(key);
        assert.equal(await verify(forge(key, [1n, 2n, 3n]), [1n, 2n, 3n], chain), false);
      }
    });
  });

  describe("with a backend at fault (attack 88)", () => {
    const plan = join(folder, "plan");
    const backend = new URL("./fixtures/faulty-backend.ts", import.meta.url);
    backend.searchParams.set("plan", plan);
    const order = (...faults: string[]) => writeFileSync(plan, faults.join("\n"));
    const isDone = () => readFileSync(plan, "utf8") === "";
    let faulty: Prover;
    before(() => {
      order();
      faulty = start({ backend });
    });

    const faults: [fault: string, code: ProverErrorCode, message: RegExp][] = [
      ["dies", "WorkerFailed", /ended: exit code 3/],
      ["throws", "WorkerFailed", /out of luck/],
      ["garbage", "ProofRejected", /chain-short does not verify/],
      ["nothing", "ProofRejected", /does not verify/],
      ["alias", "ProofRejected", /does not verify/],
      ["offCurve", "ProofRejected", /does not verify/],
      ["infinity", "ProofRejected", /does not verify/],
      ["replays", "ProofRejected", /does not verify/],
    ];
    for (const [fault, code, message] of faults) {
      it(`whose proof ${fault}: a second attempt, then ${code}`, async () => {
        await faulty.prove(request("chain-short", 1n));
        order(fault);
        const proved = await faulty.prove(request("chain-short", 2n));
        assert.ok(isDone(), "it did fail first");
        assert.equal(await prover.verify("chain-short", proved.publicSignals, proofOf(proved)), true);
        order(fault, fault);
        await assert.rejects(faulty.prove(request("chain-short", 3n)), refusal(code, message));
        assert.ok(isDone());
      });
    }

    it("that hangs or spins: it is killed, then WorkerTimeout", async () => {
      const impatient = start({ backend, timeoutMs: 3_000 });
      order("hangs", "spins");
      await assert.rejects(impatient.prove(request("chain-short")), refusal("WorkerTimeout", /longer than 3000 ms/));
      assert.ok(isDone());
    });
  });

  it("ends its workers when closed, and what was under way with a code", async () => {
    const children = () =>
      execFileSync("ps", ["-o", "pid=", "--ppid", String(process.pid)], { encoding: "utf8" }).split("\n").length;
    const before = children();
    const closing = createProver({ artifacts });
    assert.ok(children() >= before + 2);
    const pending = closing.prove(request("chain-long"));
    setTimeout(() => closing.close(), 20);
    await assert.rejects(pending, refusal("ProverClosed"));
    await assert.rejects(closing.prove(request("chain-long")), refusal("ProverClosed"));
    for (let wait = 0; wait < 100 && children() > before; wait++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(children() <= before);
  });
});

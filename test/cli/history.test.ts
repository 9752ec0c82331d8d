import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stateRoot } from "#protocol/state.ts";
import type { Artifact } from "#prover/artifacts.ts";
import { verifyingKeyHash } from "#prover/evm.ts";
import type { VerifyingKey } from "#prover/verifying-key.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { fakeL1, type History, KEY_HASH, makeHistory } from "./fake-l1.ts";
import { cli, STATUS, scratch } from "./support.ts";

const down = { provega_status: new NodeError("NodeUnreachable", "no node") };

describe("provega rebuild", () => {
  let history: History;
  before(() => {
    history = makeHistory();
  });
  const rebuild = (args: readonly string[] = [], change: Parameters<typeof fakeL1>[1] = {}) =>
    cli(["rebuild", ...args], down, { connectL1: async () => fakeL1(history, change) });

  it("reaches L1's root from L1 alone, without a node", async () => {
    const { code, stdout, calls } = await rebuild(["--json"]);
    assert.equal(code, 0);
    const result = JSON.parse(stdout);
    assert.equal(result.root, stateRoot(history.state).toString());
    assert.deepEqual([result.steps, result.accounts, result.totalCash, result.requests], [3, 2, "100000000000", 2]);
    assert.deepEqual(calls, []);
    assert.match((await rebuild()).stdout, /root on L1 +the same/);
  });

  it("writes the accounts down", async () => {
    const path = scratch();
    await rebuild(["--out", path]);
    const accounts = JSON.parse(readFileSync(path, "utf8"));
    assert.deepEqual(
      accounts.map(({ cash, positions }: { cash: string; positions: unknown }) => [cash, positions]),
      [
        ["49825000000", [{ series: "BTC-27FEB26-60000-P", size: "5000" }]],
        ["50155000000", [{ series: "BTC-27FEB26-60000-P", size: "-5000" }]],
      ],
    );
  });

  it("refuses an L1 that contradicts itself", async () => {
    const { steps } = history;
    const [first, second, third] = steps;
    assert.ok(first && second && third);
    const cases: readonly (readonly [Parameters<typeof fakeL1>[1], RegExp])[] = [
      [{ root: 5n }, /VerificationFailed: the steps lead to root \d+; L1 holds 5/],
      [{ announced: [first, third] }, /ChainDisagrees: step 2 is missing; the next on L1 is 3/],
      [
        { announced: [first, { ...second, root: 5n }, third] },
        /ChainDisagrees: the words of step 2 lead to another root/,
      ],
      [{ calldata: [first, third, third] }, /ChainDisagrees: L1 says that 0x0+3 has step 2; its calldata do not/],
      [{ calldata: [first] }, /ChainDisagrees: transaction 0x0+3 accepted steps without submitting any/],
      [
        {
          calldata: [
            first,
            second,
            { ...third, words: third.words.with(-1, (third.words.at(-1) ?? 0n) ^ (1n << 60n)) },
          ],
        },
        /BadWords/,
      ],
    ];
    for (const [change, message] of cases) {
      const { code, stderr } = await rebuild([], change);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  });

  it("finds the only rollup, and asks which where there are several", async () => {
    const several = await rebuild([], { rollups: 2 });
    assert.equal(several.code, 1);
    assert.match(several.stderr, /WrongDeployment: the chain has several rollups, .*: name one/);
    const none = await rebuild([], { rollups: 0 });
    assert.match(none.stderr, /WrongDeployment: the chain has no rollup/);
    const named = await rebuild(["--rollup", `0x${"1".repeat(40)}`, "--json"], { rollups: 2, announced: [] });
    assert.equal(JSON.parse(named.stdout).steps, 0);
  });
});

describe("provega verify", () => {
  let history: History;
  before(() => {
    history = makeHistory();
  });
  const point = [1n, 2n] as const;
  const pair = [point, point] as const;
  const verifyingKey: VerifyingKey = {
    alpha: point,
    beta: pair,
    gamma: pair,
    delta: pair,
    ic: [point, point, point, point],
  };
  // Of an artifact, only its key matters here.
  const artifact = { verifyingKey } as unknown as Artifact;
  const ownHash = verifyingKeyHash(verifyingKey);
  /** A prover that finds a proof good if it is the one of the fake history. */
  const openProver = async () => ({
    artifacts: { "marks-devnet": artifact, "trade-devnet": artifact },
    prover: {
      prove: async () => assert.fail(),
      verify: async (_: string, signals: readonly bigint[]) => signals.length === 3,
      close() {},
    },
    close() {},
  });

  it("lists what holds, and fails on what does not", async () => {
    const context = { connectL1: async () => fakeL1(history), openProver };
    const { code, stdout, stderr } = await cli(["verify", "--step", "2"], down, context);
    assert.equal(code, 1);
    assert.notEqual(ownHash, KEY_HASH);
    assert.match(stderr, /VerificationFailed: not so: the contract verifies with the key of this set-up\n/);
    assert.match(stdout, /the proof verifies for the words, off the chain +yes/);
    assert.match(stdout, /the contract verifies with the key of this set-up +NO/);
    const bad = await cli(["verify", "--step", "2", "--json"], down, {
      ...context,
      openProver: async () => ({
        ...(await openProver()),
        prover: { prove: async () => assert.fail(), verify: async () => false, close() {} },
      }),
    });
    const failed = JSON.parse(bad.stdout).checks.filter(({ holds }: { holds: boolean }) => !holds);
    assert.equal(failed.length, 2);
  });

  it("compares with what the node tells, where one answers", async () => {
    const step = history.steps[2];
    assert.ok(step);
    const told = { words: step.words.map(String), proof: step.proof.map(String), newRoot: step.root.toString() };
    const context = { connectL1: async () => fakeL1(history), openProver };
    const status = {
      ...STATUS,
      addresses: { ...STATUS.addresses, rollup: "0x5FbDB2315678afecb367f032d93F642f64180aa3" },
    };
    const checksOf = async (claimed: object): Promise<{ what: string; holds: boolean }[]> =>
      JSON.parse(
        (
          await cli(
            ["verify", "--step", "3", "--json"],
            { provega_status: status, provega_step: () => claimed as never },
            context,
          )
        ).stdout,
      ).checks;
    const same = (await checksOf(told)).find(({ what }) => what === "the node tells the same");
    assert.equal(same?.holds, true);
    const lie = (await checksOf({ ...told, newRoot: "5" })).find(({ what }) => what === "the node tells the same");
    assert.equal(lie?.holds, false);
    assert.ok((await checksOf(told)).some(({ what, holds }) => what === "the contract's root is this step's" && holds));
  });

  it("knows which steps there are", async () => {
    const { code, stderr } = await cli(["verify", "--step", "9"], down, {
      connectL1: async () => fakeL1(history),
      openProver,
    });
    assert.equal(code, 1);
    assert.match(stderr, /UnknownStep: L1 has no step 9; its newest is 3/);
  });
});

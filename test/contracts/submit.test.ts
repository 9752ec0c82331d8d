/**
 * The rules by which L1 accepts a step, each broken alone, with a valid proof for everything else.
 * @module
 */
import assert from "node:assert/strict";
import { type Contract, type Log, Wallet, ZeroAddress } from "ethers";
import { LAYOUT, pack, unpack } from "#protocol/layout.ts";
import { FIELD } from "#protocol/params.ts";
import { requestWords } from "#protocol/request.ts";
import { freshKeys } from "./fixtures/keys.ts";
import { connect, type Draft, revertOf, transact, USDC, type World, world } from "./fixtures/world.ts";

const WINDOW = 1_800;
const DRIFT = 15;
const SILENCE = 86_400;
/** Key of the first account of the local chain, known to everyone. */
const OPERATOR_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

describe("Rollup.submit", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });

  /** A step whose words are those of `draft`, some of them replaced, and proved as they are. */
  const altered = async (draft: Draft, change: (words: bigint[]) => void) => {
    const words = await w.words(draft);
    change(words);
    return w.prove(words, draft.kind);
  };
  const meta = (words: readonly bigint[]) => unpack(LAYOUT.meta, words[0] as bigint);
  const alterMeta = (draft: Draft, change: Partial<ReturnType<typeof meta>>) =>
    altered(draft, (words) => {
      words[0] = pack(LAYOUT.meta, { ...meta(words), ...change });
    });

  it("advances root, number and time, consumes requests and credits payouts", async () => {
    const registered = await w.register(w.alice, 1, 5n * USDC);
    const step = await w.step({
      requests: [registered],
      lanes: [
        { account: 0, payout: 2n * USDC },
        { account: 0, payout: USDC },
      ],
    });
    const receipt = await w.submit([step]);

    assert.equal(await w.view("root"), step.words[2]);
    const head = await w.view<bigint[]>("head");
    const { timestamp } = meta(step.words);
    const block = await receipt.getBlock();
    assert.deepEqual([...head], [1n, timestamp, BigInt(block.timestamp), 1n, 3n * USDC]);
    assert.equal(await w.view("claimable", await w.alice.getAddress()), 3n * USDC);
  });

  it("leaves steps that logs and calldata alone give back", async () => {
    const steps = await w.chain([{ kind: "marks" }, { kind: "trade" }]);
    await w.submit(steps);
    const logs = await w.rollup.queryFilter(w.rollup.getEvent("StepAccepted"), 0);
    assert.equal(logs.length, 2);
    const transaction = await (logs[0] as Log).getTransaction();
    const [posted] = w.rollup.interface.decodeFunctionData("submit", transaction.data);
    const found = posted.map((step: { words: bigint[] }) => [...step.words]);
    assert.deepEqual(
      found,
      steps.map(({ words }) => words),
    );
    const decoded = logs.map((log) => w.rollup.interface.parseLog(log)?.args.toObject());
    assert.deepEqual(
      decoded,
      steps.map(({ kind, words }) => ({
        number: meta(words).number,
        kind: BigInt(kind),
        root: words[2],
        timestamp: meta(words).timestamp,
        consumed: 0n,
      })),
    );
  });

  describe("header", () => {
    it("refuses another version of the format", async () =>
      w.refuses(w.submit([await alterMeta({}, { version: 2n })]), "WrongVersion", 2n));

    it("refuses a kind without a key, and words of another kind than the step's", async () => {
      const step = await w.step();
      await w.refuses(w.submit([{ ...step, kind: 0 }]), "WrongKind", 0n, 2n);
      await w.refuses(w.submit([{ ...step, kind: 4 }]), "WrongKind", 4n, 2n);
      await w.refuses(w.submit([{ ...step, kind: 1 }]), "WrongKind", 1n, 2n);
      await w.refuses(w.submit([await alterMeta({}, { kind: 1n })]), "WrongKind", 2n, 1n);
    });

    it("refuses words for circuits of another size (attack 8)", async () =>
      w.refuses(w.submit([await alterMeta({}, { profile: 2n })]), "WrongProfile", 2n));

    it("refuses words for another contract or chain (attacks 8 and 73)", async () => {
      const foreign = w.deployment.domain ^ 1n;
      await w.refuses(w.submit([await w.step({ domain: foreign })]), "WrongDomain", foreign);
      const other = await world("tiny", "TestUSDC", w.connection);
      const step = await other.step();
      await other.submit([step]);
      await w.refuses(w.submit([step]), "WrongDomain", other.deployment.domain);
    });

    it("refuses a step that does not start from the current root", async () => {
      const current = await w.view("root");
      await w.refuses(w.submit([await w.step({ oldRoot: 7n })]), "StaleRoot", current, 7n);
    });

    it("refuses a step again, and as the next one (attack 7)", async () => {
      const step = await w.step();
      await w.submit([step]);
      await w.refuses(w.submit([step]), "StaleRoot", step.words[2], step.words[1]);
      const asNext = step.words.with(1, step.words[2] as bigint);
      await w.refuses(w.submit([{ ...step, words: asNext }]), "WrongNumber", 2n, 1n);
    });

    it("refuses a step twice in one submission", async () => {
      const step = await w.step();
      await w.refuses(w.submit([step, step]), "StaleRoot", step.words[2], step.words[1]);
    });

    it("takes the first of two valid steps from one root; the other is stale (attack 75)", async () => {
      const [one, other] = [await w.step(), await w.step()];
      await w.submit([one]);
      await w.refuses(w.submit([other]), "StaleRoot", one.words[2], other.words[1]);
    });

    it("refuses the accepted step with a re-randomised proof (attack 5)", async () => {
      const step = await w.step();
      await w.submit([step]);
      await w.refuses(w.submit([{ ...step, proof: negated(step.proof) }]), "StaleRoot");
    });

    it("refuses a skipped number (attack 10)", async () => {
      await w.refuses(w.submit([await w.step({ number: 2n })]), "WrongNumber", 1n, 2n);
      await w.refuses(w.submit([await w.step({ number: 0n })]), "WrongNumber", 1n, 0n);
    });

    it("refuses fewer words than a header", async () => {
      const step = await w.step();
      await w.refuses(w.submit([{ ...step, words: step.words.slice(0, 3) }]), "WrongWordCount", 4n, 3n);
      await w.refuses(w.submit([{ ...step, words: [] }]), "WrongWordCount", 4n, 0n);
    });
  });

  describe("time (attacks 11 and 72)", () => {
    const at = async (seconds: number, timestamp: number) => {
      const step = await w.step({ timestamp: BigInt(timestamp) });
      await w.connection.networkHelpers.time.setNextBlockTimestamp(seconds);
      return step;
    };

    it("accepts the oldest and the newest timestamp of the window", async () => {
      const now = (await w.connection.networkHelpers.time.latest()) + 10_000;
      await w.submit([await at(now, now - WINDOW)]);
      await w.submit([await at(now + 1, now + 1 + DRIFT)]);
    });

    it("refuses one second beyond either end", async () => {
      const now = (await w.connection.networkHelpers.time.latest()) + 10_000;
      const window = [BigInt(now - WINDOW), BigInt(now + DRIFT)];
      const old = await at(now, now - WINDOW - 1);
      await w.refuses(w.submit([old]), "TimestampOutsideWindow", BigInt(now - WINDOW - 1), ...window);
      const early = await at(now, now + DRIFT + 1);
      await w.refuses(w.submit([early]), "TimestampOutsideWindow", BigInt(now + DRIFT + 1), ...window);
    });

    it("refuses a step before the last one", async () => {
      const now = await w.connection.networkHelpers.time.latest();
      await w.submit([await w.step({ timestamp: BigInt(now) })]);
      const action = w.submit([await w.step({ timestamp: BigInt(now - 1) })]);
      const { name, args } = await revertOf(action);
      assert.equal(name, "TimestampOutsideWindow");
      assert.deepEqual(args.slice(0, 2), [BigInt(now - 1), BigInt(now)]);
      await w.submit([await w.step({ timestamp: BigInt(now) })]);
    });
  });

  describe("words", () => {
    it("refuses a count beyond its section's capacity", async () => {
      const { lanes } = w.profile;
      const tooMany = Array.from({ length: lanes + 1 }, () => ({ account: 0 }));
      await w.refuses(
        w.submit([await w.step({ lanes: tooMany })]),
        "CountAboveCapacity",
        0n,
        BigInt(lanes + 1),
        BigInt(lanes),
      );
      const requests = [];
      for (let i = 0; i <= lanes; i++) requests.push(await w.register(w.alice, i));
      await w.refuses(
        w.submit([await w.step({ requests })]),
        "CountAboveCapacity",
        1n,
        BigInt(lanes + 1),
        BigInt(lanes),
      );
      await w.refuses(w.submit([await alterMeta({}, { count2: 1n })]), "CountAboveCapacity", 2n, 1n, 0n);
      const { series } = w.profile;
      const marks = await altered({ kind: "marks" }, (words) => {
        words[0] = pack(LAYOUT.meta, { ...meta(words), count2: BigInt(series + 1) });
        words.push(1n);
      });
      await w.refuses(w.submit([marks]), "CountAboveCapacity", 2n, BigInt(series + 1), BigInt(series));
    });

    it("refuses words in the gap behind the used entries (attack 13)", async () => {
      const entry = 1 + 2 * w.profile.intents;
      const gap = await altered({}, (words) => words.push(...Array.from({ length: entry }, () => 1n)));
      await w.refuses(w.submit([gap]), "WrongWordCount", BigInt(4 + entry), BigInt(4 + 2 * entry));
      const one = await altered({}, (words) => words.push(0n));
      await w.refuses(w.submit([one]), "WrongWordCount", BigInt(4 + entry), BigInt(5 + entry));
    });

    it("refuses too few words for the counts (attack 13)", async () => {
      const short = await altered({}, (words) => words.pop());
      await w.refuses(
        w.submit([short]),
        "WrongWordCount",
        BigInt(5 + 2 * w.profile.intents),
        BigInt(4 + 2 * w.profile.intents),
      );
    });

    it("refuses every word and the commitment beyond the field (attack 4)", async () => {
      const registered = await w.register(w.alice, 1, USDC);
      const draft: Draft = { lanes: [{ account: 0 }, { account: 0 }], requests: [registered] };
      const words = await w.words(draft);
      // Meta, old root and domain are compared with canonical values first.
      for (let i = 0; i < words.length; i++) {
        const alias = (words[i] as bigint) + FIELD;
        const step = await w.prove(words.with(i, alias));
        const byName = ["WrongVersion", "StaleRoot", undefined, "WrongDomain"][i];
        if (byName) await w.refuses(w.submit([step]), byName);
        else await w.refuses(w.submit([step]), "NotInField", alias);
      }
      const step = await w.prove(words);
      const alias = step.commitment + FIELD;
      await w.refuses(w.submit([{ ...step, commitment: alias }]), "NotInField", alias);
    });

    it("refuses the words of a valid step with another root, commitment or payout (attack 2)", async () => {
      const registered = await w.register(w.alice, 1, USDC);
      const step = await w.step({ lanes: [{ account: 0 }], requests: [registered] });
      await w.refuses(w.submit([{ ...step, words: step.words.with(2, 5n) }]), "ProofRejected");
      await w.refuses(w.submit([{ ...step, commitment: step.commitment + 1n }]), "ProofRejected");
      const paying = step.words.with(4, pack(LAYOUT.lane, { account: 0n, payout: USDC, isWrittenOff: 0n }));
      await w.refuses(w.submit([{ ...step, words: paying }]), "ProofRejected");
    });
  });

  describe("requests (attack 12)", () => {
    it("refuses a request that is not the next of the queue", async () => {
      const first = await w.register(w.alice, 1, USDC);
      const second = await w.deposit(w.bob, 0, USDC);
      await w.refuses(w.submit([await w.step({ requests: [second] })]), "RequestMismatch", 0n);
      await w.refuses(w.submit([await w.step({ requests: [second, first] })]), "RequestMismatch", 0n);
      await w.submit([await w.step({ requests: [first] })]);
      await w.refuses(w.submit([await w.step({ requests: [first] })]), "RequestMismatch", 1n);
      await w.submit([await w.step({ requests: [second] })]);
    });

    it("refuses a request with any word changed", async () => {
      const request = await w.register(w.alice, 1, USDC);
      const words = await w.words({ requests: [request] });
      const start = words.length - requestWords(request).length;
      for (let i = start; i < words.length; i++) {
        const step = await w.prove(words.with(i, (words[i] as bigint) + 1n));
        await w.refuses(w.submit([step]), "RequestMismatch", 0n);
      }
    });

    it("refuses more requests than wait", async () => {
      const request = await w.register(w.alice, 1);
      await w.refuses(w.submit([await w.step({ requests: [request, request] })]), "RequestsBeyondQueue", 2n, 1n);
    });

    it("takes several at once, and in steps of one submission", async () => {
      const queued = [await w.register(w.alice, 1, USDC), await w.register(w.bob, 2), await w.deposit(w.bob, 0, USDC)];
      await w.submit(await w.chain([{ requests: queued.slice(0, 2) }, { requests: queued.slice(2) }]));
      assert.equal((await w.view<{ consumed: bigint }>("head")).consumed, 3n);
    });
  });

  describe("payouts", () => {
    it("refuses a payout to an account that nobody registered", async () => {
      await w.submit([await w.step({ requests: [await w.register(w.alice, 1, USDC)] })]);
      await w.refuses(w.submit([await w.step({ lanes: [{ account: 5, payout: 1n }] })]), "UnknownAccount", 5n);
    });

    it("refuses to pay out more than the consumed deposits, whatever the balance (attack 70)", async () => {
      const first = await w.register(w.alice, 1, USDC);
      await w.deposit(w.bob, 0, 9n * USDC);
      await transact(w.token, w.bob, "mint", w.deployment.rollup, 100n * USDC);
      const greedy = await w.step({
        requests: [first],
        lanes: [
          { account: 0, payout: USDC },
          { account: 0, payout: 1n },
        ],
      });
      await w.refuses(w.submit([greedy]), "PayoutsExceedDeposits", USDC + 1n, USDC);
      await w.submit([await w.step({ requests: [first], lanes: [{ account: 0, payout: USDC }] })]);
      await w.refuses(
        w.submit([await w.step({ lanes: [{ account: 0, payout: 1n }] })]),
        "PayoutsExceedDeposits",
        USDC + 1n,
        USDC,
      );
    });
  });

  describe("who may submit (attack 9)", () => {
    it("refuses others than the operator until the silence is over", async () => {
      const head = await w.view<{ acceptedAt: bigint }>("head");
      const opensAt = Number(head.acceptedAt) + SILENCE;
      const step = await w.step({ timestamp: BigInt(opensAt) });
      await w.connection.networkHelpers.time.setNextBlockTimestamp(opensAt);
      await w.refuses(w.submit([step], w.stranger), "NotOperator", await w.stranger.getAddress(), BigInt(opensAt));
      await w.connection.networkHelpers.time.setNextBlockTimestamp(opensAt + 1);
      await w.submit([step], w.stranger);
      assert.equal(await w.view("root"), step.words[2]);
      const next = await w.step();
      await w.refuses(w.submit([next], w.stranger), "NotOperator");
      await w.submit([next]);
    });

    it("makes others consume a request when one waits", async () => {
      const request = await w.register(w.alice, 1, USDC);
      await w.connection.networkHelpers.time.increase(2 * SILENCE);
      await w.refuses(w.submit([await w.step()], w.stranger), "RequestsWaiting", 1n);
      await w.submit([await w.step({ requests: [request] })], w.stranger);
    });

    it("gives the same effect whoever sends a step", async () => {
      const request = await w.register(w.alice, 1, USDC);
      await w.connection.networkHelpers.time.increase(2 * SILENCE);
      await w.submit([await w.step({ requests: [request], lanes: [{ account: 0, payout: 1n }] })], w.stranger);
      assert.equal(await w.view("claimable", await w.stranger.getAddress()), 0n);
      assert.equal(await w.view("claimable", await w.alice.getAddress()), 1n);
    });

    /** The rollup's own error inside what the forwarder reverts with. */
    const innerError = async (action: Promise<unknown>) => {
      const failed = await revertOf(action);
      assert.equal(failed.name, "Failed");
      return w.rollup.interface.parseError(failed.args[0] as string);
    };

    it("refuses a contract as caller, even while it is being created", async () => {
      const { ethers } = w.connection;
      const data = w.rollup.interface.encodeFunctionData("submit", [[await w.step()]]);
      const forwarder = (await ethers.deployContract("Forwarder", [ZeroAddress, "0x"])) as unknown as Contract;
      const called = await innerError(transact(forwarder, w.operator, "forward", w.deployment.rollup, data));
      assert.deepEqual([called?.name, called?.args[0]], ["CallerNotPlainAccount", await forwarder.getAddress()]);
      const created = await innerError(ethers.deployContract("Forwarder", [w.deployment.rollup, data]));
      assert.equal(created?.name, "CallerNotPlainAccount");
    });

    it("refuses an account whose code is delegated, even called by itself", async () => {
      const connection = await connect({ hardfork: "prague" });
      const modern = await world("tiny", "TestUSDC", connection);
      const { provider } = connection.ethers;
      const wallet = new Wallet(OPERATOR_KEY, provider);
      const forwarder = await connection.ethers.deployContract("Forwarder", [ZeroAddress, "0x"]);
      const nonce = await provider.getTransactionCount(wallet.address);
      const authorization = await wallet.authorize({
        address: await forwarder.getAddress(),
        nonce: nonce + 1,
        chainId: 31337n,
      });
      await send(wallet, { type: 4, to: await modern.bob.getAddress(), authorizationList: [authorization] });
      assert.notEqual(await provider.getCode(wallet.address), "0x");

      const data = modern.rollup.interface.encodeFunctionData("submit", [[await modern.step()]]);
      await modern.refuses(
        provider.call({ from: wallet.address, to: modern.deployment.rollup, data }),
        "CallerNotPlainAccount",
        wallet.address,
      );
      const forward = forwarder.interface.encodeFunctionData("forward", [modern.deployment.rollup, data]);
      const inner = await innerError(provider.call({ from: wallet.address, to: wallet.address, data: forward }));
      assert.deepEqual([inner?.name, inner?.args[0]], ["CallerNotPlainAccount", wallet.address]);
    });
  });

  describe("form", () => {
    it("refuses a submission without steps", async () => w.refuses(w.submit([]), "NoSteps"));

    it("refuses calldata that is not the one encoding of its steps", async () => {
      const data = w.rollup.interface.encodeFunctionData("submit", [[await w.step()]]);
      const to = w.deployment.rollup;
      await w.refuses(w.operator.sendTransaction({ to, data: `${data}00` }), "NonCanonicalCalldata");
      // The array of steps begins one word later, behind a word that nothing reads.
      const moved = `${data.slice(0, 10)}${"40".padStart(64, "0")}${"".padStart(64, "0")}${data.slice(74)}`;
      await w.refuses(w.operator.sendTransaction({ to, data: moved }), "NonCanonicalCalldata");
      await w.operator.sendTransaction({ to, data });
    });
  });

  it("refuses a proof made with another key (attack 8)", async () => {
    const words = await w.words();
    await w.refuses(w.submit([await w.prove(words, "trade", await freshKeys())]), "ProofRejected");
    await w.submit([await w.prove(words)]);
  });
});

/** The proof with A and B negated: it verifies just as well. */
function negated(proof: readonly bigint[]): bigint[] {
  const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
  return proof.map((word, i) => ([1, 4, 5].includes(i) ? q - word : word));
}

async function send(wallet: Wallet, request: Parameters<Wallet["sendTransaction"]>[0]): Promise<void> {
  await (await wallet.sendTransaction(request)).wait();
}

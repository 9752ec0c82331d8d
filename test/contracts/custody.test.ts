/**
 * Money in and out: registration, deposits, claims, and tokens that misbehave.
 * @module
 */
import assert from "node:assert/strict";
import { type Contract, type ContractTransactionReceipt, MaxUint256 } from "ethers";
import fc from "fast-check";
import {
  addPoints,
  BASE8,
  IDENTITY,
  isOnCurve,
  multiplyPoint,
  type Point,
  SUBGROUP_ORDER,
  samePoint,
} from "#protocol/babyjub.ts";
import { keccakWords } from "#protocol/binding.ts";
import { accountCapacity, FIELD, WIDTH } from "#protocol/params.ts";
import { amountOf, parseRequest, type Request, requestWords } from "#protocol/request.ts";
import { connect, keyPoint, transact, USDC, type World, world } from "./fixtures/world.ts";

/** A point of order 8: a generator of what the prime-order subgroup leaves out. */
const ORDER_8: Point = {
  x: 4342719913949491028786768530115087822524712248835451589697801404893164183326n,
  y: 4826523245007015323400664741523384119579596407052839571721035538011798951543n,
};

describe("Rollup, money in and out", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });
  const events = (receipt: ContractTransactionReceipt, name: string) =>
    receipt.logs.flatMap((log) => {
      const parsed = w.rollup.interface.parseLog(log);
      return parsed?.name === name ? [parsed.args.toArray()] : [];
    });
  const balance = async (address: string) => (await w.token.getFunction("balanceOf")(address)) as bigint;

  describe("register", () => {
    it("assigns ids in sequence to the senders and takes the first deposit", async () => {
      await w.register(w.alice, 1, 5n * USDC);
      await w.register(w.bob, 2);
      await w.register(w.alice, 3);
      assert.equal(await w.view("accountCount"), 3n);
      const owners = await Promise.all([0, 1, 2].map((account) => w.view<string>("ownerOf", account)));
      const [alice, bob] = [await w.alice.getAddress(), await w.bob.getAddress()];
      assert.deepEqual(owners, [alice, bob, alice]);
      assert.equal(await balance(w.deployment.rollup), 5n * USDC);
    });

    it("takes points of the curve exactly if 8 times them is not the identity (attacks 28, 69)", async () => {
      const harness = await w.connection.ethers.deployContract("Harness");
      const torsion = Array.from({ length: 8 }, (_, i) => multiplyPoint(ORDER_8, BigInt(i)));
      assert(torsion.every(isOnCurve) && samePoint(multiplyPoint(ORDER_8, 8n), IDENTITY));
      assert(!samePoint(multiplyPoint(ORDER_8, 4n), IDENTITY));
      const scalar = fc.bigInt({ min: 0n, max: SUBGROUP_ORDER - 1n });
      const mixed = fc
        .tuple(scalar, fc.nat(7))
        .map(([k, i]) => addPoints(multiplyPoint(BASE8, k), torsion[i] as Point));
      const anything = fc.record({
        x: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
        y: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      });
      const point = fc.oneof(mixed, anything, fc.constantFrom(...torsion));
      const aliases = torsion.flatMap(({ x, y }): [Point][] => [[{ x: x + FIELD, y }], [{ x, y: y + FIELD }]]);
      const good = keyPoint(0);
      await fc.assert(
        fc.asyncProperty(point, async ({ x, y }) => {
          const expected = isOnCurve({ x, y }) && !samePoint(multiplyPoint({ x, y }, 8n), IDENTITY);
          assert.equal(await harness.getFunction("isKey")(x, y), expected);
        }),
        {
          numRuns: 200,
          examples: [
            ...torsion.map((p): [Point] => [p]),
            ...aliases,
            [{ x: 0n, y: 0n }],
            [{ ...good, y: good.y + FIELD }],
            [good],
          ],
        },
      );
    });

    it("refuses keys of small order, off the curve or not canonical", async () => {
      const { x, y } = keyPoint(1);
      for (const bad of [
        IDENTITY,
        { x: 0n, y: FIELD - 1n },
        ORDER_8,
        { x: 0n, y: 0n },
        { x, y: y + 1n },
        { x: x + FIELD, y },
        { x: MaxUint256, y },
      ]) {
        await w.refuses(w.send(w.alice, "register", bad.x, bad.y, 0), "InvalidKey", bad.x, bad.y);
      }
      assert.equal(await w.view("requestCount"), 0n);
    });

    it("refuses an account beyond the tree", async () => {
      const capacity = accountCapacity(w.profile);
      for (let i = 0n; i < capacity; i++) await w.register(w.alice, Number(i));
      const { x, y } = keyPoint(99);
      await w.refuses(w.send(w.alice, "register", x, y, 0), "TreeFull", capacity);
    });
  });

  describe("deposit (attack 69)", () => {
    beforeEach(async () => {
      await w.register(w.alice, 1);
    });

    it("refuses nothing at all, and an account nobody has", async () => {
      await w.refuses(w.send(w.alice, "deposit", 0, 0), "ZeroAmount");
      await w.refuses(w.send(w.alice, "deposit", 1, 1), "UnknownAccount", 1n);
      await w.refuses(w.send(w.alice, "deposit", 2 ** 32 - 1, 1), "UnknownAccount", 2n ** 32n - 1n);
    });

    it("takes the largest amount, from anyone for anyone", async () => {
      const most = 2n ** BigInt(WIDTH.amount) - 1n;
      const request = await w.deposit(w.bob, 0, most);
      assert.equal(await balance(w.deployment.rollup), most);
      await w.submit([
        await w.step({
          requests: [
            { kind: "register", account: 0, owner: BigInt(await w.alice.getAddress()), b: keyPoint(1), amount: 0n },
            request,
          ],
        }),
      ]);
    });

    it("takes nothing that is not approved", async () => {
      await w.fund(w.alice, 5n);
      await w.refuses(w.send(w.alice, "deposit", 0, 6), "ERC20InsufficientAllowance");
      assert.equal(await w.view("requestCount"), 1n);
    });

    it("refuses deposits beyond the range of balances", async () => {
      const harness = (await w.connection.ethers.deployContract("Harness")) as unknown as Contract;
      const limit = 2n ** BigInt(WIDTH.cash - 1);
      await transact(harness, w.alice, "append", [0n, 0n, 0n, 0n], limit - 1n);
      await w.refuses(transact(harness, w.alice, "append", [0n, 0n, 0n, 0n], 1n), "EscrowFull", limit, limit);
    });
  });

  it("queues requests as the specification writes them, in a chain of prefixes with times and sums", async () => {
    const requests: Request[] = [
      await w.register(w.alice, 1, USDC),
      await w.register(w.bob, 2),
      await w.deposit(w.bob, 0, 7n),
    ];
    assert.equal(await w.view("requestCount"), 3n);
    let [chain, deposited] = [0n, 0n];
    for (const [i, request] of requests.entries()) {
      chain = keccakWords([chain, ...requestWords(request)]);
      deposited += amountOf(request);
      const [stored, timestamp, sum] = await w.view<[string, bigint, bigint]>("queueAt", i + 1);
      assert.deepEqual([BigInt(stored), sum], [chain, deposited]);
      const [log] = await w.rollup.queryFilter(w.rollup.filters["RequestQueued"]?.(i) ?? "", 0);
      assert(log);
      assert.equal(timestamp, BigInt((await log.getBlock()).timestamp));
      const words = w.rollup.interface.parseLog(log)?.args.getValue("words") as bigint[];
      assert.deepEqual(parseRequest([...words]), request);
    }
  });

  describe("claim (attack 62)", () => {
    beforeEach(async () => {
      const requests = [await w.register(w.alice, 1, 10n), await w.register(w.bob, 2, 20n)];
      await w.submit([
        await w.step({
          requests,
          lanes: [
            { account: 0, payout: 4n },
            { account: 1, payout: 9n },
          ],
        }),
      ]);
    });

    it("pays the owner, whoever asks", async () => {
      const alice = await w.alice.getAddress();
      const receipt = await w.send(w.stranger, "claim", alice);
      assert.deepEqual(events(receipt, "Claimed"), [[alice, 4n]]);
      assert.deepEqual([await balance(alice), await balance(await w.stranger.getAddress())], [4n, 0n]);
    });

    it("pays once", async () => {
      const alice = await w.alice.getAddress();
      await w.send(w.alice, "claim", alice);
      await w.refuses(w.send(w.alice, "claim", alice), "NothingToClaim", alice);
      await w.refuses(w.send(w.stranger, "claim", await w.stranger.getAddress()), "NothingToClaim");
    });

    it("adds up what several lanes and steps pay", async () => {
      await w.submit([
        await w.step({
          lanes: [
            { account: 0, payout: 1n },
            { account: 0, payout: 2n },
          ],
        }),
      ]);
      const alice = await w.alice.getAddress();
      assert.equal(await w.view("claimable", alice), 7n);
      await w.send(w.alice, "claim", alice);
      assert.equal(await balance(alice), 7n);
      assert.equal(await balance(w.deployment.rollup), 23n);
    });
  });

  it("owes nobody what is donated (attack 70)", async () => {
    await transact(w.token, w.stranger, "mint", w.deployment.rollup, USDC);
    assert.deepEqual([...(await w.view<bigint[]>("queueAt", 0))], [`0x${"0".repeat(64)}`, 0n, 0n]);
    await w.register(w.alice, 1, 5n);
    assert.deepEqual((await w.view<bigint[]>("queueAt", 1))[2], 5n);
    await assert.rejects(w.alice.sendTransaction({ to: w.deployment.rollup, value: 1n }));
  });

  describe("tokens that misbehave (attack 61)", () => {
    const deposits = async (token: string) => {
      w = await world("tiny", token);
      const { x, y } = keyPoint(1);
      await w.fund(w.alice, 1_000n);
      return w.send(w.alice, "register", x, y, 1_000);
    };

    it("refuses a fee on transfer", async () => w.refuses(deposits("FeeToken"), "WrongAmountReceived", 1_000n, 990n));
    it("refuses more than was asked for", async () =>
      w.refuses(deposits("GenerousToken"), "WrongAmountReceived", 1_000n, 1_010n));
    it("refuses a transfer that moves nothing", async () =>
      w.refuses(deposits("LyingToken"), "WrongAmountReceived", 1_000n, 0n));
    it("refuses an answer of false", async () => w.refuses(deposits("FalseToken"), "SafeERC20FailedOperation"));

    /** One account per owner, with everything paid out again. */
    const roundTrip = async () => {
      const requests = [await w.register(w.alice, 1, 30n), await w.register(w.bob, 2, 40n)];
      await w.submit([
        await w.step({
          requests,
          lanes: [
            { account: 0, payout: 30n },
            { account: 1, payout: 40n },
          ],
        }),
      ]);
      return Promise.all([w.alice.getAddress(), w.bob.getAddress()]);
    };

    it("works with a token that answers nothing", async () => {
      w = await world("tiny", "SilentToken");
      const [alice] = await roundTrip();
      await w.send(w.alice, "claim", alice);
      assert.equal(await balance(alice), 30n);
    });

    it("lets one blocked owner block nobody else (attack 74)", async () => {
      w = await world("tiny", "RegulatedToken");
      const [alice, bob] = await roundTrip();
      await transact(w.token, w.stranger, "setBlocked", alice, true);
      await w.refuses(w.send(w.alice, "claim", alice), "Blocked", alice);
      await w.send(w.bob, "claim", bob);
      assert.equal(await balance(bob), 40n);
      await transact(w.token, w.stranger, "setBlocked", alice, false);
      await w.send(w.alice, "claim", alice);
      assert.equal(await balance(alice), 30n);
    });

    it("keeps its own book when the token takes from the escrow", async () => {
      w = await world("tiny", "RegulatedToken");
      const [alice, bob] = await roundTrip();
      await transact(w.token, w.stranger, "seize", w.deployment.rollup, 35n);
      await w.send(w.alice, "claim", alice);
      await w.refuses(w.send(w.bob, "claim", bob), "ERC20InsufficientBalance");
      assert.equal(await w.view("claimable", bob), 40n);
    });
  });

  describe("a token that calls back (attack 60)", () => {
    const encoded = (method: string, ...args: readonly unknown[]) =>
      w.rollup.interface.encodeFunctionData(method, args);
    const answer = async () => {
      assert.equal(await w.token.getFunction("hasSucceeded")(), false);
      return w.rollup.interface.parseError((await w.token.getFunction("answer")()) as string)?.name;
    };
    beforeEach(async () => {
      w = await world("tiny", "HookToken", await connect());
    });

    it("enters no function from a deposit", async () => {
      await w.register(w.alice, 1);
      const { x, y } = keyPoint(2);
      const [alice, step] = [await w.alice.getAddress(), await w.step()];
      const guarded = [encoded("register", x, y, 0), encoded("deposit", 0, 1), encoded("claim", alice)];
      for (const data of guarded) {
        await transact(w.token, w.stranger, "setHook", w.deployment.rollup, data);
        await w.deposit(w.alice, 0, 5n);
        assert.equal(await answer(), "Reentered");
      }
      await transact(w.token, w.stranger, "setHook", w.deployment.rollup, encoded("submit", [step]));
      await w.deposit(w.alice, 0, 5n);
      assert.equal(await answer(), "CallerNotPlainAccount");
      assert.equal(await w.view("requestCount"), 5n);
    });

    it("claims nothing twice", async () => {
      const requests = [await w.register(w.alice, 1, 10n)];
      await w.submit([await w.step({ requests, lanes: [{ account: 0, payout: 4n }] })]);
      const alice = await w.alice.getAddress();
      await transact(w.token, w.stranger, "setHook", w.deployment.rollup, encoded("claim", alice));
      await w.send(w.alice, "claim", alice);
      assert.equal(await answer(), "Reentered");
      assert.equal(await balance(alice), 4n);
    });
  });
});

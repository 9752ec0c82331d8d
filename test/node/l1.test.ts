/**
 * The L1 adapter against the contract on a chain of its own: the queue cross-checked, steps submitted, refusals named.
 */
import assert from "node:assert/strict";
import { BrowserProvider, type Eip1193Provider } from "ethers";
import { parseWords } from "#protocol/binding.ts";
import { encodeGenesis } from "#protocol/genesis.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { EthersL1, type L1Options, type ProvedStep } from "#rollup-node/l1/l1.ts";
import { connect, L1Revert, providerOf } from "#rollup-node/l1/provider.ts";
import { genesisOf, type Step, USDC, type World, world } from "../contracts/fixtures/world.ts";

/** Key of the first account of the local chain, known to everyone. */
const OPERATOR_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const isCoded = (code: string) => (error: unknown) => error instanceof NodeError && error.code === code;
const reverts = (name: string) => (error: unknown) => error instanceof L1Revert && error.error === name;

describe("L1 adapter", function () {
  this.timeout(120_000);
  let w: World;
  let provider: BrowserProvider;
  beforeEach(async () => {
    w = await world();
    provider = new BrowserProvider(w.connection.provider as unknown as Eip1193Provider, undefined, {
      cacheTimeout: -1,
    });
  });
  afterEach(() => provider.destroy());

  const adapter = (options: Partial<L1Options> = {}) =>
    new EthersL1({
      provider,
      rollup: w.deployment.rollup,
      operatorKey: OPERATOR_KEY,
      confirmations: 0,
      deploymentBlock: w.deployment.block,
      ...options,
    });
  const mine = (blocks: number) => w.connection.networkHelpers.mine(blocks);
  const proved = ({ kind, commitment, words, proof }: Step): ProvedStep => ({
    kind: kind === 1 ? "marks" : "trade",
    commitment,
    words,
    proof,
  });

  it("reads what the deployment is made of", async () => {
    const { genesis, domain, token, operator, verifyingKeys, timestampWindow, chainId } = await adapter().contract();
    assert.equal(genesis, encodeGenesis(genesisOf("tiny")));
    assert.deepEqual([domain, token, operator], [w.deployment.domain, w.deployment.token, adapter().operator]);
    assert.deepEqual(verifyingKeys, w.deployment.verifyingKeyHashes);
    assert.deepEqual([timestampWindow, chainId], [1_800n, 31_337]);
    await assert.rejects(() => adapter({ rollup: `0x${"12".repeat(20)}` }).contract(), isCoded("WrongDeployment"));
  });

  it("reads requests when they are deep enough, in pages, after a restart too", async () => {
    const requests = [
      await w.register(w.alice, 1, 5n * USDC),
      await w.register(w.bob, 2),
      await w.deposit(w.bob, 0, 7n * USDC),
    ];
    const l1 = adapter({ confirmations: 3 });
    assert.deepEqual(await l1.requests(0, 100), requests.slice(0, 2));
    await mine(5);
    assert.deepEqual(await adapter({ confirmations: 3 }).requests(1, 1), requests.slice(1, 2));
    assert.deepEqual(await l1.requests(2, 100), requests.slice(2));
    assert.deepEqual(await l1.requests(3, 100), []);
    assert.deepEqual(await adapter().requests(1, 100), requests.slice(1));
    const late = await w.deposit(w.alice, 1, USDC);
    await mine(3);
    assert.deepEqual(await l1.requests(3, 100), [late]);
  });

  it("ChainDisagrees: logs left out, altered or repeated do not pass for the queue", async () => {
    await w.register(w.alice, 1, 5n * USDC);
    await w.register(w.bob, 2, USDC);
    const honest = provider.getLogs.bind(provider);
    const lies: readonly ((logs: Awaited<ReturnType<typeof honest>>) => typeof logs)[] = [
      (logs) => logs.slice(1),
      (logs) => logs.slice(0, 1),
      ([first, second]) =>
        first && second
          ? [
              first,
              Object.create(second, {
                data: { value: second.data.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) },
              }),
            ]
          : [],
      () => [],
    ];
    for (const lie of lies) {
      provider.getLogs = async (filter) => lie(await honest(filter));
      await assert.rejects(() => adapter().requests(0, 100), isCoded("ChainDisagrees"));
    }
    provider.getLogs = async (filter) => (await honest(filter)).flatMap((log) => [log, log]);
    assert.equal((await adapter().requests(0, 100)).length, 2);
  });

  it("ChainDisagrees: a reorganisation replaced requests that were read", async () => {
    const snapshot = await w.connection.networkHelpers.takeSnapshot();
    const l1 = adapter();
    await w.register(w.alice, 1, 5n * USDC);
    assert.equal((await l1.requests(0, 100)).length, 1);
    await snapshot.restore();
    await w.register(w.bob, 2, 9n * USDC);
    await assert.rejects(() => l1.requests(1, 100), isCoded("ChainDisagrees"));
  });

  it("submits steps and finds them again", async () => {
    const l1 = adapter();
    const [first, second] = (await w.chain([{ kind: "marks" }, { kind: "trade" }])).map(proved);
    assert.ok(first && second);
    await w.register(w.alice, 1);
    const transaction = await l1.sign([first], 0);
    assert.equal(await l1.inclusion(transaction.hash), null);
    await l1.broadcast(transaction);
    const included = await l1.inclusion(transaction.hash);
    assert.ok(included?.isAccepted && included.gas > 200_000n);
    assert.deepEqual(await l1.position(), { number: 1, root: parseWords(first.words).header.newRoot });
    assert.deepEqual(await l1.position(included.block - 1), {
      number: 0,
      root: parseWords(first.words).header.oldRoot,
    });
    assert.deepEqual(await l1.acceptance(1), included);
    assert.equal(await l1.acceptance(2), null);
    // The same bytes again change nothing: a nonce is used once.
    await l1.broadcast(transaction);
    assert.equal((await l1.position()).number, 1);
  });

  it("names what the contract refuses before anything is sent", async () => {
    const l1 = adapter();
    const step = proved(await w.step({ kind: "marks" }));
    const forged = { ...step, proof: proved(await w.step({ kind: "marks" })).proof };
    await assert.rejects(() => l1.sign([forged], 0), reverts("ProofRejected"));
    await w.connection.networkHelpers.time.increase(1_900);
    await assert.rejects(() => l1.sign([step], 0), reverts("TimestampOutsideWindow"));
    const fresh = proved(await w.step({ kind: "marks" }));
    await l1.broadcast(await l1.sign([fresh], 0));
    await assert.rejects(() => l1.sign([fresh], 0), reverts("StaleRoot"));
  });

  it("takes block time as the clock, and the next block's when L1 is quiet", async () => {
    const { number, timestamp, nextTimestamp } = await adapter().head();
    assert.equal(number, await provider.getBlockNumber());
    assert.equal(timestamp, BigInt(await w.connection.networkHelpers.time.latest()));
    assert.ok(nextTimestamp >= timestamp);
  });

  it("ChainDown: nobody answers", async () => {
    const nowhere = "http://127.0.0.1:9";
    await assert.rejects(() => connect(nowhere), isCoded("ChainDown"));
    const l1 = adapter({ provider: providerOf(nowhere, 31_337) });
    for (const call of [
      () => l1.head(),
      () => l1.requests(0, 1),
      () => l1.position(),
      () => l1.inclusion(`0x${"00".repeat(32)}`),
    ]) {
      await assert.rejects(call, isCoded("ChainDown"));
    }
  });
});

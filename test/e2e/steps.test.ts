/**
 * From a deposit on L1 to a payout on L1, with the real circuits of profile tiny and a real proof for every step;
 * then every way to alter a step that L1 would accept.
 * @module
 */
import assert from "node:assert/strict";
import type { Contract, Signer } from "ethers";
import fc from "fast-check";
import { BOUND_KINDS, publicInputs } from "#protocol/binding.ts";
import type { Execution } from "#protocol/execute.ts";
import { DEVNET_CAP, devnetParameters, type Genesis, genesisState } from "#protocol/genesis.ts";
import { type Intent, intentMessage, signedSize } from "#protocol/intent.ts";
import { LAYOUT, pack, unpack } from "#protocol/layout.ts";
import { FIELD, PROFILE, SCALE, SETTLEMENT, STEP_KIND } from "#protocol/params.ts";
import { applyWords } from "#protocol/rebuild.ts";
import { signReport } from "#protocol/report.ts";
import { parseSeries, seriesHash } from "#protocol/series.ts";
import { publicKey, registrationPoint, sign } from "#protocol/signature.ts";
import { signSpotSum } from "#protocol/spot-sum.ts";
import { type State, stateRoot } from "#protocol/state.ts";
import { applyStep, type Step } from "#protocol/transition.ts";
import { type Artifacts, prepareCircuits } from "#prover/artifacts.ts";
import { circuitInput } from "#prover/inputs.ts";
import { createProver, type Prover } from "#prover/prover.ts";
import { type Deployment, deploy } from "#scripts/deploy.ts";
import { type Connection, connect, transact } from "../contracts/fixtures/world.ts";

const PROFILE_NAME = "tiny";
const USDC = SCALE.cash;
const DEPOSIT = 50_000n * USDC;
const secret = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const ORACLES = [0xee, 0xef, 0xf0, 0xf1].map(secret);
const series = parseSeries("BTC-25JUN27-100000-C");
const PLAIN = { postOnly: false, ioc: false, fok: false, reduceOnly: false } as const;
const unit = 1n << BigInt(SCALE.fractionBits);

type L1Step = { kind: number; commitment: bigint; words: readonly bigint[]; proof: readonly bigint[] };

describe("steps on L1 with real proofs", () => {
  let chain: Connection;
  let artifacts: Artifacts;
  let prover: Prover;
  let deployment: Deployment;
  let rollup: Contract;
  let token: Contract;
  let operator: Signer;
  let owners: Signer[];
  let state: State;
  const genesis: Genesis = {
    profile: PROFILE_NAME,
    series: [series],
    cap: DEVNET_CAP,
    parameters: devnetParameters(PROFILE.devnet, ORACLES.map(publicKey)),
  };

  before(async function () {
    this.timeout(600_000);
    artifacts = await prepareCircuits(BOUND_KINDS.map((kind) => `${kind}-${PROFILE_NAME}`));
    prover = createProver({ artifacts });
    chain = await connect();
    const [first, ...others] = await chain.ethers.getSigners();
    assert(first && others.length >= 2);
    [operator, owners] = [first, others];
    const { "marks-tiny": marks, "trade-tiny": trade, "board-tiny": board } = artifacts;
    assert(marks && trade && board);
    const keys = { marks: marks.verifyingKey, trade: trade.verifyingKey, board: board.verifyingKey };
    deployment = await deploy({ signer: operator, genesis, keys, isDevKey: true });
    rollup = (await chain.ethers.getContractAt("Rollup", deployment.rollup)) as unknown as Contract;
    token = (await chain.ethers.getContractAt("TestUSDC", deployment.token)) as unknown as Contract;
    state = genesisState(genesis, deployment.domain);
  });
  after(() => prover?.close());

  const now = async (): Promise<bigint> => BigInt(await chain.networkHelpers.time.latest());
  const prove = async (step: Step): Promise<{ next: State; posted: L1Step }> => {
    const { state: next, trace } = applyStep(state, step);
    const { proof, publicSignals } = await prover.prove({
      instance: `${step.kind}-${PROFILE_NAME}`,
      input: circuitInput(trace),
    });
    const { c, z, y } = publicInputs(trace.words);
    assert.deepEqual(publicSignals, [c, z, y]);
    return { next, posted: { kind: STEP_KIND[step.kind], commitment: c, words: trace.words, proof } };
  };
  /** Proves, posts, and checks that L1, the twin and a rebuild from the words agree. */
  const post = async (step: Step): Promise<L1Step> => {
    const { next, posted } = await prove(step);
    await transact(rollup, operator, "submit", [posted]);
    assert.equal(await rollup.getFunction("root")(), stateRoot(next));
    assert.equal(stateRoot(applyWords(state, posted.words)), stateRoot(next));
    state = next;
    return posted;
  };
  const register = async (account: number) => {
    const owner = owners[account];
    assert(owner);
    await transact(token, owner, "mint", await owner.getAddress(), DEPOSIT);
    await transact(token, owner, "approve", deployment.rollup, DEPOSIT);
    const b = registrationPoint(publicKey(secret(account + 1)));
    await transact(rollup, owner, "register", b.x, b.y, DEPOSIT);
    return { kind: "register" as const, account, owner: BigInt(await owner.getAddress()), b, amount: DEPOSIT };
  };
  const signed = (intent: Intent) => ({
    intent,
    signature: sign(secret(intent.account + 1), intentMessage(deployment.domain, intent)),
  });
  const order = (account: number, side: "buy" | "sell", size: bigint, price: bigint, lots: bigint): Execution => {
    const common = { account, epoch: 0n, nonce: 1n, validUntil: (1n << 40n) - 1n };
    const terms = { seriesHash: seriesHash(series), side, size, price, feePerLot: 0n, ...PLAIN };
    const executed = signedSize(side, lots);
    return { ...signed({ kind: "order", ...common, ...terms }), size: executed, cash: -executed * price, fee: 0n };
  };
  /** Of three of the four oracles. */
  const reports = async () => {
    const timestamp = await now();
    const svi = { a: unit / 50n, b: unit / 10n, rho: -unit / 5n, m: 0n, sigma: unit / 5n };
    const forward = 95_000n * SCALE.spot;
    const expiries = [{ expiry: series.expiry, forward, discount: unit, svi }];
    const report = { underlying: 0, timestamp, spot: forward, impactMid: 0n, expiries };
    return ORACLES.slice(1).map((each) => signReport(PROFILE[PROFILE_NAME], deployment.domain, report, each));
  };

  it("registers with a first deposit, prices, trades in parts, withdraws and pays out", async function () {
    this.timeout(600_000);
    const requests = [await register(0), await register(1)];
    await post({
      kind: "trade",
      timestamp: await now(),
      lanes: requests.map((request) => ({ account: request.account, request, executions: [] })),
    });
    await post({ kind: "marks", timestamp: await now(), reports: [await reports()] });
    const mark = state.marks.slots[0]?.mark ?? 0n;
    const price = mark / (SCALE.mark / SCALE.price);
    assert(price > 0n);
    for (const lots of [3_000n, 2_000n]) {
      await post({
        kind: "trade",
        timestamp: await now(),
        lanes: (["buy", "sell"] as const).map((side, account) => ({
          account,
          request: null,
          executions: [order(account, side, 5_000n, price, lots)],
        })),
      });
    }
    assert.equal(state.board[0]?.openLong, 5_000n);

    const amount = 1_234n * USDC;
    const common = { account: 1, epoch: 0n, validUntil: (1n << 40n) - 1n };
    const withdraw = {
      ...signed({ kind: "withdraw", ...common, nonce: 2n, amount }),
      size: 0n,
      cash: -amount,
      fee: 0n,
    };
    const cancelAll = { ...signed({ kind: "cancelAll", ...common, nonce: 3n }), size: 0n, cash: 0n, fee: 0n };
    await post({
      kind: "trade",
      timestamp: await now(),
      lanes: [withdraw, cancelAll].map((execution) => ({ account: 1, request: null, executions: [execution] })),
    });
    assert.equal(state.accounts.get(1)?.epoch, 1n);
    const owner = await owners[1]?.getAddress();
    const before: bigint = await token.getFunction("balanceOf")(owner);
    await transact(rollup, operator, "claim", owner);
    assert.equal((await token.getFunction("balanceOf")(owner)) - before, amount);
  });

  it("accepts no step of which a byte of words, a public field or a proof word is altered", async function () {
    this.timeout(600_000);
    const { posted } = await prove({ kind: "marks", timestamp: await now(), reports: [await reports()] });
    const accepts = async (step: L1Step): Promise<boolean> => {
      try {
        await rollup.getFunction("submit").staticCall([step], { from: await operator.getAddress() });
        return true;
      } catch {
        return false;
      }
    };
    assert(await accepts(posted), "the step as proved is accepted");
    const replaced = (values: readonly bigint[], at: number, value: bigint) => values.with(at, value);
    const flip = (value: bigint, byte: number, mask: number) => value ^ (BigInt(mask) << BigInt(8 * byte));
    const altered = fc.oneof(
      fc
        .tuple(fc.nat(posted.words.length - 1), fc.nat(31), fc.integer({ min: 1, max: 255 }))
        .map(([at, byte, mask]) => ({ words: replaced(posted.words, at, flip(posted.words[at] ?? 0n, byte, mask)) })),
      fc
        .tuple(fc.nat(7), fc.nat(31), fc.integer({ min: 1, max: 255 }))
        .map(([at, byte, mask]) => ({ proof: replaced(posted.proof, at, flip(posted.proof[at] ?? 0n, byte, mask)) })),
      fc
        .tuple(fc.nat(31), fc.integer({ min: 1, max: 255 }))
        .map(([byte, mask]) => ({ commitment: flip(posted.commitment, byte, mask) })),
      fc
        .nat(posted.words.length - 1)
        .map((at) => ({ words: replaced(posted.words, at, (posted.words[at] ?? 0n) + FIELD) })),
      fc.bigInt({ min: 0n, max: FIELD - 1n }).map((word) => ({ words: [...posted.words, word] })),
      fc.constantFrom(0, 2, 3).map((kind) => ({ kind })),
      fc.constantFrom("count0", "count1", "count2").chain((count) =>
        fc.constantFrom(-1n, 1n, 40_000n).map((by) => {
          const meta = unpack(LAYOUT.meta, posted.words[0] ?? 0n);
          return {
            words: replaced(posted.words, 0, pack(LAYOUT.meta, { ...meta, [count]: meta[count as "count0"] + by })),
          };
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(altered, async (change) => assert(!(await accepts({ ...posted, ...change })))),
      { numRuns: 300 },
    );
    assert(await accepts(posted));
  });

  it("settles the series after its expiry, pays both sides, and lists another in its slot", async function () {
    this.timeout(600_000);
    await chain.networkHelpers.time.increaseTo(series.expiry + 60n);
    const spot = 123_456n * SCALE.spot;
    const sum = (timestamp: bigint, seconds: bigint) => ({
      underlying: 0,
      timestamp,
      sum: 10n ** 20n + spot * seconds,
    });
    const from = series.expiry - SETTLEMENT.averageSeconds;
    const averages = ORACLES.slice(1).map((each) => ({
      start: signSpotSum(deployment.domain, sum(from, 0n), each),
      end: signSpotSum(deployment.domain, sum(series.expiry, SETTLEMENT.averageSeconds), each),
    }));
    await post({ kind: "board", timestamp: await now(), operation: { kind: "settle", slot: 0, averages } });
    assert.equal(state.board[0]?.index, 23_456n * SCALE.price);

    const [long, short] = [0, 1].map((id) => state.accounts.get(id)?.cash ?? 0n) as [bigint, bigint];
    await post({
      kind: "trade",
      timestamp: await now(),
      lanes: [0, 1].map((account) => ({ account, request: null, executions: [] })),
    });
    const paid = 5_000n * 23_456n * SCALE.price;
    assert.equal(state.accounts.get(0)?.cash, long + paid);
    assert.equal(state.accounts.get(1)?.cash, short - paid);
    assert.equal(state.globals.clearing, 0n);

    const next = parseSeries("BTC-24SEP27-120000-P");
    const operation = { kind: "list", slot: 0, series: next, cap: DEVNET_CAP } as const;
    await post({ kind: "board", timestamp: await now(), operation });
    assert.equal(state.board[0]?.series, next);
  });
});

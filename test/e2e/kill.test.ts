/**
 * `kill -9` of the node, 20 times, real proofs and a real contract beneath: no acknowledged intent is lost, none is executed
 * twice, and the state equals a replay of the journal from scratch, and what L1 alone leads to.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { parseWords } from "#protocol/binding.ts";
import { parseExecuted } from "#protocol/executed.ts";
import { encodeGenesis } from "#protocol/genesis.ts";
import { type Intent, intentMessage } from "#protocol/intent.ts";
import { LAYOUT, unpack } from "#protocol/layout.ts";
import { PROFILE } from "#protocol/params.ts";
import { signReport } from "#protocol/report.ts";
import { seriesHash, seriesName } from "#protocol/series.ts";
import { sign } from "#protocol/signature.ts";
import { stateRoot } from "#protocol/state.ts";
import { type Client, RpcError, submitParams } from "#rollup-node/client.ts";
import { readConfig } from "#rollup-node/config.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { startNode } from "#rollup-node/main.ts";
import { Sequencer } from "#rollup-node/sequencer.ts";
import type { Receipt, StatusView, SubmitParams } from "#rollup-node/wire.ts";
import { readDeployment, readRoot, readSteps, rebuildState } from "#scripts/l1-history.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { ORACLE_SECRETS, trader } from "#test/support/world.ts";
import { removeFolder, temporaryFolder } from "../node/support/venue.ts";
import { GENESIS, type NodeProcess, TestRollup } from "./support/rollup.ts";

const KILLS = 20;
const UNPOSTED_KILLS = 11;
const IN_FLIGHT_KILLS = 3;
const TRADERS = 3;
/** Operations that wait for a proof. */
const BACKLOG = 4;
const DEPOSIT = 200_000_000_000n;
const FORTNIGHT = 1_209_600n;

type Moment = "in flight" | "sealed unposted" | "any";
type Sent = { readonly params: SubmitParams; receipt: Receipt | null; isRefused: boolean };

describe("kill -9", function () {
  this.timeout(1_500_000);
  const seed = runSeed();
  const random = randomFrom(seed);
  const folder = temporaryFolder();
  let rollup: TestRollup;
  let node: NodeProcess;

  before(async () => {
    rollup = await TestRollup.start(folder);
  });
  after(async () => {
    await rollup?.stop();
    removeFolder(folder);
  });

  const status = (client: Client): Promise<StatusView> => client.call("provega_status", {});
  const waitFor = async (isTrue: (client: Client) => Promise<boolean>, ms = 120_000): Promise<void> => {
    for (const deadline = Date.now() + ms; !(await isTrue(node.client)); await sleep(30)) {
      if (Date.now() > deadline) throw new Error("waited in vain");
    }
  };

  async function publish(spotUsd: bigint): Promise<void> {
    const { chain } = await status(node.client);
    const timestamp = BigInt(chain.timestamp);
    const unit = 1n << 40n;
    const expiry = GENESIS.series[0]?.expiry ?? 0n;
    const variance = (unit * 36n * (expiry - timestamp)) / (100n * 31_536_000n);
    const svi = { a: variance, b: 0n, rho: 0n, m: 0n, sigma: unit / 10n };
    const spot = spotUsd * 100_000_000n;
    const expiries = [{ expiry, forward: spot, discount: unit, svi }];
    const report = { underlying: 0, timestamp, spot, impactMid: spot, expiries };

    const { domain } = rollup.deployment;
    await node.client.publishMarks(ORACLE_SECRETS.map((secret) => signReport(PROFILE.tiny, domain, report, secret)));
  }

  const nonces = new Map<number, bigint>();
  /** A random intent: orders of both sides around one price, now and then a cancel or a withdrawal. */
  function randomIntent(time: bigint, isResting: boolean): { readonly intent: Intent; readonly series: string } {
    const account = random.int(TRADERS);
    const nonce = (nonces.get(account) ?? 0n) + 1n;
    nonces.set(account, nonce);
    const common = { account, epoch: 0n, nonce, validUntil: time + FORTNIGHT };
    const dice = isResting ? 20 : random.int(20);
    if (dice === 0) return { intent: { kind: "cancel", ...common }, series: "" };
    if (dice === 1)
      return { intent: { kind: "withdraw", ...common, amount: 1n + BigInt(random.int(1_000_000)) }, series: "" };
    const listed = random.pick(GENESIS.series);
    const intent: Intent = {
      kind: "order",
      ...common,
      seriesHash: seriesHash(listed),
      side: isResting || random.chance(0.5) ? "buy" : "sell",
      size: BigInt(1 + random.int(200)),
      price: isResting ? 100_000n : 400_000n + 100n * BigInt(random.int(5)),
      feePerLot: 0n,
      postOnly: false,
      ioc: !isResting && random.chance(0.2),
      fok: false,
      reduceOnly: false,
    };
    return { intent, series: seriesName(listed) };
  }

  const log: Sent[] = [];
  /** Sends it, and remembers whether it was acknowledged; a node that dies meanwhile leaves that open. */
  async function send(sent: Sent): Promise<void> {
    try {
      const { receipt } = await node.client.call("provega_submitIntent", sent.params);
      if (sent.receipt) assert.deepEqual(receipt, sent.receipt, "the same call has the same receipt, kill or no kill");
      sent.receipt = receipt;
    } catch (error) {
      if (error instanceof RpcError) {
        assert.equal(sent.receipt, null, `an acknowledged intent was refused later: ${error.code}`);
        sent.isRefused = true;
      } else if (!(error instanceof NodeError)) throw error;
    }
  }
  async function trade(isOn: () => boolean): Promise<void> {
    while (isOn()) {
      const now = await status(node.client).catch(() => null);
      if (!now) return;
      // Each trade is a step of its own in this profile: no more than can be proved soon, and orders that rest meanwhile.
      const isBusy = now.pending + now.heights.sealed - now.heights.proven > BACKLOG;
      const { intent, series } = randomIntent(BigInt(now.chain.timestamp), isBusy);
      const signature = sign(trader(intent.account).secret, intentMessage(rollup.deployment.domain, intent));
      const sent: Sent = {
        params: submitParams({ intent, signature }, `c${intent.nonce}`, series),
        receipt: null,
        isRefused: false,
      };
      log.push(sent);
      await send(sent);
      await sleep(random.int(250));
    }
  }

  /** Waits for the moment to kill and says which step's transaction was under way. */
  async function momentOf(moment: Moment): Promise<string | null> {
    if (moment === "any") await sleep(random.int(1_500));
    if (moment === "sealed unposted") {
      await waitFor(async (client) => {
        const { heights } = await status(client);
        return heights.sealed > heights.posted;
      });
      await sleep(random.int(400));
    }
    if (moment !== "in flight") return null;
    // Nothing is mined: whatever the node sends stays between send and receipt.
    await rollup.rpc("evm_setIntervalMining", 0);
    await rollup.rpc("evm_setAutomine", false);
    let hash: string | null = null;
    await waitFor(async (client) => {
      const steps = await client.call("provega_steps", { limit: 10 });
      hash =
        steps.find(({ status: each, transaction }) => each === "proven" && transaction !== null)?.transaction ?? null;
      return hash !== null && (await rollup.rpc("eth_getTransactionByHash", hash)) !== null;
    });
    return hash;
  }
  async function mineAgain(): Promise<void> {
    await rollup.rpc("evm_setAutomine", true);
    await rollup.rpc("evm_mine");
    await rollup.rpc("evm_setIntervalMining", 1_000);
  }

  /** What the node would be started with; `change` replaces some of it. */
  const configured = (change: Readonly<Record<string, string>>) => {
    const data = `${folder}/${Object.keys(change).join()}`;
    return readConfig({
      ...rollup.environment,
      PROVEGA_NODE_DATA: data,
      PROVEGA_PORT: "0",
      PROVEGA_LOG: "silent",
      ...change,
    });
  };
  it("WrongDeployment: the key is not the contract's operator's", async () => {
    const config = configured({ PROVEGA_OPERATOR_KEY: `0x${"77".repeat(32)}` });
    await assert.rejects(() => startNode(config), { code: "WrongDeployment", message: /operator/ });
  });
  it("WrongDeployment: there is no contract at the address", async () => {
    await assert.rejects(() => startNode(configured({ PROVEGA_ROLLUP: `0x${"77".repeat(20)}` })), {
      code: "WrongDeployment",
    });
  });
  it("WrongDeployment: this set-up's keys are not those that the contract verifies with", async () => {
    const config = configured({});
    const { chainId, rollup: address, token, domain } = rollup.deployment;
    const verifyingKeys = {
      marks: `0x${"01".repeat(32)}`,
      trade: `0x${"02".repeat(32)}`,
      board: `0x${"03".repeat(32)}`,
    };
    const sequencer = await Sequencer.open(config.dataFolder, async () => ({
      ...{
        type: "deployment",
        chainId: Number(chainId),
        rollup: address,
        token,
        domain,
        genesis: encodeGenesis(GENESIS),
      },
      ...{ verifyingKeys, timestampWindow: 1_800n, makerFee: 0n, takerFee: 0n, settlementSeconds: 300n },
    }));
    await sequencer.close();
    await assert.rejects(() => startNode(config), { code: "WrongDeployment", message: /marks key/ });
  });

  it(`loses nothing and does nothing twice (PROVEGA_SEED=${seed})`, async () => {
    node = await rollup.startNode();
    await rollup.register(TRADERS, DEPOSIT);
    await waitFor(async (client) => (await status(client)).accounts === TRADERS);
    await publish(64_000n);
    // A second instance on the same data refuses to start, and names the first.
    const second = readConfig({ ...rollup.environment, PROVEGA_PORT: "0", PROVEGA_LOG: "silent" });
    const holder = new RegExp(`process ${node.child.pid}$`);
    await assert.rejects(() => startNode(second), { code: "AlreadyRunning", message: holder });
    const seen = { unposted: 0, inFlight: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const moment: Moment =
        kill % 6 === 5 ? "in flight" : kill % 6 === 2 && seen.unposted >= 2 ? "any" : "sealed unposted";
      let isOn = true;
      const trading = trade(() => isOn);
      const hash = await momentOf(moment);
      const { heights } = await status(node.client);
      await node.kill();
      isOn = false;
      await trading;
      if (heights.sealed > heights.posted) seen.unposted++;
      if (hash) {
        // Included while the node is down; or after it is back; or lost altogether.
        const fate = seen.inFlight++ % 3;
        if (fate === 2) await rollup.rpc("hardhat_dropTransaction", hash);
        if (fate !== 1) await mineAgain();
        node = await rollup.startNode();
        if (fate === 1) await mineAgain();
      } else node = await rollup.startNode();
      // Whatever was acknowledged is known; whatever was not may be sent again, and only once counts.
      for (const sent of log.slice(-30)) if (!sent.isRefused) await send(sent);
      if (kill === 9) await publish(65_000n);
    }
    assert.ok(seen.unposted >= UNPOSTED_KILLS, `${seen.unposted} kills with sealed unposted steps`);
    assert.ok(seen.inFlight >= IN_FLIGHT_KILLS, `${seen.inFlight} kills between send and receipt`);
    for (const sent of log) if (!sent.isRefused) await send(sent);
    await waitFor(async (client) => {
      const { heights, pending } = await status(client);
      return pending === 0 && heights.final === heights.sealed;
    }, 600_000);
    await checkOutcome();
  });

  async function checkOutcome(): Promise<void> {
    const acknowledged = log.filter(({ receipt }) => receipt !== null);
    assert.ok(acknowledged.length > 50, `only ${acknowledged.length} intents`);
    const filled = new Map<string, bigint>();
    for (const { params, receipt } of acknowledged) {
      const order = await node.client.call("provega_order", {
        account: params.intent.account,
        clientOrderId: params.clientOrderId,
      });
      assert.equal(order.sequence, receipt?.sequence);
      assert.notEqual(order.status, "quarantined");
      filled.set(order.id, BigInt(order.filled));
    }
    assert.equal((await status(node.client)).quarantined, 0);
    await node.kill();

    const provider = await connect(rollup.chain.url);
    const deployment = await readDeployment(provider, rollup.deployment.rollup, rollup.deployment.block);
    const steps = await readSteps(provider, deployment);
    const state = rebuildState(deployment, steps);
    assert.equal(stateRoot(state), await readRoot(provider, rollup.deployment.rollup));
    provider.destroy();

    // Executed on L1 exactly as often as the node says, order by order.
    const executed = new Map<string, bigint>();
    for (const { words, kind } of steps) {
      if (kind !== "trade") continue;
      for (const [head = 0n, ...intents] of parseWords(words).entries[0] ?? []) {
        const { account } = unpack(LAYOUT.lane, head);
        for (let at = 0; at < intents.length; at += 2) {
          if (intents[at] === 0n) continue;
          const { kind: what, units, nonce } = parseExecuted(intents.slice(at, at + 2));
          const id = `${account}:0:${nonce}`;
          if (what !== "order") assert.equal(executed.has(id), false, `${id} was executed twice`);
          executed.set(id, (executed.get(id) ?? 0n) + units);
        }
      }
    }
    for (const [id, lots] of filled) assert.equal(executed.get(id) ?? 0n, lots, id);
    for (const id of executed.keys()) assert.ok(filled.has(id), `${id} was executed and never acknowledged or sent`);

    const replay = await Sequencer.open(rollup.data, () => assert.fail("the journal is gone"));
    assert.equal(replay.deployment.genesis, encodeGenesis(GENESIS));
    for (const [id, { cash, sizes, epoch }] of replay.engine.accounts.entries()) {
      const account = state.accounts.get(id);
      assert.deepEqual(
        [cash, sizes, epoch],
        [account?.cash, account?.positions.map(({ size }) => size), account?.epoch],
      );
    }
    assert.equal(replay.steps.get(replay.steps.height)?.sealed.newRoot, stateRoot(state));
    assert.deepEqual(replay.engine.marks, state.marks);
    await replay.close();
  }
});

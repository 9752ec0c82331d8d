/**
 * Plays the script through the node's public API: reports, quotes, trades, as any oracle, maker or taker would.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Wallet as L1Wallet } from "ethers";
import { oracleReports } from "#market/oracles.ts";
import { type Action, intentOf, isSigned, type Scene, type Signed } from "#market/scenario.ts";
import { PROFILE } from "#protocol/params.ts";
import { boardDigest } from "#rollup-node/board/command.ts";
import { momentsOf } from "#rollup-node/board/sums.ts";
import { type Client, RpcError } from "#rollup-node/client.ts";
import type { StatusView, StepView } from "#rollup-node/wire.ts";
import type { Wallet } from "../wallet.ts";
import type { Parties } from "./accounts.ts";
import { type Chain, DemoError } from "./chain.ts";
import type { Phase } from "./phases.ts";

export type Stage = {
  readonly chain: Chain;
  readonly client: Client;
  readonly parties: Parties;
  /** The oracles' wallets, in the order of the set. */
  readonly oracles: readonly Wallet[];
  readonly domain: bigint;
  /** L1 key of the operator. */
  readonly operator: string;
};
/** What a scene led to. `refusals`: orders that were refused as the script wanted. */
export type Played = { readonly trades: number; readonly orders: number; readonly refusals: readonly string[] };

const POLL_MS = 250;
/** Without any step moving on for so long, something is wrong. */
const STALL_MS = 180_000;

/** Waits until everything is final on L1 and nothing is left to seal. Throws `Stalled`. */
export async function drained(client: Client, onProgress: (status: StatusView) => void): Promise<StatusView> {
  let [seen, since] = ["", Date.now()];
  for (;;) {
    const status = await client.call("provega_status", {});
    onProgress(status);
    const { heights, pending, requests } = status;
    if (status.health === "stopped") throw new DemoError("NodeFailed", `the node stopped: ${status.reason}`);
    if (pending === 0 && heights.final === heights.sealed && requests.seen === requests.sealed) return status;
    const now = JSON.stringify([heights, pending, requests]);
    if (now !== seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since > STALL_MS) throw new DemoError("Stalled", `no step moved for ${STALL_MS / 1000} s: ${now}`);
    await sleep(POLL_MS);
  }
}

/** Moves the market to a scene and plays it. Nothing may be in flight: a step must reach L1 soon after its own time. */
export async function playScene(stage: Stage, { time, actions }: Scene, phase: Phase, title: string): Promise<Played> {
  await stage.chain.moveTo(time);
  // Whoever signs something now takes the node's time for it.
  while (Number((await stage.client.call("provega_status", {})).chain.timestamp) < time) await sleep(POLL_MS);
  const intents = actions.filter(isSigned);
  let [trades, orders] = [0, 0];
  const refusals: string[] = [];
  for (const action of actions) {
    if (action.act === "open") continue;
    if (action.act === "marks") {
      phase.update(`${title}: ${stage.oracles.length} oracles fit and report`);
      await publish(stage, action);
      continue;
    }
    if (action.act === "list") {
      await list(stage, action);
      continue;
    }
    if (action.act === "expire") {
      phase.update(`${title}: ${stage.oracles.length} oracles sign their sums of spot`);
      await expire(stage, action);
      continue;
    }
    const refused = "refusal" in action ? action.refusal : null;
    const outcome = await submit(stage, action, refused);
    if (outcome === null) refusals.push(idOf(action));
    else trades += outcome;
    orders++;
    phase.update(`${title}: ${orders} of ${intents.length} orders, ${trades} trades`);
  }
  return { trades, orders, refusals };
}

/** Every oracle publishes by itself; together they are a table. Throws `Unverified` if it is not adopted from all of them. */
async function publish(
  { client, oracles, domain }: Stage,
  { snapshot }: Extract<Action, { act: "marks" }>,
): Promise<void> {
  const reports = oracleReports(snapshot);
  const signed = oracles.flatMap((oracle, at) => {
    const report = reports[at];
    return report ? [oracle.signReport(PROFILE.devnet, domain, report)] : [];
  });
  await Promise.all(signed.map((each) => client.publishMarks([each])));
  const { adopted } = await client.publishMarks(signed);
  if (!adopted) throw new DemoError("Unverified", `the reports of ${snapshot.stamp} did not all enter a table`);
}

/** The operator lists a series: it trades when the next table has priced it. */
async function list(
  { client, operator, domain }: Stage,
  { series, cap }: Extract<Action, { act: "list" }>,
): Promise<void> {
  const { chain } = await client.call("provega_status", {});
  const operation = JSON.stringify({ kind: "list", series, cap: cap.toString(), time: chain.timestamp });
  const signature = await new L1Wallet(operator).signMessage(boardDigest(domain, operation));
  await client.call("provega_board", { operation, signature });
}

/** Every oracle signs its two sums by itself; then the series of that expiry settle. Throws `Stalled`. */
async function expire(
  { client, oracles, domain }: Stage,
  { expiry, spot }: Extract<Action, { act: "expire" }>,
): Promise<void> {
  const [begin, end] = momentsOf({ expiry: BigInt(expiry) });
  // The sum began at some time of the oracle's own; only its growth counts.
  const sums = [begin, end].map((timestamp) => ({ underlying: 0, timestamp, sum: spot * (timestamp - begin + 1n) }));
  await Promise.all(oracles.map((oracle) => client.publishSums(sums.map((sum) => oracle.signSpotSum(domain, sum)))));
  const deadline = Date.now() + STALL_MS;
  while ((await client.call("provega_status", {})).settlements.length > 0) {
    if (Date.now() > deadline) throw new DemoError("Stalled", `the series that expired at ${expiry} do not settle`);
    await sleep(POLL_MS);
  }
}

const idOf = (action: Signed): string =>
  action.act === "place" || action.act === "spread" ? action.id : `${action.act}-${action.party}`;
const seriesOf = (action: Signed): readonly string[] =>
  action.act === "place" ? [action.series] : action.act === "spread" ? action.legs.map(({ series }) => series) : [];

/** Trades that the intent made, null if it was refused as `wanted`. Throws `UnexpectedRefusal` on any other outcome. */
async function submit(
  { client, parties, domain }: Stage,
  action: Signed,
  wanted: string | null,
): Promise<number | null> {
  const wallet = parties.get(action.party);
  if (!wallet) throw new Error(`${action.party} has no wallet`);
  wallet.skipTo(action.nonce);
  const signed = wallet.sign(domain, intentOf(action, wallet.registered()));
  try {
    const { trades } = await client.submit(signed, idOf(action), seriesOf(action));
    if (wanted) throw new DemoError("UnexpectedRefusal", `${idOf(action)} was accepted; ${wanted} was expected`);
    return trades.length;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.code === wanted) return null;
    throw new DemoError("UnexpectedRefusal", `${idOf(action)} was refused: ${error.code}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Every step so far, oldest first. */
export async function allSteps(client: Client): Promise<StepView[]> {
  const steps: StepView[] = [];
  for (let before: number | undefined; ; ) {
    const page = await client.call("provega_steps", before === undefined ? { limit: 100 } : { before, limit: 100 });
    steps.push(...page);
    const last = page.at(-1);
    if (!last || last.number === 1) return steps.reverse();
    before = last.number;
  }
}

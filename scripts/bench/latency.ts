/**
 * `npm run bench:latency`: how fast the node answers while it proves. Brings up a devnet of its own, lets the market's first
 * snapshot trade, and while those steps are proved measures reads and the admission of signed orders.
 * @module
 */
import { loadExtract } from "#market/load.ts";
import { surfaceOf } from "#market/quotes.ts";
import { buildScenario } from "#market/scenario.ts";
import { SERIES } from "#market/series.ts";
import type { Order, SignedIntent } from "#protocol/intent.ts";
import { seriesHash, seriesName } from "#protocol/series.ts";
import { openAccounts } from "../demo/accounts.ts";
import { startChain } from "../demo/chain.ts";
import { claimFolder } from "../demo/folder.ts";
import { drained, playScene } from "../demo/play.ts";
import { createOracles, deployRollup, prepare, startNode } from "../demo/stack.ts";
import { report } from "./report.ts";

const [PORT, L1_PORT] = [8745, 8746];
const READ_MS = 50;
const ADMISSION_MS = 150;
/** Most samples of each kind; a devnet's first steps take a minute to prove. */
const SAMPLES = 400;
/** Between two samples: a user, not a flood. */
const PAUSE_MS = 60;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
async function timed(samples: number[], work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  samples.push(performance.now() - start);
}

const folder = claimFolder();
const cleanUp: (() => Promise<void>)[] = [async () => folder.release()];
try {
  const [scene] = buildScenario(loadExtract().map(surfaceOf));
  const [series] = SERIES;
  if (!scene || !series) throw new Error("the script is empty");
  const oracles = createOracles(folder);
  let last = "";
  const artifacts = await prepare((text) => {
    if (text !== last) say(text);
    last = text;
  });
  const chain = await startChain(L1_PORT, scene.time, folder.path("chain.log"));
  cleanUp.push(() => chain.stop());
  const { deployment, operator } = await deployRollup(
    chain,
    artifacts,
    oracles.map(({ key }) => key),
  );
  const { client, stop } = await startNode(PORT, chain, deployment, operator, folder);
  cleanUp.push(stop);
  const openings = scene.actions.filter((action) => action.act === "open");
  const parties = await openAccounts(chain, deployment, openings, folder.path("wallets"), () => {});
  say("registrations are proved");
  await drained(client, () => {});
  await playScene(
    { chain, client, parties, oracles, domain: deployment.domain, operator },
    scene,
    { update: () => {} },
    "first snapshot",
  );

  const [wallet] = parties.values();
  if (!wallet) throw new Error("nobody is registered");
  const account = wallet.registered();
  /** Far from the market, so that it rests; signed beforehand, so that only the node's work is measured. */
  const resting = (): SignedIntent => {
    const terms = {
      side: "buy",
      size: 1n,
      price: 100n,
      feePerLot: 0n,
      postOnly: true,
      ioc: false,
      fok: false,
      reduceOnly: false,
    } as const;
    const common = { account, epoch: 0n, nonce: wallet.takeNonce(), validUntil: BigInt(scene.time) + 1_000_000n };
    const order: Order = { kind: "order", ...common, seriesHash: seriesHash(series), ...terms };
    return wallet.sign(deployment.domain, order);
  };
  const [reads, admissions]: [number[], number[]] = [[], []];
  const name = seriesName(series);
  const queries = [
    () => client.call("provega_book", { series: name }),
    () => client.call("provega_account", { account }),
    () => client.call("provega_accounts", {}),
    () => client.call("provega_steps", { limit: 20 }),
  ] as const;
  say("measuring while the first snapshot's steps are proved");
  for (let at = 0; at < SAMPLES; at++) {
    const { heights } = await client.call("provega_status", {});
    if (heights.proven === heights.sealed) break;
    const signed = resting();
    await timed(reads, queries[at % queries.length] ?? queries[0]);
    await timed(admissions, () => client.submit(signed, `bench-${at}`, name));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const rows = (what: string, samples: readonly number[], limit: number) => {
    const sorted = samples.toSorted((a, b) => a - b);
    const p95 = quantile(sorted, 0.95);
    return [
      { what: `${what}, median of ${sorted.length}, ms`, value: quantile(sorted, 0.5).toFixed(1) },
      { what: `${what}, p95, ms`, value: p95.toFixed(1), target: `<= ${limit}`, ok: p95 <= limit },
    ];
  };
  report("While a proof is running", [
    ...rows("read", reads, READ_MS),
    ...rows("admission of a signed order", admissions, ADMISSION_MS),
  ]);
} finally {
  for (const each of cleanUp.reverse()) await each();
}

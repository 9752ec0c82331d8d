/**
 * The phases of the demonstration, one after the other.
 * @module
 */
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadExtract } from "#market/load.ts";
import { surfaceOf } from "#market/quotes.ts";
import { buildScenario, expiryScene, type Scene } from "#market/scenario.ts";
import { CAST, LAST_WITHDRAWAL, type Name, ROUNDS } from "#market/script.ts";
import { PROFILE } from "#protocol/params.ts";
import { stateRoot } from "#protocol/state.ts";
import type { Artifacts } from "#prover/artifacts.ts";
import { createProver } from "#prover/prover.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import type { MarksView, TradeView } from "#rollup-node/wire.ts";
import type { Deployment } from "../deploy.ts";
import { readDeployment, readRoot, readSteps, rebuildState } from "../l1-history.ts";
import { l1User } from "../l1-user.ts";
import type { Terminal } from "../progress-bar.ts";
import { verifyStep } from "../verify-step.ts";
import { openAccounts } from "./accounts.ts";
import { type Chain, DemoError, startChain } from "./chain.ts";
import { claimFolder, type Folder } from "./folder.ts";
import type { DemoNode } from "./node.ts";
import { type Phase, Phases } from "./phases.ts";
import { allSteps, drained, playScene, type Stage } from "./play.ts";
import { summaryText } from "./print.ts";
import { createOracles, deployRollup, genesisOf, KIND, prepare, startNode } from "./stack.ts";
import { accountRows, failures, type SeriesRow, type Summary, seriesRows } from "./summary.ts";

export type DemoOptions = { readonly isJson: boolean; readonly port: number; readonly l1Port: number };
/** What runs, to be stopped however the demonstration ends. */
export type Demo = { stop(): Promise<void> };
export type Outcome = {
  readonly nodeUrl: string;
  readonly l1Url: string;
  readonly failures: readonly string[] /** Commands to try. */;
  readonly hints: readonly string[];
};

const PHASES = 6;
const REGISTERED_POLL_MS = 100;

/** Runs everything and prints the summary on stdout. `onStart` receives what must be stopped, before anything runs. */
export async function runDemo(
  options: DemoOptions,
  terminal: Terminal,
  onStart: (demo: Demo) => void,
): Promise<Outcome> {
  const started = performance.now();
  const folder = claimFolder();
  const cleanUp: (() => Promise<void>)[] = [async () => folder.release()];
  onStart({
    stop: async () => {
      for (const each of cleanUp.splice(0).reverse()) await each();
    },
  });
  const phases = new Phases(terminal, PHASES);
  const scenes = buildScenario(loadExtract().map(surfaceOf));
  const oracles = createOracles(folder);
  const keys = oracles.map(({ key }) => key);

  const artifacts = await phases.run("circuits and development keys", (phase) => prepare((text) => phase.update(text)));
  const chain = await phases.run("local chain", () =>
    startChain(options.l1Port, scenes[0]?.time ?? 0, folder.path("chain.log")),
  );
  cleanUp.push(() => chain.stop());
  folder.remember("chain", chain.pid);
  const { deployment, operator } = await phases.run("contracts and rollup node", async (phase) => {
    phase.update("deploying");
    return deployRollup(chain, artifacts, keys);
  });
  const node = await startNode(options.port, chain, deployment, operator, folder);
  cleanUp.push(() => node.stop());
  folder.remember("node", node.pid);
  terminal.stderr(`API ready at ${node.client.url} after ${Math.round((performance.now() - started) / 1000)} s\n`);

  const parties = await phases.run("accounts on L1", async (phase) => {
    const openings = scenes.flatMap(({ actions }) => actions.filter((action) => action.act === "open"));
    return openAccounts(chain, deployment, openings, folder.path("wallets"), (done) =>
      phase.update(`${done} of ${openings.length} registered, each with a first deposit`, done, openings.length),
    );
  });
  const stage: Stage = { chain, client: node.client, parties, oracles, domain: deployment.domain, operator };
  const { series, refusals, market } = await phases.run(
    "the market of 4 to 7 February 2026: trade, prove, post",
    (phase) => playAll(stage, scenes, phase),
  );
  const summary = await phases.run("verification", async (phase): Promise<Summary> => {
    const { rebuiltRoot, l1Root } = await verifyAll(chain, deployment, artifacts, phase);
    const claimOf = async (name: Name): Promise<bigint> => {
      const wallet = parties.get(name);
      return wallet ? (await l1User(chain.url, deployment.rollup, wallet).claim()).amount : 0n;
    };
    const claimed = (await claimOf("heidi")) + (await claimOf(LAST_WITHDRAWAL.party));
    const status = await drained(node.client, () => {});
    const last = scenes.at(-1);
    if (!last) throw new Error("the script has no scene");
    const accounts = await node.client.call("provega_accounts", {});
    return {
      series,
      refusals,
      status,
      accounts: accountRows(genesisOf(keys).parameters, last, accounts),
      steps: await allSteps(node.client),
      trades: await allTrades(node),
      constraints: Object.fromEntries(
        Object.entries(KIND).map(([kind, name]) => [kind, constraintsOf(artifacts, name)]),
      ),
      l1Root: l1Root.toString(),
      rebuiltRoot: rebuiltRoot.toString(),
      claimed: claimed.toString(),
      life: { market, after: await node.client.call("provega_marks", {}) },
      seconds: (performance.now() - started) / 1000,
    };
  });
  const failed = failures(summary);
  process.stdout.write(`${options.isJson ? JSON.stringify({ ...summary, failures: failed }) : summaryText(summary)}\n`);
  for (const failure of failed) terminal.stderr(`provega: Unverified: ${failure}\n`);
  return { nodeUrl: node.client.url, l1Url: chain.url, failures: failed, hints: hintsOf(options, folder) };
}

function constraintsOf(artifacts: Artifacts, name: string): number {
  const { nonLinear, linear } = artifacts[name]?.constraints ?? { nonLinear: 0, linear: 0 };
  return nonLinear + linear;
}

/** Steps that the script takes: registrations, and per snapshot a price table and one step per round. */
const stepsOf = (scenes: readonly Scene[]): number =>
  Math.ceil(CAST.length / PROFILE.devnet.lanes) + scenes.length + ROUNDS.length + LIFE_STEPS;
/** A listing, a liquidation, four settlements and the withdrawal behind them. */
const LIFE_STEPS = 7;

/** Scene by scene; between two of them everything becomes final, since the L1 clock jumps. */
async function playAll(
  stage: Stage,
  scenes: readonly Scene[],
  phase: Phase,
): Promise<{ series: SeriesRow[]; refusals: string[]; market: MarksView }> {
  const series: SeriesRow[] = [];
  const refusals: string[] = [];
  const total = stepsOf(scenes);
  const settle = (title: string) =>
    drained(stage.client, ({ heights }) =>
      phase.update(
        `${title}: step ${Math.min(heights.proven + 1, total)} of ${total} is being proved, ${heights.final} are final on L1`,
        heights.proven,
        total,
      ),
    );
  await registered(stage);
  for (const [at, scene] of scenes.entries()) {
    const title = `snapshot ${at + 1} of ${scenes.length}, ${scene.stamp.slice(0, 16).replace("T", " ")}`;
    const played = await playScene(stage, scene, phase, title);
    series.push(...seriesRows(scene, await stage.client.call("provega_marks", {})));
    refusals.push(...played.refusals);
    await settle(title);
  }
  const market = await stage.client.call("provega_marks", {});
  const expiry = expiryScene(scenes);
  const title = `the expiry of ${expiry.stamp.slice(0, 8)}`;
  await playScene(stage, expiry, phase, title);
  await settle(title);
  return { series, refusals, market };
}

/** Waits until the node has read every registration: the first orders need not wait for its proof. */
async function registered({ client, parties }: Stage): Promise<void> {
  while ((await client.call("provega_status", {})).accounts < parties.size) await sleep(REGISTERED_POLL_MS);
}

/** Every step on L1 checked off the chain, and the whole state rebuilt from L1 alone. */
async function verifyAll(
  chain: Chain,
  { rollup, block, chainId }: Deployment,
  artifacts: Artifacts,
  phase: Phase,
): Promise<{ rebuiltRoot: bigint; l1Root: bigint }> {
  const provider = await connect(chain.url);
  const prover = createProver({ artifacts });
  try {
    const deployment = await readDeployment(provider, rollup, block);
    const steps = await readSteps(provider, deployment);
    for (const [at, step] of steps.entries()) {
      phase.update(`step ${step.number} of ${steps.length}`, at, steps.length);
      const previous = steps[at - 1] ?? null;
      const checks = await verifyStep(step, {
        provider,
        deployment,
        chainId,
        artifacts,
        prover,
        claimed: null,
        previous,
        isNewest: at === steps.length - 1,
      });
      const broken = checks.find(({ holds }) => !holds);
      if (broken) throw new DemoError("Unverified", `step ${step.number}: not so: ${broken.what}`);
    }
    phase.update("rebuilding the state from L1 alone");
    return { rebuiltRoot: stateRoot(rebuildState(deployment, steps)), l1Root: await readRoot(provider, rollup) };
  } finally {
    prover.close();
    provider.destroy();
  }
}

/** Every trade, oldest first. */
async function allTrades({ client }: DemoNode): Promise<TradeView[]> {
  const trades: TradeView[] = [];
  for (let before: number | undefined; ; ) {
    const page = await client.call("provega_trades", before === undefined ? { limit: 100 } : { before, limit: 100 });
    trades.push(...page);
    const last = page.at(-1);
    if (!last || last.id === 1) return trades.reverse();
    before = last.id;
  }
}

function hintsOf({ port, l1Port }: DemoOptions, folder: Folder): string[] {
  const node = port === 8645 ? "" : ` --node http://127.0.0.1:${port}`;
  const l1 = l1Port === 8545 ? "" : ` --l1 http://127.0.0.1:${l1Port}`;
  const wallet = relative(process.cwd(), join(folder.path("wallets"), "carol.json"));
  return [
    `npm run provega -- status${node}`,
    `npm run provega -- book BTC-27MAR26-70000-P${node}`,
    `npm run provega -- account --wallet ${wallet}${node}`,
    `npm run provega -- order buy BTC-27MAR26-70000-P 0.1 4600 --wallet ${wallet}${node}`,
    `npm run provega -- oracle run --once --stamp chain --source market/btc-selloff-2026-02.csv --key ${relative(process.cwd(), folder.path("oracles"))}/*.json${node}`,
    `npm run provega -- deposit 1000 --mint --wallet ${wallet}${node}${l1}`,
  ];
}

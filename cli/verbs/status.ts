/** `provega status`: how far the rollup is; `--check` asks L1 itself whether it agrees. */
import type { MarksStatusView, StatusView } from "#rollup-node/wire.ts";
import { day, usdc } from "#scripts/format.ts";
import { readRoot } from "#scripts/l1-history.ts";
import { facts } from "#scripts/table.ts";
import { CliError } from "../errors.ts";
import { declare, type NodeOptions, print, type Verb, withL1, withNode } from "../verb.ts";

type Options = NodeOptions & { readonly l1: string; readonly check?: boolean };
type Shown = StatusView & { /** The root that the contract holds, if it was asked. */ readonly l1Root?: string };

export const status: Verb = (program, context) => {
  const command = declare(program, "status", "How far the rollup is, and whether L1 agrees", "provega status --json");
  withL1(withNode(command, context), context)
    .option("--check", "ask L1 for its root, and fail if it is not the node's")
    .action(async (options: Options) => {
      const view = await context.connect(options.node).call("provega_status", {});
      if (!options.check) return print<Shown>(context, options, view, statusText);
      const provider = await context.connectL1(options.l1);
      try {
        const l1Root = (await readRoot(provider, view.addresses.rollup)).toString();
        print<Shown>(context, options, { ...view, l1Root }, statusText);
        if (l1Root !== view.roots.posted)
          throw new CliError("VerificationFailed", `L1 holds root ${l1Root}, the node says ${view.roots.posted}`);
      } finally {
        provider.destroy();
      }
    });
};

const REASON = {
  candidate: "close-only: a table too far off waits to be confirmed",
  age: "close-only: too old",
} as const;
const marksText = ({ timestamp, age, reason }: MarksStatusView): string =>
  timestamp === "0" ? "none yet" : `${day(timestamp)}, ${age} s old, ${reason ? REASON[reason] : "open"}`;

function oraclesText({ oracles: { needed, set, waiting } }: StatusView): string {
  const heard = set.filter((each) => each.heard.some((time) => time !== null)).length;
  const missing = waiting.map((each) => each.needed).join(", ");
  return `${heard} of ${set.length} heard, ${needed} make a table; ${missing} more needed for the next`;
}

function statusText(view: Shown): string {
  const { heights, roots, chain, requests, l1Root } = view;
  return facts([
    ["node", `${view.version}, profile ${view.profile}, ${view.health}${view.reason ? `: ${view.reason}` : ""}`],
    ["rollup", view.addresses.rollup],
    ["chain", `${chain.id}, block ${chain.block}, ${day(chain.timestamp)}`],
    ["accounts, trades", `${view.accounts}, ${view.trades}`],
    ["steps", `sealed ${heights.sealed}, proven ${heights.proven}, posted ${heights.posted}, final ${heights.final}`],
    ["waiting", `${view.pending} matched or admitted, ${requests.seen - requests.sealed} L1 requests`],
    ["quarantined", String(view.quarantined)],
    ...view.marks.map((each) => [`marks of ${each.underlying}`, marksText(each)] as const),
    ["oracles", oraclesText(view)],
    ["fees, insurance", `${usdc(view.pots.fees)}, ${usdc(view.pots.insurance)}`],
    ...view.settlements.map(
      ({ series, oracles, needed }) =>
        [`settlement of ${series}`, `${oracles.length} oracles heard, ${needed} more needed`] as const,
    ),
    ["root posted", roots.posted],
    ...(l1Root === undefined ? [] : [["root on L1", l1Root === roots.posted ? "the same" : l1Root] as const]),
    ...Object.entries(view.verifyingKeys).map(([kind, digest]) => [`key of ${kind}`, digest] as const),
  ]);
}

/** `provega status`: how far the rollup is, and whether L1 and node agree. */
import type { StatusView } from "#rollup-node/wire.ts";
import { day } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { declare, type NodeOptions, print, type Verb, withNode } from "../verb.ts";

export const status: Verb = (program, context) => {
  const command = declare(
    program,
    "status",
    "How far the rollup is, and whether L1 and node agree",
    "provega status --json",
  );
  withNode(command, context).action(async (options: NodeOptions) => {
    print(context, options, await context.connect(options.node).call("provega_status", {}), statusText);
  });
};

function statusText(view: StatusView): string {
  const { heights, roots, chain, requests } = view;
  return facts([
    ["node", `${view.version}, profile ${view.profile}, ${view.health}${view.reason ? `: ${view.reason}` : ""}`],
    ["rollup", view.addresses.rollup],
    ["chain", `${chain.id}, block ${chain.block}, ${day(chain.timestamp)}`],
    ["accounts, trades", `${view.accounts}, ${view.trades}`],
    ["steps", `sealed ${heights.sealed}, proven ${heights.proven}, posted ${heights.posted}, final ${heights.final}`],
    ["waiting", `${view.pending} matched or admitted, ${requests.seen - requests.sealed} L1 requests`],
    ["quarantined", String(view.quarantined)],
    ["root on L1", roots.l1],
    ["root of the node", roots.posted === roots.l1 ? "the same" : `${roots.posted} (posted)`],
    ...Object.entries(view.verifyingKeys).map(([kind, digest]) => [`key of ${kind}`, digest] as const),
  ]);
}

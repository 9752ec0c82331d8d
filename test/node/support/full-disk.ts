/**
 * A node on a disk that fills up (`ulimit -f`): submits orders until one is not acknowledged, then looks at what the node says.
 * Prints the outcome as JSON: `full-disk FOLDER`.
 * @module
 */
import { submitParams } from "#rollup-node/client.ts";
import { openVenue } from "./venue.ts";

const venue = await openVenue({ folder: process.argv[2] ?? "", sealDelayMs: 3_600_000 });
await venue.fund(1);
await venue.publish();
const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

let acknowledged = 0;
let code = "";
let nonce = 0n;
while (code === "") {
  const intent = venue.order(0, ++nonce, { price: 100_000n });
  code = await venue.submit(intent).then(() => "", codeOf);
  if (code === "") acknowledged++;
}
const again = async (at: bigint) => {
  const intent = venue.order(0, at, { price: 100_000n });
  const params = submitParams(venue.signed(intent), `c-0-${at}`, venue.nameOf(intent));
  return venue.client.call("provega_submitIntent", params).then(() => "accepted", codeOf);
};
const outcome = {
  acknowledged,
  code,
  // The order that was refused, once more; and one that was acknowledged before.
  sameAgain: await again(nonce),
  earlier: await again(1n),
  health: (await fetch(`${venue.node.url}/health`)).status,
  read: await venue.client.call("provega_account", { account: 0 }).then(() => "answered", codeOf),
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit();

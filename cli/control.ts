/**
 * What every verb that asks the venue for something without an intent shares.
 * @module
 */
import { wireSignature } from "#rollup-node/client.ts";
import { controlMessage } from "#rollup-node/control.ts";
import type { ControlResult, WireControl } from "#rollup-node/wire.ts";
import type { Session } from "./verb.ts";

/** Signs a control with the session's wallet and sends it. */
export function control(
  { client, wallet, account, domain, status }: Session,
  action: WireControl["action"],
  subject: number,
): Promise<ControlResult> {
  const time = BigInt(status.chain.timestamp);
  const signature = wallet.signMessage(controlMessage(domain, { action, account, subject, time }));
  return client.call("provega_control", {
    control: { action, account, subject, time: time.toString() },
    signature: wireSignature(signature),
  });
}

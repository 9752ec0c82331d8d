/**
 * The admission thread: signatures of intents, which cost milliseconds of curve arithmetic each.
 * @module
 */
import { isOnCurve, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { intentMessage, type SignedIntent } from "#protocol/intent.ts";
import { type Point, registrationPoint, verify } from "#protocol/signature.ts";
import { NodeError } from "../errors.ts";
import { serve } from "./thread.ts";

const functions = {
  /** The message that an intent signs. Throws `MalformedSignature`, `BadSignature` or `OutOfRange`. */
  verifyIntent({ domain, key, intent, signature }: SignedIntent & { readonly domain: bigint; readonly key: Point }): bigint {
    if (!isOnCurve(signature.r8) || signature.s >= SUBGROUP_ORDER) {
      throw new NodeError("MalformedSignature", "R8 is not a point of the curve, or S is not below the subgroup's order");
    }
    const message = intentMessage(domain, intent);
    if (!verify(key, message, signature)) {
      throw new ProtocolError("BadSignature", `the signature is not one of account ${intent.account}'s key over this intent on this deployment`);
    }
    return message;
  },
  /** The point to register for a key. Throws `BadKey`. */
  registration: (key: Point): Point => registrationPoint(key),
};
export type AdmissionFunctions = typeof functions;

serve(functions);

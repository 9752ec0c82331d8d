/**
 * Signatures of intents whose fields may be out of range, packed as the circuit packs them.
 * @module
 */
import { toField } from "#protocol/field.ts";
import { hash } from "#protocol/hash.ts";
import { type Intent, intentFields } from "#protocol/intent.ts";
import { LAYOUT } from "#protocol/layout.ts";
import { TAG } from "#protocol/params.ts";
import { sign } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import { type Signed, trader } from "./world.ts";

export type AnyLayout = {
  readonly fields: readonly {
    readonly name: string;
    readonly bits: number;
    readonly offset: number;
    readonly signed: boolean;
  }[];
};

/** Packs as the circuit does: a linear combination in the field, whatever the widths. */
export const packAnyway = (of: AnyLayout, values: Readonly<Record<string, bigint | readonly bigint[]>>): bigint =>
  toField(
    of.fields.reduce((word, { name, bits, offset, signed }) => {
      const value = values[name];
      if (typeof value !== "bigint") throw new RangeError(`no value for ${name}`);
      return word + ((value + (signed ? 1n << BigInt(bits - 1) : 0n)) << BigInt(offset));
    }, 0n),
  );

/** The message of an intent whose fields may be out of range. */
export function messageAnyway(domain: bigint, intent: Intent): bigint {
  const fields = intentFields(intent);
  return hash(TAG.intent, [
    domain,
    packAnyway(LAYOUT.intentHead, fields),
    packAnyway(LAYOUT.intentTerms, fields),
    ...fields.hashes,
  ]);
}

/** Signs an intent whose fields may be out of range. */
export const signAnyway = <I extends Intent>(state: State, intent: I, by = intent.account): Signed<I> => ({
  intent,
  signature: sign(trader(by).secret, messageAnyway(state.domain, intent)),
});

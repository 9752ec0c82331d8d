/**
 * Every way a `trade` step of profile tiny can break a rule, each breaking one: what the twin must refuse by this code
 * and the circuit by this template. Numbers in the names are those of the list of attacks.
 * @module
 */
import type { ProtocolErrorCode } from "#protocol/errors.ts";
import type { State } from "#protocol/state.ts";
import type { TradeStep } from "#protocol/trade.ts";

export type Refusal = {
  readonly name: string;
  readonly code: ProtocolErrorCode;
  /** Where the circuit refuses, as the end of a chain of templates; null if the circuit has no input to say it with. */
  readonly by: string | null;
  readonly make: () => { readonly state: State; readonly step: TradeStep };
};

export const refusal = (name: string, code: ProtocolErrorCode, by: string | null, make: Refusal["make"]): Refusal => ({
  name,
  code,
  by,
  make,
});

/**
 * Makers: they quote both sides of every series around the price that they believe in, wider and smaller the wilder the market
 * and the more they hold.
 * @module
 */
import { isPerpetualSlot } from "#protocol/params.ts";
import type { State } from "#protocol/state.ts";
import type { Command } from "#rollup-node/engine/types.ts";
import { type Envelope, lots, markOf, orderOf, spotOf, type Terms, unitsOf, usdOf } from "./orders.ts";
import type { Hour } from "./path.ts";
import type { Participant } from "./population.ts";
import { UNSIGNED } from "./venue.ts";

/** Half of the spread, part of spot, in quiet times and per point of short volatility; of an option also of its own price. */
const HALF = { least: 3e-4, perVol: 8e-4, ofOption: 0.03 } as const;
/** Part of a maker's deposit that one quote shows, at spot, in quiet times. */
const SHOWN = { perpetual: 0.03, option: 0.012 } as const;
/** Inventory, in quotes, at which a maker's price has moved by half a spread. */
const PATIENCE = 4;
/** Volatility that is quiet. */
const QUIET = 0.6;

export type MassQuote = Extract<Command, { type: "quotes" }>;

/** What `maker`, who holds `sizes`, shows until `until` (unix seconds); `priced` has the marks that it believes in, which may be ahead of those in force. */
export function quotesOf(
  priced: State,
  maker: Participant,
  sizes: readonly bigint[],
  hour: Hour,
  until: bigint,
): readonly Terms[] {
  const spot = spotOf(priced);
  const calm = Math.min(1, QUIET / hour.vol.short);
  return priced.board.flatMap(({ status, series }, slot): Terms[] => {
    // A series that is about to expire is not worth the risk.
    if (status !== "live" || !series || series.expiry <= until) return [];
    const isPerpetual = isPerpetualSlot(priced.profile, slot);
    const mark = markOf(priced, slot);
    const half = spot * (HALF.least + HALF.perVol * hour.vol.short) + (isPerpetual ? 0 : mark * HALF.ofOption);
    const shown = ((usdOf(maker.deposit) * SHOWN[isPerpetual ? "perpetual" : "option"]) / spot) * calm;
    const held = unitsOf(sizes[slot] ?? 0n) / shown / PATIENCE;
    const middle = mark - half * Math.max(-3, Math.min(3, held));
    const size = lots(shown * maker.random.between(0.6, 1.4));
    const own = maker.random.between(0.9, 1.3) * half;
    return [
      { slot, size: -size, price: middle + own },
      ...(middle - own > 1 ? [{ slot, size, price: middle - own }] : []),
    ];
  });
}

/** The same, ready to send; `envelope` gives every quote its own. */
export function massQuote(
  priced: State,
  { account }: Participant,
  quotes: readonly Terms[],
  feePerLot: bigint,
  envelope: () => Envelope,
): MassQuote {
  const orders = quotes.map((terms) => orderOf(priced, envelope(), feePerLot, terms));
  return {
    type: "quotes",
    account,
    orders: orders.map((intent) => ({ intent, signature: UNSIGNED, clientOrderId: "" })),
  };
}

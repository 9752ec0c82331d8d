/**
 * Rows of the pricing benchmark: the pricing functions against what books and libraries print.
 * @module
 */

import { lineOf, type PrintedPrice, printedPrices } from "../printed-prices.ts";
import { real } from "../reference.ts";
import { BOUND, show } from "./pricing-rows.ts";
import type { Row } from "./report.ts";

/** Distance from the printed price, or outside the domain from the bound that flags it, and what it may be: parts of the forward. */
function errorOf(each: PrintedPrice) {
  const { mark, isInDomain } = lineOf(each);
  const gap = each.kind === "call" ? each.forward.minus(each.strike) : each.strike.minus(each.forward);
  const target = isInDomain ? each.expected : gap.gt(0) ? gap.mul(each.discount) : real(0);
  const error = real(mark).mul(each.discount).minus(target).abs().div(each.forward);
  const allowed =
    isInDomain && each.tolerance.gt(each.forward.mul(BOUND.mark)) ? each.tolerance.div(each.forward) : real(BOUND.mark);
  return { isInDomain, error: error.toNumber(), isMissed: error.gt(allowed) };
}

export function referenceRows(data: string): Row[] {
  return [...printedPrices(data)].map(([file, prices]) => {
    const errors = prices.map(errorOf);
    const inside = errors.filter(({ isInDomain }) => isInDomain);
    const worst = Math.max(0, ...inside.map(({ error }) => error));
    return {
      what: `${file}: ${inside.length} rows in the domain, ${errors.length - inside.length} at their bound and flagged: max error / forward`,
      value: show(worst),
      target: `<= ${BOUND.mark}, none missed`,
      ok: worst <= BOUND.mark && !errors.some(({ isMissed }) => isMissed),
    };
  });
}

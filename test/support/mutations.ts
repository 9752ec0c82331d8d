/**
 * Ways to spoil one field of a valid `trade` step so that no prover may get it through. Those that a signature covers are
 * tried both ways: behind the owner's back, and with the owner's own signature.
 * @module
 */
import { orderKey } from "#protocol/account.ts";
import { addPoints, BASE8, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import type { Execution, ForcedExecution, SignedExecution } from "#protocol/execute.ts";
import { abs } from "#protocol/field.ts";
import { type Intent, legsOf, type Order, type Spread, type Withdraw } from "#protocol/intent.ts";
import { TAG } from "#protocol/params.ts";
import { amountOf } from "#protocol/request.ts";
import type { State } from "#protocol/state.ts";
import type { TradeStep } from "#protocol/trade.ts";
import { emptyTree } from "#protocol/tree.ts";
import type { Random } from "./random.ts";
import type { Sample } from "./random-steps.ts";
import { signAnyway } from "./sign-anyway.ts";
import { hashOfSlot } from "./world.ts";

export type Mutant = { readonly state: State; readonly step: TradeStep };
/** Null where the step has nothing to spoil in this way. */
type Mutation = (sample: Sample, random: Random) => Mutant | null;

/** Where an execution stands in a step. */
type Place = { readonly lane: number; readonly at: number; readonly execution: Execution };
const places = ({ lanes }: TradeStep): readonly Place[] =>
  lanes.flatMap(({ executions }, lane) => executions.map((execution, at) => ({ lane, at, execution })));

const replaced = (step: TradeStep, { lane, at }: Place, execution: Execution): TradeStep => ({
  ...step,
  lanes: step.lanes.map((each, l) =>
    l === lane ? { ...each, executions: each.executions.map((old, k) => (k === at ? execution : old)) } : each,
  ),
});

/** Spoils a random execution of those that `applies` to. */
const ofExecution =
  (
    applies: (execution: SignedExecution) => boolean,
    change: (execution: SignedExecution, state: State, random: Random) => Execution,
  ): Mutation =>
  ({ state, step }, random) => {
    const eligible = signedPlaces(step).filter(({ execution }) => applies(execution));
    if (eligible.length === 0) return null;
    const place = random.pick(eligible);
    return { state, step: replaced(step, place, change(place.execution, state, random)) };
  };
/** Spoils a random forced execution. */
const ofForced =
  (change: (execution: ForcedExecution, random: Random) => ForcedExecution): Mutation =>
  ({ state, step }, random) => {
    const eligible = places(step).flatMap((place) =>
      place.execution.intent === null ? [{ place, execution: place.execution }] : [],
    );
    if (eligible.length === 0) return null;
    const { place, execution } = random.pick(eligible);
    return { state, step: replaced(step, place, change(execution, random)) };
  };
type SignedPlace = Omit<Place, "execution"> & { readonly execution: SignedExecution };
const signedPlaces = (step: TradeStep): readonly SignedPlace[] =>
  places(step).flatMap(({ execution, ...at }) => (execution.intent === null ? [] : [{ ...at, execution }]));

type Terms = Partial<Omit<Order, "kind"> & Omit<Withdraw, "kind">>;
const any = (): boolean => true;
const isOrder = ({ intent }: Execution): boolean => intent?.kind === "order";
const isTrade = ({ intent }: Execution): boolean =>
  intent === null || intent.kind === "order" || intent.kind === "spread" || intent.kind === "backstop";
const isTradable = ({ intent }: Execution): boolean => intent?.kind === "order" || intent?.kind === "spread";
const isWithdrawal = ({ intent }: Execution): boolean => intent?.kind === "withdraw";
/** `intent` in the place of what was signed. */
const unsigned = (execution: SignedExecution, change: Terms): SignedExecution => ({
  ...execution,
  intent: { ...execution.intent, ...change } as Intent,
});
/** `intent` with the signature of the account's owner. */
function resigned(
  { signer: _, bulk: __, ...execution }: SignedExecution,
  state: State,
  change: Terms,
  by = execution.intent.account,
): SignedExecution {
  const { intent } = unsigned(execution, change);
  return { ...execution, ...signAnyway(state, intent, by) };
}
const asOrder = ({ intent }: Execution): Order => {
  if (intent?.kind !== "order") throw new RangeError("not an order");
  return intent;
};
const asSpread = ({ intent }: Execution): Spread => {
  if (intent?.kind !== "spread") throw new RangeError("not a spread");
  return intent;
};
/** Most that an execution may be charged. */
function mostFee({ intent, size }: SignedExecution): bigint {
  if (!("feePerLot" in intent)) return 0n;
  const ratios = intent.kind === "backstop" ? 1n : legsOf(intent).reduce((sum, { ratio }) => sum + abs(ratio), 0n);
  return intent.feePerLot * abs(size) * ratios;
}
const otherSeries = ({ intent }: Execution, state: State, random: Random): bigint => {
  const others = state.board
    .map((_, slot) => hashOfSlot(state, slot))
    .filter((hash) => intent?.kind !== "order" || hash !== intent.seriesHash);
  return random.pick(others);
};
const isSelfTrade = ({ lanes }: TradeStep): boolean => lanes.length === 2 && lanes[0]?.account === lanes[1]?.account;

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  size: ofExecution(isOrder, (execution, _, random) => {
    const [lots, more] = [abs(execution.size), random.amount(1n, 1_000n)];
    const other = random.chance(0.5) && lots > more ? lots - more : lots + more;
    return { ...execution, size: execution.size < 0n ? -other : other };
  }),
  "size of nothing": ofExecution(
    (execution) => !isTrade(execution),
    (execution) => ({ ...execution, size: 1n }),
  ),
  "side of the execution": ofExecution(
    (execution) => isOrder(execution) && execution.cash !== 0n,
    (execution) => ({ ...execution, size: -execution.size, cash: -execution.cash }),
  ),
  cash: ofExecution(any, (execution, _, random) => ({
    ...execution,
    cash: execution.cash + (random.chance(0.5) ? 1n : -1n) * random.amount(1n, 10n ** 9n),
  })),
  fee: ofExecution(any, (execution, _, random) => {
    return { ...execution, fee: random.chance(0.3) ? -1n : mostFee(execution) + random.amount(1n, 10n ** 6n) };
  }),
  nonce: ofExecution(any, (execution, _, random) =>
    unsigned(execution, { nonce: execution.intent.nonce + random.amount(1n, 9n) }),
  ),
  "nonce 0": ofExecution(any, (execution, state) => resigned(execution, state, { nonce: 0n })),
  epoch: ofExecution(any, (execution, state) => resigned(execution, state, { epoch: execution.intent.epoch + 1n })),
  "account of the intent": ofExecution(any, (execution, state) =>
    resigned(execution, state, { account: (execution.intent.account + 1) % 16 }, execution.intent.account),
  ),
  "account of the lane": ({ state, step }, random) => {
    const at = random.int(step.lanes.length);
    const lane = step.lanes[at];
    if (!lane || (lane.request === null && !lane.executions.some(({ intent }) => intent !== null))) return null;
    const other = random.pick([...state.accounts.keys()].filter((id) => id !== lane.account));
    return { state, step: { ...step, lanes: step.lanes.with(at, { ...lane, account: other }) } };
  },
  series: ofExecution(isOrder, (execution, state, random) =>
    unsigned(execution, { seriesHash: otherSeries(execution, state, random) }),
  ),
  "series signed": ofExecution(isOrder, (execution, state, random) =>
    resigned(execution, state, { seriesHash: otherSeries(execution, state, random) }),
  ),
  "series unknown": ofExecution(isOrder, (execution, state, random) =>
    resigned(execution, state, { seriesHash: random.amount(1n, 1n << 200n) }),
  ),
  signature: ofExecution(any, (execution, _, random) => {
    const { r8, s } = execution.signature;
    const forged = random.pick([
      { r8, s: (s + 1n) % SUBGROUP_ORDER },
      { r8: addPoints(r8, BASE8), s },
      { r8, s: s + SUBGROUP_ORDER },
    ]);
    return { ...execution, signature: forged };
  }),
  "key of another": ofExecution(any, (execution, state) =>
    resigned(execution, state, {}, execution.intent.account + 16),
  ),
  "domain of another": ofExecution(any, (execution, state, random) =>
    resigned(execution, { ...state, domain: state.domain + random.amount(1n, 1n << 64n) }, {}),
  ),
  limit: ofExecution(isOrder, (execution, _, random) =>
    unsigned(execution, { price: asOrder(execution).price + random.amount(1n, 1_000n) }),
  ),
  "limit signed, worse executed": ofExecution(
    (execution) => isOrder(execution) && execution.cash !== 0n,
    (execution, state) => {
      const executed = abs(execution.cash) / abs(execution.size);
      return resigned(execution, state, { price: execution.size > 0n ? executed - 1n : executed + 1n });
    },
  ),
  "side of the order": ofExecution(isOrder, (execution, state) =>
    resigned(execution, state, { side: asOrder(execution).side === "buy" ? "sell" : "buy" }),
  ),
  "size of the order": ofExecution(isOrder, (execution, state) =>
    resigned(execution, state, { size: abs(execution.size) - 1n, nonce: execution.intent.nonce + 16n }),
  ),
  "fee of the order": ofExecution(isOrder, (execution) =>
    unsigned(execution, { feePerLot: asOrder(execution).feePerLot + 1n }),
  ),
  flags: ofExecution(isOrder, (execution) => unsigned(execution, { postOnly: !asOrder(execution).postOnly })),
  validity: ofExecution(any, (execution) => unsigned(execution, { validUntil: execution.intent.validUntil + 1n })),
  "validity signed, over": ({ state, step }, random) => {
    const signed = signedPlaces(step);
    if (signed.length === 0) return null;
    const place = random.pick(signed);
    return {
      state,
      step: replaced(step, place, resigned(place.execution, state, { validUntil: step.timestamp - 1n })),
    };
  },
  amount: ofExecution(isWithdrawal, (execution, _, random) => {
    const amount = -execution.cash + random.amount(1n, 10n ** 6n);
    return { ...unsigned(execution, { amount }), cash: -amount };
  }),
  "amount signed, more than there is": ({ state, step }, random) => {
    const withdrawals = signedPlaces(step).filter(({ execution }) => isWithdrawal(execution));
    if (withdrawals.length === 0) return null;
    const place = random.pick(withdrawals);
    // More than the account can have earned since it was last visited.
    const deposited = step.lanes.reduce((sum, { request }) => sum + amountOf(request), 0n);
    const amount = deposited + (1n << 60n) + random.amount(1n, 10n ** 12n);
    return { state, step: replaced(step, place, { ...resigned(place.execution, state, { amount }), cash: -amount }) };
  },
  "timestamp before the last": ({ state, step }, random) => ({
    state,
    step: { ...step, timestamp: state.globals.timestamp - random.amount(1n, 1_000n) },
  }),
  "timestamp behind the validity": ({ state, step }) => {
    if (signedPlaces(step).length === 0) return null;
    const last = signedPlaces(step).reduce(
      (until, { execution }) => (execution.intent.validUntil < until ? execution.intent.validUntil : until),
      1n << 39n,
    );
    return { state, step: { ...step, timestamp: last + 1n } };
  },
  "account of the request": ({ state, step }, random) => {
    const [first] = step.lanes;
    if (!first?.request) return null;
    const request = { ...first.request, account: (first.account + 1 + random.int(14)) % 16 };
    return { state, step: { ...step, lanes: step.lanes.with(0, { ...first, request }) } };
  },
  "amount of the request": ({ state, step }, random) => {
    const [first] = step.lanes;
    if (!first?.request || !("amount" in first.request)) return null;
    const request = { ...first.request, amount: random.pick([1n << 64n, -1n]) };
    return { state, step: { ...step, lanes: step.lanes.with(0, { ...first, request }) } };
  },
  "one side of a trade": ({ state, step }, random) => {
    const trading = places(step).filter(({ execution }) => isOrder(execution) || execution.intent === null);
    if (trading.length === 0) return null;
    const { lane } = random.pick(trading);
    return { state, step: { ...step, lanes: step.lanes.filter((_, at) => at !== lane) } };
  },
  "far more than margin bears": ({ state, step }) => {
    const signed = signedPlaces(step);
    if (isSelfTrade(step) || signed.length === 0 || !places(step).every(({ execution }) => isOrder(execution)))
      return null;
    const lots = 1n << 38n;
    return {
      state,
      step: signed.reduce((so, place) => {
        const price = abs(place.execution.cash) / abs(place.execution.size);
        const size = place.execution.size > 0n ? lots : -lots;
        const nonce = place.execution.intent.nonce + 16n;
        return replaced(so, place, {
          ...resigned(place.execution, state, { size: lots, nonce }),
          size,
          cash: -price * size,
          fee: 0n,
        });
      }, step),
    };
  },
  "played again": ({ step, trace }) => {
    const isSpent = trace.lanes.some(({ executions }) =>
      executions.some(({ execution: { intent }, legs, units, orderBefore: { key, filled } }) => {
        if (intent === null) return false;
        const before = key === orderKey(intent.epoch, intent.nonce) ? filled : 0n;
        return legs.length === 0 || ("size" in intent && before + 2n * units > intent.size);
      }),
    );
    return isSpent ? { state: trace.after, step } : null;
  },
  "ratio of a spread": ofExecution(
    ({ intent }) => intent.kind === "spread",
    (execution, _, random) => {
      const { legs, ...spread } = asSpread(execution);
      const at = random.int(legs.length);
      const turned = legs.map((leg, each) => (each === at ? { ...leg, ratio: leg.ratio + 1n } : leg));
      return { ...execution, intent: { ...spread, legs: turned } };
    },
  ),
  "a leg of a spread left out": ofExecution(
    ({ intent }) => intent.kind === "spread",
    (execution) => {
      const { legs, ...spread } = asSpread(execution);
      return { ...execution, intent: { ...spread, legs: legs.slice(1) } };
    },
  ),
  "reduce-only": ofExecution(isTradable, (execution) => ({
    ...execution,
    intent: {
      ...execution.intent,
      reduceOnly: !("reduceOnly" in execution.intent && execution.intent.reduceOnly),
    } as Intent,
  })),
  "mode that was not signed": ofExecution(
    ({ intent }) => intent.kind === "mode",
    (execution) => ({
      ...execution,
      intent: {
        ...execution.intent,
        reduceOnly: !("reduceOnly" in execution.intent && execution.intent.reduceOnly),
      } as Intent,
    }),
  ),
  "discount that was not signed": ofExecution(
    ({ intent }) => intent.kind === "backstop",
    (execution) => ({ ...execution, intent: { ...execution.intent, discountPpm: 1n << 39n } as Intent }),
  ),
  "signer of another place": ofExecution(any, (execution, _, random) => ({
    ...execution,
    signer: ((execution.signer ?? 0) + 1 + random.int(4)) % 5,
  })),
  "path of a bulk": ofExecution(
    ({ bulk }) => bulk !== undefined,
    (execution, _, random) => {
      const { index = 0, children = [] } = execution.bulk ?? {};
      const spoilt = children.map((level) => level.with(random.int(4), random.amount(1n, 1n << 200n)));
      return { ...execution, bulk: { index, children: spoilt } };
    },
  ),
  "bulk that is none": ofExecution(
    ({ bulk }) => bulk === undefined,
    (execution, state) => {
      const children = emptyTree(state.profile.bulkDepth, 0n, TAG.bulk).path(0n);
      return { ...execution, bulk: { index: 0, children } };
    },
  ),
  "lots that are forced": ofForced((execution, random) => ({
    ...execution,
    size: execution.size + (execution.size > 0n ? 1n : -1n) * random.amount(1n, 1n << 38n),
  })),
  "side that is forced": ofForced((execution) => ({ ...execution, size: -execution.size, cash: -execution.cash })),
  "price that is forced": ofForced((execution, random) => ({
    ...execution,
    cash: execution.cash - random.amount(1n, 1n << 60n),
  })),
  penalty: ofForced((execution, random) => ({
    ...execution,
    fee: random.chance(0.3) ? -1n : execution.fee + (1n << 60n),
  })),
  "written off, but not bankrupt": ({ state, step, trace }, random) => {
    const at = random.int(step.lanes.length);
    const [lane, after] = [step.lanes[at], trace.lanes[at]?.after];
    if (!lane || !after || after.cash === 0n) return null;
    if (after.cash < 0n && after.positions.every(({ size }) => size === 0n)) return null;
    return { state, step: { ...step, lanes: step.lanes.with(at, { ...lane, isWrittenOff: true }) } };
  },
};

/**
 * The engine: a pure state machine. The same commands in the same order give the same state and the same events;
 * a refused command changes nothing.
 * @module
 */
import { NO_LIQUIDATION, NO_SESSION } from "#protocol/account.ts";
import { withRequest } from "#protocol/lane.ts";
import { emptyMarks } from "#protocol/marks.ts";
import { accountCapacity, SESSIONS } from "#protocol/params.ts";
import { amountOf, type Request } from "#protocol/request.ts";
import { timesEight } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import { Accounts } from "./accounts.ts";
import { admit } from "./admit.ts";
import { adoptMarks, operate, tableOf } from "./board.ts";
import { Book, type Resting } from "./book.ts";
import { gridOf } from "./grid.ts";
import { enqueue, leave, leaveAll, type Work, workOn } from "./ledger.ts";
import { enforce } from "./liquidate.ts";
import { type Reason, type Refused, refused } from "./refusal.ts";
import { ask, concludeDue, quote, takeQuote } from "./rfq.ts";
import { horizon } from "./risk.ts";
import { finalize, quarantine, seal, unseal } from "./seal.ts";
import type { Accepted, Command, CommandOf, EngineAccount, EngineConfig, EngineState } from "./types.ts";

/** The engine before the first command, on the board of `genesis`. */
export function engineStart(
  genesis: State,
  settings: Pick<EngineConfig, "makerFee" | "takerFee" | "settlementSeconds">,
): EngineState {
  const { profile, domain, parameters } = genesis;
  const marks = emptyMarks(profile);
  const board = genesis.board.map((slot) => ({ ...slot }));
  const state = {
    config: { profile, domain, parameters, ...settings },
    time: 0n,
    board,
    marks,
    accounts: new Accounts<EngineAccount>(),
    grid: gridOf({ profile, board, marks, parameters }),
    books: board.map(() => new Book()),
    backstops: [],
    asks: new Map(),
    pots: { feePot: 0n, insurance: 0n, clearing: 0n, deficit: 0n, totalCash: 0n },
    pending: [],
    sealed: [],
    counters: { op: 1, trade: 1, request: 0, order: 1, step: 1, ask: 1 },
  };
  return { ...state, base: tableOf({ ...state, base: { marks, statuses: [] } }) };
}

/** Applies one command. */
export function apply(state: EngineState, command: Command): Accepted | Refused {
  const work = workOn(state);
  return carryOut(work, command) ?? { state: work.state, events: work.events };
}

/** Carries a command out, or says why not, and then nothing has changed. */
function carryOut(work: Work, command: Command): Refused | null {
  switch (command.type) {
    case "time":
      return passTime(work, command);
    case "request":
      return acceptRequest(work, command);
    case "intent":
      return admit(work, command);
    case "quotes":
      return massQuote(work, command);
    case "kill":
      return kill(work, command);
    case "disconnect":
      return disconnect(work, command);
    case "ask":
      return ask(work, command);
    case "quote":
      return quote(work, command);
    case "take":
      return takeQuote(work, command);
    case "marks":
      adoptMarks(work, command);
      return null;
    case "board":
      return operate(work, command);
    case "seal":
      return seal(work, command);
    case "unseal":
      return unseal(work, command);
    case "final":
      return finalize(work, command);
    case "quarantine":
      return quarantine(work, command);
  }
}

/** Time passes: orders that could no longer be proved in time leave, and asks that are due are concluded. */
function passTime(work: Work, { timestamp }: CommandOf<"time">): Refused | null {
  const { state } = work;
  if (timestamp < state.time) return refused("TimeRunsBackwards", `L1 time ${timestamp} after ${state.time}`);
  state.time = timestamp;
  const limit = horizon(state);
  const expired = ({ validUntil }: { readonly validUntil: bigint }): Reason | null =>
    validUntil < limit
      ? { code: "IntentExpired", message: `valid until ${validUntil}, too short to be proved and posted` }
      : null;
  for (const [slot, book] of state.books.entries()) {
    const expiry = state.board[slot]?.series?.expiry ?? 0n;
    const ending: Reason | null =
      limit + state.config.parameters.expiryGuard >= expiry
        ? { code: "SeriesExpiring", message: `trading in the series ends before its expiry ${expiry}` }
        : null;
    for (const order of [...book.bids, ...book.asks]) leaveFor(work, order, ending ?? expired(order.signed.intent));
  }
  for (const backstop of [...state.backstops]) leaveFor(work, backstop, expired(backstop.signed.intent));
  concludeDue(work);
  return null;
}

const leaveFor = (work: Work, resting: Resting, reason: Reason | null): void => {
  if (reason) leave(work, resting, reason);
};

/** An L1 request is executable by construction; anything else means that L1 was read wrongly. */
function acceptRequest(work: Work, { index, request }: CommandOf<"request">): Refused | null {
  const { state } = work;
  const { account: id } = request;
  if (index !== state.counters.request)
    return refused("RequestOrder", `request ${index}; the next one is ${state.counters.request}`);
  const before = state.accounts.get(id);
  if ((request.kind === "register") === (before !== undefined)) {
    return refused("RequestOrder", `a ${request.kind} of account ${id}, which ${before ? "exists" : "does not exist"}`);
  }
  if (BigInt(id) >= accountCapacity(state.config.profile))
    return refused("RequestOrder", `account ${id} is beyond the tree`);
  if (request.kind === "register") register(work, request);
  else change(work, before as EngineAccount, request);
  state.pots.totalCash += amountOf(request);
  state.counters.request = index + 1;
  enqueue(work, { kind: "request", index, request });
  if (request.kind === "close") enforce(work);
  return null;
}

function register({ state }: Work, { account: id, owner, b, amount }: Extract<Request, { kind: "register" }>): void {
  const { board } = state;
  state.accounts.add(id, {
    id,
    owner,
    key: timesEight(b),
    sessions: Array.from({ length: SESSIONS }, () => NO_SESSION),
    cash: amount,
    sizes: board.map(() => 0n),
    lots: new Float64Array(board.length),
    indices: [...state.grid.indexLong],
    epoch: 0n,
    isReduceOnly: false,
    isClosing: false,
    liquidation: NO_LIQUIDATION,
    killed: 0,
    slots: new Map(),
  });
}

/** What the specification makes of a request; orders that it kills leave. */
function change(work: Work, account: EngineAccount, request: Exclude<Request, { kind: "register" }>): void {
  const { key, sessions, cash, epoch, isReduceOnly, isClosing } = withRequest(
    account as unknown as Parameters<typeof withRequest>[0],
    request,
  );
  if (request.kind === "stop") leaveAll(work, account, { code: "Stopped", message: "stopped on L1" });
  if (request.kind === "key")
    leaveAll(
      work,
      account,
      { code: "KeyReplaced", message: `the key at place ${request.place} was replaced` },
      ({ signed }) => (signed.signer ?? 0) === request.place,
    );
  Object.assign(account, { key, sessions, cash, epoch, isReduceOnly });
  account.isClosing = isClosing && account.lots.some((size) => size !== 0);
}

function massQuote(work: Work, { account: id, orders }: CommandOf<"quotes">): Refused | null {
  const account = work.state.accounts.get(id);
  if (!account) return refused("UnknownAccount", `account ${id} is not registered`);
  const foreign = orders.find(({ intent }) => intent.account !== id);
  if (foreign)
    return refused("UnknownAccount", `an order of account ${foreign.intent.account} in a mass quote of ${id}`);
  leaveAll(work, account, { code: "Replaced", message: "replaced by a newer mass quote" }, ({ isQuoted }) => isQuoted);
  for (const order of orders) {
    const refusal =
      order.intent.kind === "order"
        ? admit(work, order, true)
        : refused("UnsupportedFlags", `a ${order.intent.kind} is no quote`);
    if (refusal) work.events.push({ type: "rejected", intent: order.intent, refusal });
  }
  return null;
}

function kill(work: Work, { account: id, underlying, isOn }: CommandOf<"kill">): Refused | null {
  const { state, events } = work;
  const account = state.accounts.get(id);
  if (!account) return refused("UnknownAccount", `account ${id} is not registered`);
  if (underlying < 0 || underlying >= state.config.profile.underlyings)
    return refused("OutOfRange", `there is no underlying ${underlying}`);
  const bit = 1 << underlying;
  account.killed = isOn ? account.killed | bit : account.killed & ~bit;
  events.push({ type: "killed", account: id, underlying, isOn });
  if (!isOn) return null;
  const trades = ({ signed: { intent } }: Resting): boolean =>
    intent.kind !== "backstop" &&
    (intent.kind === "order" ? [intent] : intent.legs).some(
      ({ seriesHash }) => state.grid.underlyingOf[state.grid.slotOf.get(seriesHash) ?? -1] === underlying,
    );
  leaveAll(work, account, { code: "Killed", message: `all orders in underlying ${underlying} killed` }, trades);
  return null;
}

function disconnect(work: Work, { account: id }: CommandOf<"disconnect">): Refused | null {
  const account = work.state.accounts.get(id);
  if (!account) return refused("UnknownAccount", `account ${id} is not registered`);
  const reason = { code: "Disconnected", message: "its owner's connection ended" } as const;
  leaveAll(work, account, reason, ({ leavesOnDisconnect }) => leavesOnDisconnect);
  return null;
}

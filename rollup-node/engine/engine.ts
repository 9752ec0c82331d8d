/**
 * The engine: a pure state machine. The same commands in the same order give the same state and the same events;
 * a refused command changes nothing.
 * @module
 */
import { emptyMarks } from "#protocol/marks.ts";
import { accountCapacity } from "#protocol/params.ts";
import { timesEight } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import { admit } from "./admit.ts";
import { EMPTY_BOOK } from "./book.ts";
import { enqueue, keyOf, leave, withAccount } from "./ledger.ts";
import { Pages } from "./pages.ts";
import { type Refused, refused } from "./refusal.ts";
import { horizon } from "./risk.ts";
import { finalize, quarantine, seal, unseal, withTable } from "./seal.ts";
import type { Accepted, Command, EngineAccount, EngineConfig, EngineState, Event } from "./types.ts";

/** The engine before the first command, on the board of `genesis`. */
export function engineStart(
  genesis: State,
  settings: Pick<EngineConfig, "makerFee" | "takerFee" | "settlementSeconds">,
): EngineState {
  const { profile, domain, parameters, board } = genesis;
  const marks = emptyMarks(profile);
  return {
    config: { profile, domain, parameters, ...settings },
    time: 0n,
    board,
    marks,
    accounts: Pages.empty(),
    books: board.map(() => EMPTY_BOOK),
    pending: [],
    sealed: [],
    base: { marks, statuses: board.map(({ status }) => status) },
    counters: { op: 1, trade: 1, request: 0, order: 1, step: 1 },
  };
}

/** Applies one command. */
export function apply(state: EngineState, command: Command): Accepted | Refused {
  switch (command.type) {
    case "time":
      return passTime(state, command);
    case "request":
      return acceptRequest(state, command);
    case "intent":
      return admit(state, command);
    case "marks":
      return adoptMarks(state, command);
    case "seal":
      return seal(state, command);
    case "unseal":
      return unseal(state, command);
    case "final":
      return finalize(state, command);
    case "quarantine":
      return quarantine(state, command);
  }
}

type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Time passes: orders that could no longer be proved in time leave the book. */
function passTime(state: EngineState, { timestamp }: CommandOf<"time">): Accepted | Refused {
  if (timestamp < state.time) return refused("TimeRunsBackwards", `L1 time ${timestamp} after ${state.time}`);
  const events: Event[] = [];
  let next: EngineState = { ...state, time: timestamp };
  const limit = horizon(next);
  for (const [slot, book] of state.books.entries()) {
    const expiry = state.board[slot]?.series?.expiry ?? 0n;
    const isEnding = limit + state.config.parameters.expiryGuard >= expiry;
    for (const {
      signed: { intent },
    } of [...book.bids, ...book.asks]) {
      if (!isEnding && intent.validUntil >= limit) continue;
      const reason = isEnding
        ? ({ code: "SeriesExpiring", message: `trading in the series ends before its expiry ${expiry}` } as const)
        : ({
            code: "IntentExpired",
            message: `valid until ${intent.validUntil}, too short to be proved and posted`,
          } as const);
      const left = leave(next, intent.account, intent.nonce, keyOf(intent), reason);
      next = left.state;
      events.push(...left.events);
    }
  }
  return { state: next, events };
}

/** An L1 request is executable by construction; anything else means that L1 was read wrongly. */
function acceptRequest(state: EngineState, { index, request }: CommandOf<"request">): Accepted | Refused {
  if (index !== state.counters.request)
    return refused("RequestOrder", `request ${index}; the next one is ${state.counters.request}`);
  const before = state.accounts.get(request.account);
  if ((request.kind === "register") === (before !== undefined)) {
    return refused(
      "RequestOrder",
      `a ${request.kind} of account ${request.account}, which ${before ? "exists" : "does not exist"}`,
    );
  }
  if (BigInt(request.account) >= accountCapacity(state.config.profile))
    return refused("RequestOrder", `account ${request.account} is beyond the tree`);
  const account: EngineAccount = before ?? {
    owner: request.kind === "register" ? request.owner : 0n,
    key: timesEight(request.kind === "register" ? request.b : { x: 0n, y: 0n }),
    cash: 0n,
    sizes: state.board.map(() => 0n),
    epoch: 0n,
    slots: new Map(),
  };
  const credited = withAccount(state, request.account, { ...account, cash: account.cash + request.amount });
  const counted = { ...credited, counters: { ...credited.counters, request: index + 1 } };
  return enqueue(counted, { id: state.counters.op, kind: "request", index, request });
}

/** New prices are in force at once; what was matched before them is sealed before them. */
function adoptMarks(state: EngineState, { reports, table }: CommandOf<"marks">): Accepted | Refused {
  const queued = enqueue(withTable(state, table), { id: state.counters.op, kind: "marks", reports, table });
  return { state: queued.state, events: [...queued.events, { type: "repriced", table }] };
}

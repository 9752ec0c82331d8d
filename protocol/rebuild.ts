/**
 * Rebuilding the state from what L1 publishes: words alone lead from one root to the next. No proof is needed for it, and
 * words that lead elsewhere than to the root that they name are refused.
 * @module
 */
import { type BoundKind, parseWords } from "./binding.ts";
import { applyBoardFromWords } from "./board-step.ts";
import { refuse } from "./errors.ts";
import { parseExecuted } from "./executed.ts";
import { type Visit, visited } from "./lane.ts";
import { LAYOUT, unpack } from "./layout.ts";
import { applyMarksFromWords } from "./marks-step.ts";
import { parseRequest, type Request, requestWords } from "./request.ts";
import { type State, stateRoot, withAccounts } from "./state.ts";
import { payout, withVisits } from "./trade.ts";

const BY_KIND: Readonly<Record<BoundKind, (state: State, words: readonly bigint[]) => State>> = {
  marks: applyMarksFromWords,
  trade: applyTradeWords,
  board: applyBoardFromWords,
};

/** The state after a step of any kind of which only the words are known. Throws `BadWords`. */
export const applyWords = (state: State, words: readonly bigint[]): State =>
  BY_KIND[parseWords(words).header.kind](state, words);

/** The state after a `trade` step of which only the words are known. Throws `BadWords` if they lead to another root. */
export function applyTradeWords(state: State, words: readonly bigint[]): State {
  const { header, entries, profile } = parseWords(words);
  const isNext =
    header.number === state.globals.number + 1n &&
    header.domain === state.domain &&
    profile.name === state.profile.name;
  if (header.kind !== "trade" || !isNext || header.oldRoot !== stateRoot(state)) {
    return refuse("BadWords", "these are not the words of a trade step from this state");
  }
  const [laneEntries = [], requestEntries = []] = entries;
  const requests = requestEntries.map(canonicalRequest);
  let running = state;
  const visits = laneEntries.map((entry, at) => {
    const visit = visitFrom(running, entry, requests[at] ?? null);
    running = withAccounts(running, new Map([[visit.account, visit.after]]));
    return visit;
  });
  const { number, timestamp } = header;
  const after = withVisits(state, running, visits, { number, timestamp });
  return stateRoot(after) === header.newRoot
    ? after
    : refuse("BadWords", "the words do not lead to the root that they name");
}

/** The visit of one lane's words. */
function visitFrom(state: State, [head = 0n, ...words]: readonly bigint[], request: Request | null): Visit {
  const { account, payout: paid, isWrittenOff } = unpack(LAYOUT.lane, head);
  const executed = Array.from({ length: words.length / 2 }, (_, at) => words.slice(2 * at, 2 * at + 2))
    .filter((pair) => pair.some((word) => word !== 0n))
    .map(parseExecuted);
  const lane = { account: Number(account), request, isWrittenOff: isWrittenOff === 1n };
  const visit = visited(state, lane, executed);
  if (payout(visit) !== paid) refuse("BadWords", `a lane pays out ${paid}, its withdrawals are of ${payout(visit)}`);
  return visit;
}

/** A request whose words are the only ones that it could have. */
function canonicalRequest(words: readonly bigint[]): Request {
  const request = parseRequest(words);
  return requestWords(request).every((word, at) => word === words[at])
    ? request
    : refuse("BadWords", `${words.join()} is no request`);
}

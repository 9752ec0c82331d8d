/**
 * Rebuilding the state from what L1 publishes: words alone lead from one root to the next. No proof is needed for it, and
 * words that lead elsewhere than to the root that they name are refused.
 * @module
 */
import { type Account, freshAccount, orderAt, orderKey, orderSlotOf, setOrder } from "./account.ts";
import { parseWords } from "./binding.ts";
import type { Board } from "./board.ts";
import { refuse } from "./errors.ts";
import { abs } from "./field.ts";
import { LAYOUT, unpack } from "./layout.ts";
import { applyMarksFromWords } from "./marks-step.ts";
import { FILLED_ALL, INTENT_KIND } from "./params.ts";
import { parseRequest, type Request, requestWords } from "./request.ts";
import { timesEight } from "./signature.ts";
import { accountOf, type State, stateRoot, withAccounts } from "./state.ts";

/** The state after a step of either kind of which only the words are known. Throws `BadWords`. */
export const applyWords = (state: State, words: readonly bigint[]): State =>
  parseWords(words).header.kind === "marks" ? applyMarksFromWords(state, words) : applyTradeWords(state, words);

/** The state after a `trade` step of which only the words are known. Throws `BadWords` if they lead to another root. */
export function applyTradeWords(state: State, words: readonly bigint[]): State {
  const { header, entries, profile } = parseWords(words);
  const { globals } = state;
  const isNext =
    header.number === globals.number + 1n && header.domain === state.domain && profile.name === state.profile.name;
  if (header.kind !== "trade" || !isNext || header.oldRoot !== stateRoot(state)) {
    return refuse("BadWords", "these are not the words of a trade step from this state");
  }
  const [laneEntries = [], requestEntries = []] = entries;
  const requests = requestEntries.map(canonicalRequest);
  let running = state;
  const change = { fees: 0n, cash: 0n, board: state.board };
  for (const [at, [head = 0n, ...intents]] of laneEntries.entries()) {
    const { account: id, payout } = unpack(LAYOUT.lane, head);
    const request = requests[at] ?? null;
    const before = opened(running, Number(id), request);
    const { account, fees, paid } = visited(running, before, intents);
    if (paid !== payout) refuse("BadWords", `lane ${at} pays out ${payout}, its withdrawals are of ${paid}`);
    change.fees += fees;
    change.cash += (request?.amount ?? 0n) - payout;
    change.board = withInterest(change.board, before, account);
    running = withAccounts(running, new Map([[Number(id), account]]));
  }
  const after: State = {
    ...running,
    board: change.board,
    globals: {
      ...globals,
      number: header.number,
      timestamp: header.timestamp,
      feePot: globals.feePot + change.fees,
      totalCash: globals.totalCash + change.cash,
      requestCursor: globals.requestCursor + BigInt(requests.length),
    },
  };
  return stateRoot(after) === header.newRoot
    ? after
    : refuse("BadWords", "the words do not lead to the root that they name");
}

/** The account as a lane finds it, its request done. */
function opened(state: State, id: number, request: Request | null): Account {
  const account =
    request?.kind === "register"
      ? freshAccount(state.profile, request.owner, timesEight(request.b))
      : accountOf(state, id);
  return { ...account, cash: account.cash + (request?.amount ?? 0n) };
}

/** A request whose words are the only ones that it could have. */
function canonicalRequest(words: readonly bigint[]): Request {
  const request = parseRequest(words);
  return requestWords(request).every((word, at) => word === words[at])
    ? request
    : refuse("BadWords", `${words.join()} is no request`);
}

/** An executed intent whose fields fit its kind. */
function canonicalExecution(word: bigint) {
  const execution = unpack(LAYOUT.execution, word);
  const { kind, slot, size, cash, fee } = execution;
  const isOrder = kind === BigInt(INTENT_KIND.order);
  const isWithdraw = kind === BigInt(INTENT_KIND.withdraw);
  const isKnown =
    isOrder || isWithdraw || kind === BigInt(INTENT_KIND.cancel) || kind === BigInt(INTENT_KIND.cancelAll);
  const isPlain = isOrder ? size !== 0n : slot === 0n && size === 0n && fee === 0n && (isWithdraw || cash === 0n);
  return isKnown && isPlain
    ? { ...execution, isOrder, isWithdraw }
    : refuse("BadWords", `${word} is no executed intent`);
}

type Visit = { readonly account: Account; readonly fees: bigint; readonly paid: bigint };

/** The account behind the intents of its lane, the fees that they paid and what leaves for L1. */
function visited({ profile }: State, before: Account, intents: readonly bigint[]): Visit {
  let account = before;
  let fees = 0n;
  let paid = 0n;
  let raises = 0n;
  for (const word of intents) {
    if (word === 0n) continue;
    const { kind, slot, size, cash, fee, nonce, isOrder, isWithdraw } = canonicalExecution(word);
    const at = orderSlotOf(profile, nonce);
    const key = orderKey(before.epoch, nonce);
    const { key: lastKey, filled } = orderAt(account.orders, at);
    if (kind === BigInt(INTENT_KIND.cancelAll)) raises++;
    if (isWithdraw) paid -= cash;
    account = {
      ...account,
      cash: account.cash + cash - fee,
      positions: account.positions.map((held, each) =>
        isOrder && BigInt(each) === slot ? { ...held, size: held.size + size } : held,
      ),
      orders: setOrder(account.orders, at, {
        key,
        filled: isOrder ? (lastKey === key ? filled : 0n) + abs(size) : FILLED_ALL,
      }),
    };
    fees += fee;
  }
  return { account: { ...account, epoch: before.epoch + raises }, fees, paid };
}

function withInterest(board: Board, before: Account, after: Account): Board {
  const long = (size: bigint) => (size > 0n ? size : 0n);
  return board.map((slot, at) => {
    const [from, to] = [before.positions[at]?.size ?? 0n, after.positions[at]?.size ?? 0n];
    return {
      ...slot,
      openLong: slot.openLong + long(to) - long(from),
      openShort: slot.openShort + long(-to) - long(-from),
    };
  });
}

/**
 * The whole state and its root.
 * @module
 */
import { type Account, accountLeaf } from "./account.ts";
import { type Board, boardHash } from "./board.ts";
import { ProtocolError, ranged } from "./errors.ts";
import { toField } from "./field.ts";
import { hash, hashList } from "./hash.ts";
import { type Marks, marksHash } from "./marks.ts";
import { type Profile, TAG } from "./params.ts";
import { remembered } from "./remember.ts";
import type { Point } from "./signature.ts";
import { emptyTree, type Tree } from "./tree.ts";

/** Parameters of risk and oracles: they live in the state, so that changing them voids no order. */
export type Parameters = {
  /** Charge on short options, parts per million of spot. */
  readonly contingencyPpm: bigint;
  /** Bound of a scenario price's error, parts per million of spot, at least `MIN_EPSILON_PPM`. */
  readonly epsilonPpm: bigint;
  /** How far from the mark a sinking account may trade, parts per million of spot. */
  readonly priceBandPpm: bigint;
  /** Seconds after which marks imply close-only. */
  readonly maxMarksAge: bigint;
  /** Seconds before expiry at which trading ends: at least the L1 timestamp window. */
  readonly expiryGuard: bigint;
  /** How far a table may lie from the one in force and be adopted at once, parts per million of the spot in force. */
  readonly deviationPpm: bigint;
  /** Seconds for which a table further off must be confirmed before it is adopted. */
  readonly candidateAge: bigint;
  /** Initial charge on every unit held in one underlying, parts per million of spot: margin rises with the square of size. */
  readonly sizePpm: bigint;
  /** Most that a liquidation costs beside its price, parts per million of the notional; it goes to the insurance fund. */
  readonly penaltyPpm: bigint;
  /** Most that is liquidated of one account under one table of marks, USDC. */
  readonly liquidationCap: bigint;
  /** Most that a perpetual pays in one funding period, parts per million of spot. */
  readonly fundingCapPpm: bigint;
  /** The account that fees are paid out to. */
  readonly feeAccount: bigint;
  /** Per underlying: initial charge on its perpetual, parts per million of spot. 20,000 allows leverage of 50, whatever the hedge. */
  readonly leveragePpm: readonly bigint[];
  /** Keys whose signed reports price the board. */
  readonly oracles: readonly Point[];
};

export type Globals = {
  /** Steps applied since genesis. */
  readonly number: bigint;
  readonly timestamp: bigint;
  /** 1e-6 USDC, all of them. */
  readonly feePot: bigint;
  readonly insurance: bigint;
  /** What accrual owes to accounts (positive) that are visited after their counterparties. */
  readonly clearing: bigint;
  /** Debts of bankrupt accounts that no side of a slot is charged for: only the insurance fund repays them. */
  readonly deficit: bigint;
  /** Booked escrow less deposits not yet consumed and payouts not yet claimed. */
  readonly totalCash: bigint;
  /** L1 requests consumed. */
  readonly requestCursor: bigint;
};

export type State = {
  readonly profile: Profile;
  /** Binds signatures and steps to one chain and contract. */
  readonly domain: bigint;
  readonly parameters: Parameters;
  readonly accounts: ReadonlyMap<number, Account>;
  readonly accountTree: Tree;
  readonly board: Board;
  readonly marks: Marks;
  readonly globals: Globals;
};

export const riskValues = (p: Parameters): readonly bigint[] => [
  p.contingencyPpm,
  p.epsilonPpm,
  p.priceBandPpm,
  p.maxMarksAge,
  p.expiryGuard,
  p.deviationPpm,
  p.candidateAge,
  p.sizePpm,
  p.penaltyPpm,
  p.liquidationCap,
  p.fundingCapPpm,
  p.feeAccount,
  ...p.leveragePpm,
];
/** Inverse of `riskValues` and `oracleKeys`: empty places at the end of the set are none of its oracles. */
export function parametersOf(risk: readonly bigint[], keys: readonly Point[]): Parameters {
  const [contingencyPpm, epsilonPpm, priceBandPpm, maxMarksAge, expiryGuard, deviationPpm, ...rest] = risk;
  const [candidateAge, sizePpm, penaltyPpm, liquidationCap, fundingCapPpm, feeAccount, ...leveragePpm] = rest;
  const last = keys.findLastIndex(({ x, y }) => x !== 0n || y !== 0n);
  return {
    contingencyPpm: contingencyPpm ?? 0n,
    epsilonPpm: epsilonPpm ?? 0n,
    priceBandPpm: priceBandPpm ?? 0n,
    maxMarksAge: maxMarksAge ?? 0n,
    expiryGuard: expiryGuard ?? 0n,
    deviationPpm: deviationPpm ?? 0n,
    candidateAge: candidateAge ?? 0n,
    sizePpm: sizePpm ?? 0n,
    penaltyPpm: penaltyPpm ?? 0n,
    liquidationCap: liquidationCap ?? 0n,
    fundingCapPpm: fundingCapPpm ?? 0n,
    feeAccount: feeAccount ?? 0n,
    leveragePpm,
    oracles: keys.slice(0, last + 1),
  };
}
/** Keys of the profile's places for oracles, (0, 0) where there is none: no point of the curve, so nothing verifies under it. */
export function oracleKeys(profile: Profile, { oracles }: Parameters): readonly Point[] {
  ranged("number of oracles", BigInt(oracles.length), 0n, BigInt(profile.oracles) + 1n);
  return Array.from({ length: profile.oracles }, (_, at) => oracles[at] ?? { x: 0n, y: 0n });
}
export const oracleHash = (profile: Profile, p: Parameters): bigint =>
  hashList(
    TAG.oracles,
    oracleKeys(profile, p).flatMap(({ x, y }) => [x, y]),
  );
/** The scenario grid is compiled into the circuits; its hash makes the state say which. */
export const gridHash = (profile: Profile): bigint =>
  hashList(
    TAG.grid,
    profile.scenarios.flatMap(({ forwardPercent, vol }) => [BigInt(100 + forwardPercent), vol === "up" ? 1n : 0n]),
  );
export const paramsHash = remembered((profile: Profile, p: Parameters): bigint =>
  hash(TAG.params, [hash(TAG.risk, riskValues(p)), oracleHash(profile, p), gridHash(profile)]),
);

export const globalsHash = (state: State): bigint => {
  const { number, timestamp, feePot, insurance, clearing, deficit, totalCash, requestCursor } = state.globals;
  return hash(TAG.globals, [
    number,
    timestamp,
    feePot,
    insurance,
    toField(clearing),
    deficit,
    totalCash,
    requestCursor,
    paramsHash(state.profile, state.parameters),
  ]);
};

export const stateRoot = (state: State): bigint => rootOf(state.profile, state);
const rootOf = remembered((profile: Profile, state: State): bigint =>
  hash(TAG.state, [
    state.accountTree.root,
    boardHash(state.board),
    marksHash(profile, state.marks),
    globalsHash(state),
  ]),
);

/** A tree in which every account is unregistered. */
export const emptyAccounts = (profile: Profile): Tree => emptyTree(profile.accountDepth, 0n);

/** Throws `UnknownAccount`. */
export function accountOf(state: State, id: number): Account {
  const account = state.accounts.get(id);
  if (!account) throw new ProtocolError("UnknownAccount", `account ${id} is not registered`);
  return account;
}

/** `state` with these accounts written, each once. */
export function withAccounts(state: State, changed: ReadonlyMap<number, Account>): State {
  const accounts = new Map(state.accounts);
  let accountTree = state.accountTree;
  for (const [id, account] of changed) {
    accounts.set(id, account);
    accountTree = accountTree.set(BigInt(id), accountLeaf(state.profile, account));
  }
  return { ...state, accounts, accountTree };
}

import assert from "node:assert/strict";
import { genesisState } from "#protocol/genesis.ts";
import { PROFILE } from "#protocol/params.ts";
import { type State, withAccounts } from "#protocol/state.ts";
import { applyTrade, type TradeTrace } from "#protocol/trade.ts";
import { type CheckName, checkLanes, checkState, checkTable, type Known, type Violation } from "#simulate/checks.ts";
import { DOMAIN, marksAt, NOW, PARAMETERS, register, seriesList } from "#test/support/world.ts";

const names = (violations: readonly Violation[]): readonly CheckName[] => [
  ...new Set(violations.map(({ check }) => check)),
];

/** Two accounts that hold the two sides of a perpetual, honestly booked. */
function world(): State {
  const profile = PROFILE.tiny;
  const genesis = genesisState(
    { profile: "tiny", series: seriesList(profile), cap: 1_000_000n, parameters: PARAMETERS },
    DOMAIN,
  );
  const opened = { ...genesis, marks: marksAt(profile, 64_000n, NOW) };
  const deposits = [0, 1].map((id) => ({
    account: id,
    request: register(id, 50_000_000_000n),
    executions: [],
  }));
  const { state } = applyTrade(opened, { kind: "trade", timestamp: NOW, lanes: deposits });
  return withPositions(state, PERPETUAL, 10_000n);
}
const PERPETUAL = 3;

function withPositions(state: State, slot: number, lots: bigint): State {
  const index = state.marks.underlyings[0]?.index ?? 0n;
  const held = [lots, -lots].map((size, id) => {
    const account = state.accounts.get(id);
    assert.ok(account);
    return [id, { ...account, positions: account.positions.with(slot, { size, index }) }] as const;
  });
  const before = state.board[slot];
  assert.ok(before);
  const board = state.board.with(slot, { ...before, status: "live", openLong: lots, openShort: lots });
  return { ...withAccounts(state, new Map(held)), board };
}

/** An engine that knows the same. */
const knownOf = (state: State): Known => ({
  pots: state.globals,
  board: state.board,
  accountOf: (id) => {
    const account = state.accounts.get(id);
    assert.ok(account);
    return { ...account, sizes: account.positions.map(({ size }) => size) };
  },
});

const changedAccount = (state: State, id: number, change: object): State => {
  const account = state.accounts.get(id);
  assert.ok(account);
  return withAccounts(state, new Map([[id, { ...account, ...change }]]));
};
const changedGlobals = (state: State, change: object): State => ({
  ...state,
  globals: { ...state.globals, ...change },
});
const changedSlot = (state: State, change: object): State => {
  const slot = state.board[PERPETUAL];
  assert.ok(slot);
  return { ...state, board: state.board.with(PERPETUAL, { ...slot, ...change }) };
};

describe("checks of a simulation", () => {
  const honest = world();
  const owner = (id: number) => {
    const account = honest.accounts.get(id);
    assert.ok(account);
    return account;
  };

  it("find nothing in an honest state", () => assert.deepEqual(checkState(honest), []));

  it("see contracts that do not sum to zero", () => {
    const { positions } = owner(0);
    const [first] = [positions[PERPETUAL]];
    assert.ok(first);
    const more = changedAccount(honest, 0, { positions: positions.with(PERPETUAL, { ...first, size: 10_001n }) });
    assert.deepEqual(names(checkState(more)), ["contracts", "interest"]);
  });

  it("see a board that counts other lots than there are", () =>
    assert.deepEqual(names(checkState(changedSlot(honest, { openLong: 9_999n }))), ["interest"]));

  it("see more lots than the cap", () =>
    assert.deepEqual(names(checkState(changedSlot(honest, { cap: 9_999n }))), ["cap"]));

  it("see cash from nowhere", () =>
    assert.deepEqual(names(checkState(changedAccount(honest, 0, { cash: owner(0).cash + 1n }))), ["cash"]));

  it("see cash that no escrow holds", () => {
    const { totalCash } = honest.globals;
    assert.deepEqual(names(checkState(changedGlobals(honest, { totalCash: totalCash - 1n }))), ["cash"]);
  });

  it("see a deficit that nobody owes", () =>
    assert.deepEqual(names(checkState(changedSlot(honest, { deficitLong: 5n }))), ["cash"]));

  it("see clearing that nobody is owed, even where cash adds up", () => {
    const moved = changedGlobals(changedAccount(honest, 0, { cash: owner(0).cash - 7n }), { clearing: 7n });
    assert.deepEqual(names(checkState(moved)), ["clearing"]);
  });

  it("see a pot below zero", () => {
    const moved = changedGlobals(changedAccount(honest, 0, { cash: owner(0).cash + 7n }), { insurance: -7n });
    assert.deepEqual(names(checkState(moved)), ["pots"]);
  });

  it("see that a healthy account was liquidated", () => {
    const lane = { account: 0, before: owner(0), executions: [], isLiquidating: true, debt: 0n };
    const trace = { kind: "trade", before: honest, after: honest, lanes: [lane] } as unknown as TradeTrace;
    assert.deepEqual(names(checkLanes(trace)), ["healthy"]);
    const unhealthy = { ...lane, before: { ...owner(0), cash: 0n } };
    assert.deepEqual(checkLanes({ ...trace, lanes: [unhealthy] } as unknown as TradeTrace), []);
  });

  it("see a debt that was forgiven and not paid", () => {
    const lane = { account: 0, before: owner(0), executions: [], isLiquidating: false, debt: 9n };
    const trace = { kind: "trade", before: honest, after: honest, lanes: [lane] } as unknown as TradeTrace;
    assert.deepEqual(names(checkLanes(trace)), ["debt"]);
    const recorded = changedGlobals(honest, { deficit: 9n });
    assert.deepEqual(checkLanes({ ...trace, after: recorded }), []);
  });

  it("see an account that owes and holds nothing", () => {
    const broke = changedAccount(honest, 0, {
      cash: -1n,
      positions: owner(0).positions.map(() => ({ size: 0n, index: 0n })),
    });
    assert.deepEqual(names(checkTable(broke, knownOf(broke))), ["debt"]);
  });

  it("see an engine that knows other cash, positions, epochs, pots or slots", () => {
    const same = knownOf(honest);
    assert.deepEqual(checkTable(honest, same), []);
    for (const change of [{ cash: 0n }, { epoch: 3n }, { sizes: [1n, 0n, 0n, -10_000n] }]) {
      const accountOf = (id: number) => ({ ...same.accountOf(id), ...(id === 1 ? change : {}) });
      assert.deepEqual(names(checkTable(honest, { ...same, accountOf })), ["engine"]);
    }
    for (const pot of ["feePot", "insurance", "deficit", "totalCash"] as const) {
      const pots = { ...same.pots, [pot]: same.pots[pot] + 1n };
      assert.deepEqual(names(checkTable(honest, { ...same, pots })), ["engine"], pot);
    }
    const { board } = changedSlot(honest, { lossLong: 1n });
    assert.deepEqual(names(checkTable(honest, { ...same, board })), ["engine"]);
  });
});

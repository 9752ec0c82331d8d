import assert from "node:assert/strict";
import { coinToUsd, quoteFor } from "#market/chain.ts";
import { loadExtract } from "#market/load.ts";
import { oracleReports } from "#market/oracles.ts";
import { forwardOf, surfaceOf } from "#market/quotes.ts";
import { type Action, buildScenario, intentOf, isSigned, MAX_FEE_PER_LOT, type Place } from "#market/scenario.ts";
import { CAST } from "#market/script.ts";
import { GENESIS_SERIES, SERIES } from "#market/series.ts";
import { deploymentDomain } from "#protocol/binding.ts";
import { applyBoard } from "#protocol/board-step.ts";
import { DEVNET_CAP, devnetParameters, genesisState } from "#protocol/genesis.ts";
import { riskOf } from "#protocol/margin.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import { MARKET, PROFILE, SCALE } from "#protocol/params.ts";
import { signReport } from "#protocol/report.ts";
import { parseSeries } from "#protocol/series.ts";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import type { State } from "#protocol/state.ts";
import { slotFor } from "#rollup-node/board/next.ts";
import { isCrossed } from "#rollup-node/engine/book.ts";
import { apply as applyCommand, engineStart } from "#rollup-node/engine/engine.ts";
import type { Command, EngineState, Event, Op } from "#rollup-node/engine/types.ts";
import { isRefused } from "#rollup-node/errors.ts";
import { isLaneOp, pack } from "#rollup-node/pipeline/pack.ts";

const SECRETS = [9, 10, 11, 12].map((byte) => new Uint8Array(32).fill(byte));
const UNSIGNED = { r8: { x: 0n, y: 1n }, s: 0n };
const scenes = buildScenario(loadExtract().map(surfaceOf));
const actions = scenes.flatMap((scene) => scene.actions);
const places = actions.filter((action): action is Place => action.act === "place");

describe("demonstration script", () => {
  it("has two makers, six takers, six snapshots and one order that must be refused", () => {
    assert.equal(CAST.filter(({ role }) => role === "maker").length, 2);
    assert.ok(CAST.filter(({ role }) => role === "taker").length >= 6);
    assert.equal(scenes.length, 6);
    const refused = places.filter(({ refusal }) => refusal !== null);
    assert.equal(refused.length, 1);
    const half = places.find(({ id }) => `${id}-too-large` === refused[0]?.id);
    assert.equal(refused[0]?.size, 2n * (half?.size ?? 0n), "half of it passes");
  });

  it("gives every order its own id, and nonces that rise within an order slot", () => {
    assert.equal(new Set(places.map(({ id }) => id)).size, places.length);
    const newest = new Map<string, bigint>();
    for (const { party, nonce, id } of places) {
      const slot = `${party}:${nonce % 1024n}`;
      assert.ok(nonce > (newest.get(slot) ?? 0n), id);
      newest.set(slot, nonce);
    }
  });

  it("lets quotes move with every snapshot, each at a fact of that snapshot", () => {
    for (const { stamp, actions: own, surface } of scenes) {
      const quotes = own.filter(
        (action): action is Place => action.act === "place" && action.postOnly && action.source !== null,
      );
      const listed = scenes[0]?.actions === own ? GENESIS_SERIES : SERIES;
      // The perpetual's are composed.
      assert.equal(quotes.length, 2 * 2 * (listed.length - 1));
      for (const { source, series, side, price } of quotes) {
        assert.equal(source?.stamp, stamp);
        const row = surface.snapshot.quotes.find((quote) => quote.row === source?.row);
        assert.ok(row && source);
        const usd = coinToUsd(row[source.side], forwardOf(surface, row.expiry));
        const away = side === "buy" ? usd - Number(price) / 100 : Number(price) / 100 - usd;
        assert.ok(away > -1e-9 && away < 1, `${series} ${side}`);
      }
    }
  });

  it("quotes end with their snapshot", () => {
    scenes.forEach(({ actions: own }, at) => {
      const next = scenes[at + 1];
      for (const action of own) {
        if (action.act === "place" && action.postOnly && action.source && next)
          assert.equal(action.validUntil, BigInt(next.time));
      }
    });
  });
});

/** Trade steps that the operations make: marks are barriers. */
function stepsOf(ops: readonly Op[]): number {
  let [rest, steps] = [ops, 0];
  while (rest.length > 0) {
    const barrier = rest.findIndex(({ kind }) => kind === "marks");
    const until = rest.slice(0, barrier < 0 ? rest.length : barrier).filter(isLaneOp);
    const { count } = pack(PROFILE.devnet, until);
    steps += count > 0 ? 1 : 0;
    rest = rest.slice(count > 0 ? count : 1);
  }
  return steps;
}

describe("demonstration script in the engine", () => {
  const profile = PROFILE.devnet;
  const domain = deploymentDomain(31337n, 1n);
  const parameters = devnetParameters(PROFILE.devnet, SECRETS.map(publicKey));
  const events: Event[] = [];
  const refusals: (readonly [id: string, code: string])[] = [];
  const marked: { readonly name: string; readonly mark: number; readonly bid: number; readonly ask: number }[] = [];
  let state: State = genesisState(
    { profile: profile.name, series: GENESIS_SERIES, cap: DEVNET_CAP, parameters },
    domain,
  );
  let engine: EngineState = engineStart(state, { makerFee: 0n, takerFee: MAX_FEE_PER_LOT, settlementSeconds: 600n });

  const apply = (command: Command): string | null => {
    const outcome = applyCommand(engine, command);
    if (isRefused(outcome)) return outcome.code;
    engine = outcome.state;
    events.push(...outcome.events);
    return null;
  };
  const must = (command: Command): void => assert.equal(apply(command), null, command.type);
  const accountOf = (party: string): number => CAST.findIndex(({ name }) => name === party);

  function play(action: Action, at: number): void {
    if (action.act === "open") {
      const account = accountOf(action.party);
      const b = registrationPoint(publicKey(new Uint8Array(32).fill(account + 1)));
      must({
        type: "request",
        index: at,
        request: { kind: "register", account, owner: 1n, b, amount: action.deposit },
      });
    } else if (action.act === "marks") {
      const seen = oracleReports(action.snapshot);
      const reports = [
        seen.map((report, oracle) => signReport(profile, domain, report, SECRETS[oracle] ?? assert.fail())),
      ];
      state = applyMarks(state, { kind: "marks", timestamp: BigInt(action.snapshot.time), reports }).state;
      must({
        type: "marks",
        reports,
        table: { marks: state.marks, statuses: state.board.map(({ status }) => status) },
      });
    } else if (action.act === "list") {
      const series = parseSeries(action.series);
      const operation = { kind: "list", slot: slotFor(engine, series), series, cap: action.cap } as const;
      state = applyBoard(state, { kind: "board", timestamp: engine.time, operation }).state;
      must({ type: "board", operation, effect: operation });
    } else if (isSigned(action)) {
      const isOrder = action.act === "place" || action.act === "spread";
      const id = isOrder ? action.id : `${action.act}-${action.party}`;
      const code = apply({
        type: "intent",
        intent: intentOf(action, accountOf(action.party)),
        signature: UNSIGNED,
        clientOrderId: id,
      });
      if (code) refusals.push([id, code]);
    }
  }

  before(() => {
    scenes.forEach(({ time, actions: own, surface }, scene) => {
      must({ type: "time", timestamp: BigInt(time), block: scene });
      own.forEach(play);
      for (const [slot, series] of SERIES.entries()) {
        const isListed = state.board[slot]?.status === "live";
        if (series.kind === "perpetual" || !isListed) continue;
        const quote = quoteFor(surface.snapshot, series);
        const forward = forwardOf(surface, series.expiry);
        const mark = Number(state.marks.slots[slot]?.mark) / Number(SCALE.mark);
        marked.push({ name: `${scene}:${slot}`, mark, bid: quote.bid * forward, ask: quote.ask * forward });
      }
    });
  });

  const trades = () => events.filter((event) => event.type === "traded");
  const ops = () => events.flatMap((event) => (event.type === "queued" ? [event.op] : []));

  it("refuses exactly the order that is too large, for margin", () => {
    const expected = places.filter(({ refusal }) => refusal).map(({ id, refusal }) => [id, refusal]);
    assert.deepEqual(refusals, expected);
  });

  it("makes at least 60 trades in all eight series, some between takers and some by one order through two makers", () => {
    assert.ok(trades().length >= 60, String(trades().length));
    assert.equal(new Set(trades().map(({ op }) => op.fills[0]?.legs[0]?.slot)).size, SERIES.length);
    const isMaker = (account: number) => CAST[account]?.role === "maker";
    const between = trades().filter(({ op }) => op.fills.every(({ account }) => !isMaker(account)));
    assert.ok(between.length >= 6, String(between.length));
    const makersOf = Map.groupBy(
      trades(),
      ({ op }) => `${op.fills.at(-1)?.account}:${op.fills.at(-1)?.execution.intent?.nonce}`,
    );
    assert.ok([...makersOf.values()].some((fills) => new Set(fills.map(({ op }) => op.fills[0]?.account)).size === 2));
    assert.ok(
      trades().every(({ op }) => !op.fills.every(({ account }) => isMaker(account))),
      "makers do not trade together",
    );
  });

  it("sells a spread, liquidates the perpetual on thin margin with the backstop, and pays funding", () => {
    assert.equal(trades().filter(({ op }) => op.cause === "spread").length, 1);
    const forced = trades().filter(({ op }) => op.cause === "liquidation" || op.cause === "backstop");
    assert.ok(forced.length >= 1, String(forced.length));
    const ivan = accountOf("ivan");
    assert.ok(forced.every(({ op }) => op.fills.some(({ account, role }) => account === ivan && role === "forced")));
    assert.ok((engine.marks.underlyings[0]?.fundingSum ?? 0n) > 0n);
  });

  it("fills what it sends: only the quotes and one cancelled order are left over", () => {
    const left = events.filter((event) => event.type === "left").map(({ reason }) => reason.code);
    assert.ok(
      left.every((code) => code === "IntentExpired" || code === "CancelledByOwner"),
      [...new Set(left)].join(),
    );
    assert.equal(left.filter((code) => code === "CancelledByOwner").length, 1);
    const resting = engine.books.flatMap(({ bids, asks }) => [...bids, ...asks]).map(({ signed }) => signed.intent);
    assert.ok(resting.every(({ account, postOnly }) => CAST[account]?.role === "maker" && postOnly));
    assert.ok(engine.books.every((book) => !isCrossed(book)));
  });

  it("packs into at most 18 trade steps of four lanes with two intents", () => {
    const steps = stepsOf(ops());
    assert.ok(steps <= 18, String(steps));
  });

  it("is marked by the twin inside bid and ask in at least 90 % of cases", () => {
    const outside = marked.filter(({ mark, bid, ask }) => mark < bid || mark > ask);
    assert.equal(marked.length, 41);
    assert.ok(outside.length <= 4, outside.map(({ name }) => name).join());
  });

  it("leaves everybody above maintenance margin and every price on the tick", () => {
    for (const [id, account] of engine.accounts.entries()) {
      const { equity, maintenance } = riskOf(profile, engine.marks, parameters, account);
      assert.ok(equity * SCALE.marginPerEquity > maintenance, `account ${id}`);
    }
    assert.ok(places.every(({ price }) => price % MARKET.tick === 0n));
  });
});

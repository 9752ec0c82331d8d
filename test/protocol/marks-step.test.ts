import assert from "node:assert/strict";
import { HEADER_WORDS } from "#protocol/binding.ts";
import { EMPTY_SLOT } from "#protocol/board.ts";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import { LAYOUT, unpack } from "#protocol/layout.ts";
import { emptyMarks } from "#protocol/marks.ts";
import { applyMarks, applyMarksFromWords, type MarksStep } from "#protocol/marks-step.ts";
import { PROFILE } from "#protocol/params.ts";
import { checkReport, reportMessage, signerOf, signReport } from "#protocol/report.ts";
import { perpetualMarks, slotMarks } from "#protocol/scenarios.ts";
import { stateRoot } from "#protocol/state.ts";
import { packSurface, SURFACE } from "#protocol/svi.ts";
import { randomFrom, runSeed } from "#test/support/random.ts";
import { randomMarks } from "#test/support/random-marks.ts";
import { REFUSED_MARKS } from "#test/support/refused-marks.ts";
import { reportOf, SMILE, signedByQuorum } from "#test/support/surfaces.ts";
import { DOMAIN, NOW, ORACLE_SECRETS, PARAMETERS, worldState } from "#test/support/world.ts";

const refuses = (code: ProtocolErrorCode, act: () => unknown): void =>
  assert.throws(act, (error) => error instanceof ProtocolError && error.code === code);
const state = worldState();
const { profile } = state;
const step = { kind: "marks", timestamp: NOW + 70n, reports: [signedByQuorum(profile, reportOf(0))] } as const;

describe("marks step", () => {
  it("prices every slot from the report and makes listed slots live", () => {
    const listed = { ...state, board: state.board.map((slot) => ({ ...slot, status: "listed" as const })) };
    const { state: after, trace } = applyMarks(listed, step);
    const { timestamp, spot, expiries } = reportOf(0);
    const index = spot / 1_000_000n;
    assert.deepEqual(after.marks.underlyings, [
      { timestamp, spot, mode: "open", index, fundingSum: 0n, candidate: null },
    ]);
    assert.ok(after.board.every(({ status }) => status === "live"));
    assert.deepEqual([after.globals.number, after.globals.timestamp], [8n, NOW + 70n]);
    const [only] = expiries;
    assert.ok(only);
    after.board.forEach(({ series }, at) => {
      assert.ok(series);
      if (series.kind === "perpetual") {
        assert.deepEqual(after.marks.slots[at], perpetualMarks(profile, index));
        return;
      }
      const terms = { forward: only.forward, discount: only.discount, strike: series.strike, kind: series.kind };
      const variance = trace.variances[at] ?? 0n;
      assert.ok(variance > 0n);
      assert.deepEqual(
        after.marks.slots[at],
        slotMarks(profile, { ...terms, variance, seconds: only.expiry - timestamp }),
      );
    });
  });

  it("leaves accounts, open interest and money alone", () => {
    const { state: after } = applyMarks(state, step);
    assert.equal(after.accountTree.root, state.accountTree.root);
    assert.deepEqual(after.globals, { ...state.globals, number: 8n, timestamp: NOW + 70n });
    assert.deepEqual(after.board, state.board);
  });

  it("lets series expire whatever is adopted, and keeps their marks without scenarios", () => {
    const { timestamp } = reportOf(0);
    const stages = ["live", "listed", "settled", "live"] as const;
    const board = state.board.map((slot, at) =>
      slot.series && at < 3
        ? { ...slot, status: stages[at] ?? "live", series: { ...slot.series, expiry: timestamp } }
        : slot,
    );
    const before = { ...state, board };
    const old = state.marks.slots.map(({ mark }) => mark);
    const due = reportOf(0, { expiries: [] });
    const near = applyMarks(before, { ...step, reports: [signedByQuorum(profile, due)] });
    assert.deepEqual(
      near.state.board.map(({ status }) => status),
      ["expired", "expired", "settled", "live"],
    );
    assert.deepEqual(near.trace.variances, [0n, 0n, 0n, 0n]);
    const kept = [old[0], 0n, old[2]].map((mark = 0n) => ({ mark, prices: profile.scenarios.map(() => mark) }));
    assert.deepEqual(near.state.marks.slots.slice(0, 3), kept);
    // A table too far off changes statuses all the same, and no marks.
    const jumped = reportOf(0, { expiries: [], spot: 2n * due.spot, impactMid: 2n * due.spot });
    const far = applyMarks(before, { ...step, reports: [signedByQuorum(profile, jumped)] });
    assert.equal(far.state.marks.underlyings[0]?.mode, "closeOnly");
    assert.deepEqual([far.state.board, far.state.marks.slots], [near.state.board, state.marks.slots]);
    for (const { state: after, words } of [near, far])
      assert.equal(stateRoot(applyMarksFromWords(before, words)), stateRoot(after));
    // A second before, the report must price it.
    refuses("BadReport", () =>
      applyMarks(before, { ...step, reports: [signedByQuorum(profile, { ...due, timestamp: timestamp - 1n })] }),
    );
  });

  it("marks no perpetual where none is listed, and funds none", () => {
    const board = state.board.with(-1, EMPTY_SLOT);
    const { state: after, words } = applyMarks({ ...state, board, marks: emptyMarks(profile) }, step);
    const [{ index, fundingSum } = assert.fail()] = after.marks.underlyings;
    assert.deepEqual([index, fundingSum, after.marks.slots.at(-1)?.mark], [0n, 0n, 0n]);
    assert.equal(unpack(LAYOUT.underlying, words[HEADER_WORDS] ?? 0n).perpetual, 0n);
    // Nobody needs a mid then.
    const without = [signedByQuorum(profile, reportOf(0, { impactMid: 0n }))];
    applyMarks({ ...state, board }, { ...step, reports: without });
    refuses("BadReport", () => applyMarks(state, { ...step, reports: without }));
  });

  it("charges the premium from adopted table to adopted table, through a candidate", () => {
    const premium = (timestamp: bigint, by = 1n): MarksStep => {
      const spot = by * reportOf(0).spot;
      const report = reportOf(0, { timestamp, spot, impactMid: (spot * 1_002n) / 1_000n });
      return { kind: "marks", timestamp, reports: [signedByQuorum(profile, report)] };
    };
    // 0.2 % less the dead zone, of 64,000 USDC: 112 USDC per eight hours.
    const rate = 112n * 100_000_000n;
    const first = applyMarks(state, premium(NOW + 100n)).state;
    assert.equal(first.marks.underlyings[0]?.fundingSum, 100n * rate);
    const waiting = applyMarks(first, premium(NOW + 200n, 2n)).state;
    assert.equal(waiting.marks.underlyings[0]?.fundingSum, 100n * rate);
    const back = applyMarks(waiting, premium(NOW + 28_900n)).state;
    const [{ index, fundingSum } = assert.fail()] = back.marks.underlyings;
    assert.equal(fundingSum, 28_900n * rate);
    // The mark at 1e-2 USDC, less 112.38 USDC.
    assert.equal(index, 64_128n * 100n - 11_238n);
  });

  for (const { name, code, make } of REFUSED_MARKS) {
    it(`refuses ${name}`, () => {
      const sample = make();
      const before = stateRoot(sample.state);
      refuses(code, () => applyMarks(sample.state, sample.step));
      assert.equal(stateRoot(sample.state), before);
    });
  }

  const seed = runSeed();
  it(`is rebuilt from its words alone (PROVEGA_SEED=${seed})`, () => {
    const random = randomFrom(seed);
    for (let i = 0; i < 40; i++) {
      const sample = randomMarks(random, random.pick(["tiny", "devnet"]));
      const { state: after, words } = applyMarks(sample.state, sample.step);
      const rebuilt = applyMarksFromWords(sample.state, words);
      assert.equal(stateRoot(rebuilt), stateRoot(after));
      assert.deepEqual([rebuilt.marks, rebuilt.board, rebuilt.globals], [after.marks, after.board, after.globals]);
    }
  });

  it("is not rebuilt from words that were changed, or from another state", () => {
    const { state: after, words } = applyMarks(state, step);
    refuses("BadWords", () => applyMarksFromWords(after, words));
    for (let at = 0; at < words.length; at++) {
      // A millionth of a variance; the last bit of any other word. That of a variance need not move any price.
      const isVariance = at >= HEADER_WORDS + profile.underlyings + profile.expiries;
      const bent = words.with(at, (words[at] ?? 0n) ^ (isVariance ? 1n << 20n : 1n));
      assert.throws(() => applyMarksFromWords(state, bent), ProtocolError, `word ${at}`);
    }
    // What no root depends on must be zero: the variance of what is not priced, the mark of no perpetual, even while a table waits.
    const idle = { ...state, board: state.board.with(0, EMPTY_SLOT).with(-1, EMPTY_SLOT) };
    const jump = reportOf(0, { spot: 2n * reportOf(0).spot });
    const waiting = applyMarks(idle, { ...step, reports: [signedByQuorum(profile, jump)] });
    assert.equal(stateRoot(applyMarksFromWords(idle, waiting.words)), stateRoot(waiting.state));
    const perpetual = LAYOUT.underlying.fields.find(({ name }) => name === "perpetual")?.offset ?? assert.fail();
    const variance = HEADER_WORDS + profile.underlyings + profile.expiries;
    for (const [at, bit] of [
      [HEADER_WORDS, perpetual],
      [variance, 0],
      [words.length - 1, 0],
    ] as const) {
      const bent = waiting.words.with(at, (waiting.words[at] ?? 0n) ^ (1n << BigInt(bit)));
      refuses("BadWords", () => applyMarksFromWords(idle, bent));
    }
    // The mode follows from the rest: words that name the other one lie.
    const mode = LAYOUT.underlying.fields.find(({ name }) => name === "mode")?.offset ?? assert.fail();
    const other = words.with(HEADER_WORDS, (words[HEADER_WORDS] ?? 0n) ^ (1n << BigInt(mode)));
    refuses("BadWords", () => applyMarksFromWords(state, other));
  });
});

describe("oracle report", () => {
  it("is signed over everything it says and the domain", () => {
    const report = reportOf(0);
    const [only] = report.expiries;
    assert.ok(only);
    const expiry = (change: object) => ({ ...report, expiries: [{ ...only, ...change }] });
    const others = [
      { ...report, underlying: 1 },
      { ...report, timestamp: report.timestamp + 1n },
      { ...report, spot: report.spot + 1n },
      { ...report, impactMid: report.impactMid + 1n },
      { ...report, expiries: [] },
      expiry({ expiry: only.expiry + 1n }),
      expiry({ forward: only.forward + 1n }),
      expiry({ discount: only.discount + 1n }),
      ...SURFACE.fields.map(({ name }) => expiry({ svi: { ...SMILE, [name]: SMILE[name] + 1n } })),
    ];
    const messages = others.map((each) => reportMessage(profile, DOMAIN, each));
    const own = reportMessage(profile, DOMAIN, report);
    const all = [own, reportMessage(profile, DOMAIN + 1n, report), ...messages];
    assert.equal(new Set(all).size, others.length + 2);
    signedByQuorum(profile, report, profile.oracles).forEach((signed, oracle) => {
      assert.equal(signerOf(profile, DOMAIN, PARAMETERS.oracles, signed), oracle);
      assert.equal(signerOf(profile, DOMAIN, [], signed), -1);
      assert.equal(signerOf(profile, DOMAIN, [{ x: 0n, y: 0n }], signed), -1);
    });
  });

  it("is not signed unless it is well formed", () => {
    refuses("BadReport", () => signReport(profile, DOMAIN, reportOf(0, { spot: 0n }), ORACLE_SECRETS[0] as Uint8Array));
    refuses("BadReport", () => checkReport(profile, reportOf(-1)));
    for (const impactMid of [-1n, 1n << 53n])
      refuses("BadReport", () => checkReport(profile, reportOf(0, { impactMid })));
    const { expiries } = reportOf(0);
    const [only] = expiries;
    assert.ok(only);
    const later = { ...only, expiry: only.expiry + 1n };
    checkReport(PROFILE.devnet, reportOf(0, { expiries: [only, later] }));
    for (const twice of [
      [only, only],
      [later, only],
    ]) {
      refuses("BadReport", () => checkReport(PROFILE.devnet, reportOf(0, { expiries: twice })));
    }
  });

  it("has surfaces within their ranges", () => {
    for (const { name, bits, signed: isSigned } of SURFACE.fields) {
      const limit = 1n << BigInt(isSigned ? bits - 1 : bits);
      packSurface({ ...SMILE, [name]: limit - 1n });
      for (const value of [limit, isSigned ? -limit - 1n : -1n]) {
        refuses("BadSurface", () => packSurface({ ...SMILE, [name]: value }));
      }
    }
  });
});

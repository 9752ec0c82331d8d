/**
 * Templates of the trade and the board step whose constraints are deleted one by one, with lies that one constraint alone refuses.
 * @module
 */
import { STATUS_SHIFT } from "#protocol/board.ts";
import { toField } from "#protocol/field.ts";
import { USDC_NOTIONAL } from "#protocol/lane.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { SERIES_STATUS } from "#protocol/params.ts";
import type { CircuitInput } from "#prover/calculator.ts";
import { circuit } from "./circuit.ts";
import { plain, type Subject } from "./mutation-subjects.ts";

type Fields = Readonly<Record<string, bigint | readonly bigint[]>>;

const field = (input: Fields): CircuitInput =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      typeof value === "bigint" ? toField(value) : value.map(toField),
    ]),
  );
/** Honest inputs, the first of which lies change. */
const checked = (
  file: string,
  template: string,
  params: readonly number[],
  inputs: readonly [Fields, ...Fields[]],
  lies: readonly Fields[],
): Subject => ({
  ...plain(file, template, params, ...inputs.map(field)),
  lies: lies.map((lie) => field({ ...inputs[0], ...lie })),
});
const each = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);
const oneHot = (count: number, ...places: readonly number[]): bigint[] =>
  each(count).map((place) => (places.includes(place) ? 1n : 0n));

const STATUSES = ["listed", "live", "expired", "settled"] as const;
const LATE = 1n << 39n;
const status = (code: bigint): bigint => (code << STATUS_SHIFT) + LATE;
/** -1 of one status and 1 of others, which together make a code that there is. */
const negativeStatus = (at: number): Fields => {
  const isOther = at === 3 ? [1n, 0n, 1n, 0n] : oneHot(4, at + 1);
  const claimed = isOther.with(at, -1n);
  const code = claimed.reduce((sum, is, place) => sum + is * BigInt(SERIES_STATUS[STATUSES[place] ?? "empty"]), 0n);
  const [isListed = 0n, isLive = 0n, isExpired = 0n, isSettled = 0n] = claimed;
  return { isListed, isLive, isExpired, isSettled, isTrading: 0n, statusExpiry: status(code) };
};

const KEYS = each(5).flatMap((at) => [BigInt(at + 1), BigInt(10 * at + 17)]);
const signer = (isSigner: readonly bigint[]): CircuitInput => ({
  key: each(5).map((at) => KEYS.slice(2 * at, 2 * at + 2)),
  limits: [100n, 200n, 300n, 400n],
  isSigner: isSigner.map(toField),
});

/** What a session key with these limits signs; bits and until are the prover's. */
const limits = (bit: readonly bigint[], until: bigint, maxSize: bigint): Fields => ({
  may:
    bit.reduce((sum, value, at) => sum + (value << BigInt(at)), 0n) +
    until * pack(LAYOUT.session, { underlyings: 0n, validUntil: 1n, maxSize: 0n }) +
    maxSize * pack(LAYOUT.session, { underlyings: 0n, validUntil: 0n, maxSize: 1n }),
  bit,
  until,
});
const LIMITS = { ...limits(oneHot(8, 0, 1, 5), 1_000n, 50n), validUntil: 900n, lots: 7n, isIn: [1n, 2n] };

const PRICED = {
  isOrder: 1n,
  isBackstop: 0n,
  isForced: 0n,
  isReducing: 1n,
  units: 3n,
  price: 50n,
  cash: -100n,
  value: 1_100_000n,
  notional: 1_234_567n,
  bandPpm: 20_000n,
};
const SLOT = {
  isActive: 1n,
  isFillable: 1n,
  isContinuing: 1n,
  key: 9n,
  units: 2n,
  size: 10n,
  keyBefore: 9n,
  filledBefore: 3n,
};
const FEE = { isForced: 0n, feePerLot: 70n, lots: 10n, notional: 1n << 50n, penaltyPpm: 0n, fee: 699n };
const RECORD = {
  isForced: 1n,
  isLiquidating: 1n,
  before: [1_770_000_000n, 5n, 3n],
  table: 1_770_000_060n,
  taken: 77n,
  target: 6n,
  cap: 1_000n,
};
const STALE = { timestamp: 1_000n, marksTimestamp: 989n, maxAge: 10n, isStale: 1n };
const WRITTEN_OFF = { count: 1n, debt: 9n, target: 1n, funds: 7n, deficit: [10n, 20n, 30n], isInsured: 0n };

export const STEP_SUBJECTS: Readonly<Record<string, Subject>> = {
  SettledIndex: plain("trade/accrue.circom", "SettledIndex", [2], {
    side: { long: [5n, 7n], short: [11n, 13n], isSettled: [1n, 0n] },
    isShort: [1n, 0n],
  }),
  Accrue: plain("trade/accrue.circom", "Accrue", [2], {
    side: { long: [5n, 7n], short: [11n, 13n], isSettled: [1n, 0n] },
    isShort: [1n, 0n],
    size: [toField(-3n), 4n],
    magnitude: [3n, 4n],
    index: [2n, 3n],
  }),
  CheckStale: {
    // An output that equals an input would take its place in the constraints.
    build: () =>
      circuit("trade/board.circom", "Probe", [], {
        source: `template Probe() {
          signal input timestamp, marksTimestamp, maxAge, isStale;
          signal isOut <== CheckStale()(timestamp, marksTimestamp, maxAge, isStale);
          signal output out <== 2 * isOut;
        }`,
      }),
    inputs: [STALE, { ...STALE, marksTimestamp: 990n, isStale: 0n }],
    lies: [
      { ...STALE, isStale: 2n },
      { ...STALE, isStale: 0n },
      { ...STALE, marksTimestamp: 990n },
    ],
  },
  CheckStatus: checked(
    "trade/board.circom",
    "CheckStatus",
    [],
    [
      {
        statusExpiry: status(BigInt(SERIES_STATUS.live)),
        isListed: 0n,
        isLive: 1n,
        isExpired: 0n,
        isSettled: 0n,
        isTrading: 1n,
        end: LATE / 3n,
      },
    ],
    [
      ...each(STATUSES.length).map(negativeStatus),
      { isListed: 1n, isTrading: 0n, statusExpiry: status(3n) },
      { isTrading: 2n },
      { isLive: 0n, isExpired: 1n, statusExpiry: status(BigInt(SERIES_STATUS.expired)) },
      { end: LATE + 1n },
    ],
  ),
  CheckOpenInterest: checked(
    "trade/board.circom",
    "CheckOpenInterest",
    [],
    [{ before: 4n, after: 5n, cap: 6n, isCapped: 1n }],
    [{ isCapped: 2n, after: 8n }, { after: 7n }, { isCapped: 0n }],
  ),
  CheckWriteOff: checked(
    "trade/board.circom",
    "CheckWriteOff",
    [3],
    [WRITTEN_OFF, { ...WRITTEN_OFF, funds: 12n, isInsured: 1n }],
    [
      { count: 2n },
      { count: 1n, debt: 0n, isInsured: 1n },
      { isInsured: 2n, funds: 12n },
      { isInsured: 1n },
      { target: 3n },
      { deficit: [10n, (1n << 96n) - 1n, 30n] },
    ],
  ),
  CheckMagnitude: checked(
    "trade/margin.circom",
    "CheckMagnitude",
    [6],
    [
      { size: -5n, isShort: 1n },
      { size: 5n, isShort: 0n },
    ],
    [{ size: -1n, isShort: 2n }, { size: 0n }, { size: 5n }],
  ),
  CheckActualLoss: checked(
    "trade/margin.circom",
    "CheckActualLoss",
    [3],
    [{ loss: [5n, -7n, 11n], isChosen: [0n, 1n, 0n] }],
    [...each(3).map((at) => ({ isChosen: oneHot(3, (at + 1) % 3).with(at, -1n) })), { isChosen: [1n, 1n, 0n] }],
  ),
  CheckWorstLoss: checked(
    "trade/margin.circom",
    "CheckWorstLoss",
    [3, 8],
    [{ loss: [5n, -7n, 11n], isWorst: [0n, 0n, 1n] }],
    [
      ...each(3).map((at) => ({
        isWorst: oneHot(3, (at + 1) % 3).with(at, -1n),
        loss: oneHot(3, (at + 1) % 3).map((is) => (is ? 5n : -5n)),
      })),
      { isWorst: [1n, 1n, 0n], loss: [5n, 6n, -7n] },
      { isWorst: [1n, 0n, 0n], loss: [-5n, -6n, -7n] },
      ...each(3).map((at) => ({ isWorst: oneHot(3, (at + 1) % 3), loss: oneHot(3, at).map((is) => is + 1n) })),
    ],
  ),
  Risk: plain("trade/margin.circom", "Risk", [4, 2], {
    equity: 123_456n,
    loss: [5n, 7n],
    size: [3n, toField(-4n), toField(-5n), 6n],
    magnitude: [3n, 4n, 5n, 6n],
    charges: { contingency: [11n, 13n], epsilon: [17n, 19n], size: [23n, 29n], leverage: [31n, 37n] },
  }),
  LiquidationRecord: checked(
    "trade/liquidation.circom",
    "LiquidationRecord",
    [],
    [RECORD, { ...RECORD, before: [RECORD.table, 5n, 3n] }, { ...RECORD, isForced: 0n, isLiquidating: 0n }],
    [{ taken: 1_000n * USDC_NOTIONAL + 1n }],
  ),
  Signer: {
    ...plain("trade/session.circom", "Signer", [], ...each(5).map((at) => signer(oneHot(5, at)))),
    lies: [
      ...each(5).map((at) => signer(oneHot(5, (at + 1) % 5, (at + 2) % 5).with(at, -1n))),
      signer(oneHot(5)),
      signer(oneHot(5, 0, 1)),
    ],
  },
  CheckLimits: checked(
    "trade/session.circom",
    "CheckLimits",
    [2],
    [LIMITS],
    [
      ...each(8).map((at) => ({ ...limits(oneHot(8, 0, 1).with(at, 2n), 1_000n, 50n), isIn: [0n, 0n] })),
      { ...limits(oneHot(8, 0, 1), 1n << 40n, 50n), validUntil: 1n << 39n },
      { validUntil: 1_001n },
      { lots: 51n },
      ...each(2).map((at) => limits(oneHot(8, 1 - at), 1_000n, 50n)),
    ],
  ),
  CheckOrderSlotUpdate: checked(
    "trade/execute.circom",
    "CheckOrderSlotUpdate",
    [],
    [
      SLOT,
      { ...SLOT, isContinuing: 0n, keyBefore: 7n },
      { ...SLOT, isFillable: 0n, isContinuing: 0n, keyBefore: 7n, units: 0n, size: 0n },
      { ...SLOT, isActive: 0n, isFillable: 0n, isContinuing: 0n, key: 0n, units: 0n, size: 0n },
    ],
    [
      { isContinuing: 2n },
      { isFillable: 0n, units: 0n, size: 0n },
      { isContinuing: 0n, keyBefore: 7n, filledBefore: (1n << 40n) + 3n },
      { keyBefore: 8n },
      { isContinuing: 0n },
      { units: 8n },
    ],
  ),
  CheckPrice: checked(
    "trade/execute.circom",
    "CheckPrice",
    [],
    [
      PRICED,
      { ...PRICED, isOrder: 0n, isBackstop: 1n, isReducing: 0n },
      { ...PRICED, isOrder: 0n, isForced: 1n, isReducing: 0n },
    ],
    [
      { cash: -151n, isReducing: 0n },
      { isOrder: 0n, isBackstop: 1n, price: -1n, isReducing: 0n },
      { value: 0n },
      { isOrder: 0n, isForced: 1n, value: 0n },
      { isOrder: 0n, isBackstop: 1n, value: 0n },
    ],
  ),
  CheckFee: checked(
    "trade/execute.circom",
    "CheckFee",
    [],
    [FEE, { ...FEE, isForced: 1n, feePerLot: 0n, lots: 0n, penaltyPpm: 20_000n, fee: 1n }],
    [
      { fee: -1n },
      { fee: 1n << 64n, feePerLot: 1n << 24n, lots: 1n << 50n },
      { fee: 701n },
      { isForced: 1n, feePerLot: 0n, lots: 0n, notional: 1_000_000n, penaltyPpm: 20_000n, fee: 1n },
    ],
  ),
  Payoff: plain(
    "board/settle.circom",
    "Payoff",
    [],
    { isPut: 0n, strike: 5n, growth: 123_456_789_012n },
    { isPut: 1n, strike: 5n, growth: 9n },
    { isPut: 0n, strike: 1n << 53n, growth: 9n },
  ),
  CheckSettlement: {
    ...checked(
      "board/settle.circom",
      "CheckSettlement",
      [],
      [{ isSettle: 1n, isFallback: 1n, isDue: 1n, expiry: 1_000n, timestamp: 100_000n }],
      [{ isDue: 0n }, { isFallback: 0n, timestamp: 999n }],
    ),
    // A fallback of nothing is below the range anyway.
    spare: /^\[1 \+ isSettle\] \[isFallback\] = /,
  },
  Repayment: {
    ...plain(
      "board/socialise.circom",
      "Repayment",
      [],
      { insurance: 7n, deficit: 1_000n, open: 31n },
      { insurance: 9n, deficit: 5n, open: 31n },
      { insurance: 7n, deficit: 1_000n, open: 0n },
    ),
    // If nothing is open, anything but 1 for that leaves a divisor of 0, or a negative dividend, or nothing to divide.
    spare: /^\[open\] \[\S+\.inverse\] = /,
  },
};

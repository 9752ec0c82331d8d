import assert from "node:assert/strict";
import { addPoints } from "#protocol/babyjub.ts";
import { ProtocolError, type ProtocolErrorCode } from "#protocol/errors.ts";
import {
  DEVNET_LEVERAGE_PPM,
  DEVNET_RISK,
  decodeGenesis,
  encodeGenesis,
  type Genesis,
  genesisState,
} from "#protocol/genesis.ts";
import { FIELD } from "#protocol/params.ts";
import { parseSeries, perpetual, type Series } from "#protocol/series.ts";
import { publicKey } from "#protocol/signature.ts";
import { stateRoot } from "#protocol/state.ts";

const CALL = parseSeries("BTC-27FEB26-70000-C");
const PUT = parseSeries("BTC-27MAR26-60000-P");
const GENESIS: Genesis = {
  profile: "tiny",
  series: [CALL, PUT, perpetual(0)],
  cap: 12_345n,
  parameters: {
    ...DEVNET_RISK,
    leveragePpm: [DEVNET_LEVERAGE_PPM],
    oracles: [publicKey(new Uint8Array(32).fill(7))],
  },
};
const withRisk = (change: Partial<Genesis["parameters"]>): Genesis => ({
  ...GENESIS,
  parameters: { ...GENESIS.parameters, ...change },
});
const withSeries = (...series: readonly Series[]): Genesis => ({ ...GENESIS, series });
const refuses = (code: ProtocolErrorCode, act: () => unknown): void =>
  assert.throws(act, (error) => error instanceof ProtocolError && error.code === code);

describe("genesis", () => {
  it("is restored from the text that the constructor publishes", () => {
    const decoded = decodeGenesis(encodeGenesis(GENESIS));
    assert.deepEqual(decoded, GENESIS);
    assert.equal(stateRoot(genesisState(decoded, 5n)), stateRoot(genesisState(GENESIS, 5n)));
  });

  it("lists its series and nothing else", () => {
    const state = genesisState(GENESIS, 5n);
    assert.deepEqual(
      state.board.map(({ status }) => status),
      ["listed", "listed", "empty", "listed"],
    );
    assert.deepEqual(
      state.board.map(({ series, cap }) => [series?.kind ?? null, cap]),
      [
        ["call", 12_345n],
        ["put", 12_345n],
        [null, 0n],
        ["perpetual", 12_345n],
      ],
    );
    assert.equal(state.accounts.size, 0);
    assert.deepEqual(
      Object.values(state.globals),
      Object.values(state.globals).map(() => 0n),
    );
    assert.equal(state.domain, 5n);
  });

  it("has a root that tells every part of it", () => {
    const root = (genesis: Genesis): bigint => stateRoot(genesisState(genesis, 0n));
    const others = [
      withSeries(CALL),
      withSeries(PUT, CALL),
      withRisk({ contingencyPpm: 1n }),
      withRisk({ epsilonPpm: 2n }),
      withRisk({ priceBandPpm: 3n }),
      withRisk({ maxMarksAge: 4n }),
      withRisk({ expiryGuard: 5n }),
      withRisk({ deviationPpm: 6n }),
      withRisk({ candidateAge: 7n }),
      withRisk({ sizePpm: 8n }),
      withRisk({ penaltyPpm: 9n }),
      withRisk({ liquidationCap: 10n }),
      withRisk({ fundingCapPpm: 11n }),
      withRisk({ feeAccount: 12n }),
      withRisk({ leveragePpm: [13n] }),
      { ...GENESIS, cap: 14n },
      withRisk({ oracles: [publicKey(new Uint8Array(32).fill(8))] }),
    ];
    assert.equal(new Set([GENESIS, ...others].map(root)).size, others.length + 1);
    assert.notEqual(root(GENESIS), root({ ...GENESIS, profile: "devnet" }));
    // Mainnet has two underlyings.
    const mainnet = { ...withRisk({ leveragePpm: [1n, 2n] }), profile: "mainnet" } as const;
    assert.notEqual(root(mainnet), root({ ...mainnet, parameters: { ...mainnet.parameters, leveragePpm: [2n, 1n] } }));
    // The domain binds the words, not the state: a root is the same on every chain.
    assert.equal(root(GENESIS), stateRoot(genesisState(GENESIS, 9n)));
  });

  it("is refused with more series than slots, one series twice, or one of another underlying", () => {
    const five = [0n, 1n, 2n, 3n, 4n].map((more) => ({ ...CALL, strike: CALL.strike + more * 100_000_000n }));
    const another = { ...CALL, strike: CALL.strike * 2n };
    const full = [CALL, PUT, another, { ...PUT, strike: PUT.strike * 2n }];
    const twice = [perpetual(0), perpetual(0)];
    for (const series of [five, full, twice, [CALL, { ...CALL }], [{ ...CALL, underlying: 1 }], [perpetual(1)]]) {
      refuses("OutOfRange", () => genesisState(withSeries(...series), 0n));
    }
  });

  it("is refused with a quantity beyond its width", () => {
    for (const change of [
      { contingencyPpm: 1n << 20n },
      { epsilonPpm: 1n << 20n },
      { epsilonPpm: 0n },
      { priceBandPpm: -1n },
      { maxMarksAge: 1n << 32n },
      { expiryGuard: 1n << 32n },
      { deviationPpm: 1n << 20n },
      { candidateAge: 1n << 32n },
      { sizePpm: 1n << 20n },
      { penaltyPpm: 1n << 20n },
      { liquidationCap: 1n << 32n },
      { fundingCapPpm: -1n },
      { feeAccount: 1n << 24n },
      { leveragePpm: [1n << 20n] },
      { leveragePpm: [] },
      { leveragePpm: [1n, 2n] },
    ]) {
      refuses("OutOfRange", () => genesisState(withRisk(change), 0n));
    }
    refuses("OutOfRange", () => genesisState({ ...GENESIS, cap: 1n << 40n }, 0n));
    for (const change of [{ strike: 0n }, { strike: 1n << 54n }, { expiry: 1n << 40n }]) {
      refuses("OutOfRange", () => genesisState(withSeries({ ...CALL, ...change }), 0n));
    }
  });

  it("is refused with an oracle twice, or one whose key is not of the prime-order subgroup (attacks 28, 49)", () => {
    const key = publicKey(new Uint8Array(32).fill(7));
    const mixed = addPoints(key, { x: 0n, y: FIELD - 1n });
    for (const other of [key, { x: 0n, y: 1n }, { x: 0n, y: FIELD - 1n }, mixed, { x: 1n, y: 1n }])
      refuses("BadKey", () => genesisState(withRisk({ oracles: [key, other] }), 0n));
  });

  it("is not published with a series that its name does not describe", () => {
    for (const series of [
      { ...CALL, strike: CALL.strike + 1n },
      { ...CALL, expiry: CALL.expiry + 1n },
      { ...CALL, kind: "perpetual" as const },
    ]) {
      refuses("UnknownSeries", () => encodeGenesis(withSeries(series)));
    }
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { boardHash } from "#protocol/board.ts";
import { toField } from "#protocol/field.ts";
import { hash } from "#protocol/hash.ts";
import { marksHash } from "#protocol/marks.ts";
import { FIELD, TAG } from "#protocol/params.ts";
import { globalsHash, gridHash, oracleHash, paramsHash, riskValues, type State, stateRoot } from "#protocol/state.ts";
import { circuit } from "#test/support/circuit.ts";
import { worldState } from "#test/support/world.ts";

const FILE = "state/globals.circom";
const signed = fc.bigInt({ min: -(1n << 95n), max: (1n << 95n) - 1n });
const unsigned = fc.bigInt({ min: 0n, max: (1n << 96n) - 1n });
const BASE = worldState();
const anyState: fc.Arbitrary<State> = fc
  .record({
    number: unsigned,
    timestamp: unsigned,
    feePot: unsigned,
    insurance: unsigned,
    clearing: signed,
    deficit: unsigned,
    totalCash: unsigned,
    requestCursor: unsigned,
  })
  .map((globals) => ({ ...BASE, globals }));
const globalsInput = ({ profile, parameters, globals }: State) => ({
  ...globals,
  clearing: toField(globals.clearing),
  paramsHash: paramsHash(profile, parameters),
});

describe("GlobalsHash", () => {
  it("equals the specification, and leaves no signal free", async () => {
    const globals = await circuit(FILE, "GlobalsHash", []);
    fc.assert(
      fc.property(anyState, (state) =>
        assert.equal(globals.read(globalsInput(state), ["out"]).out, globalsHash(state)),
      ),
      { numRuns: 50 },
    );
    assert.deepEqual(globals.movable(globalsInput(BASE)), []);
  });
});

describe("ParamsHash", () => {
  it("equals the specification, and leaves no signal free", async () => {
    const params = await circuit(FILE, "ParamsHash", []);
    const input = {
      riskHash: hash(TAG.risk, riskValues(BASE.parameters)),
      oracleHash: oracleHash(BASE.profile, BASE.parameters),
      gridHash: gridHash(BASE.profile),
    };
    assert.equal(params.read(input, ["out"]).out, paramsHash(BASE.profile, BASE.parameters));
    assert.deepEqual(params.movable(input), []);
  });
});

describe("StateRoot", () => {
  it("equals the specification, and leaves no signal free", async () => {
    const root = await circuit(FILE, "StateRoot", []);
    const input = (state: State) => ({
      accountsRoot: state.accountTree.root,
      boardHash: boardHash(state.board),
      marksHash: marksHash(state.profile, state.marks),
      globalsHash: globalsHash(state),
    });
    fc.assert(
      fc.property(anyState, (state) => assert.equal(root.read(input(state), ["out"]).out, stateRoot(state))),
      { numRuns: 30 },
    );
    assert.deepEqual(root.movable(input(BASE)), []);
    assert.notEqual(root.read({ ...input(BASE), accountsRoot: FIELD - 1n }, ["out"]).out, stateRoot(BASE));
  });
});

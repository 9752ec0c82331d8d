/**
 * What a deployment refuses, and what it publishes.
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { toUtf8Bytes, ZeroAddress } from "ethers";
import { BOUND_KINDS } from "#protocol/binding.ts";
import { decodeGenesis, encodeGenesis, genesisState } from "#protocol/genesis.ts";
import { FIELD, STEP_KIND } from "#protocol/params.ts";
import { stateRoot } from "#protocol/state.ts";
import { verifyingKeyHash, verifyingKeysArgument } from "#prover/evm.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";
import { DeployError, type DeployErrorCode, type DeployOptions, deploy, TIMESTAMP_WINDOW } from "#scripts/deploy.ts";
import { artifact } from "#scripts/hardhat.ts";
import { freshKeys, type Keys, keys } from "./fixtures/keys.ts";
import { type Connection, connect, genesisOf, revertOf, world } from "./fixtures/world.ts";

describe("deploy", () => {
  let chain: Connection;
  let made: Keys;
  before(async () => {
    chain = await connect();
    made = await keys();
  });
  const options = async (change: Partial<DeployOptions> = {}, on = chain): Promise<DeployOptions> => {
    const [signer] = await on.ethers.getSigners();
    assert(signer);
    return { signer, genesis: genesisOf("tiny"), keys: made.verifying, isDevKey: true, ...change };
  };
  const refused = async (change: Partial<DeployOptions>, code: DeployErrorCode, on = chain) =>
    assert.rejects(deploy(await options(change, on)), (error) => error instanceof DeployError && error.code === code);

  it("publishes the genesis from which anyone computes the root", async () => {
    const deployment = await deploy(await options());
    const rollup = await chain.ethers.getContractAt("Rollup", deployment.rollup);
    const [log] = await rollup.queryFilter(rollup.getEvent("Genesis"), deployment.block);
    assert(log);
    const { root, domain, profile, token, operator, data } = rollup.interface.parseLog(log)?.args.toObject() ?? {};
    const genesis = decodeGenesis(Buffer.from(data.slice(2), "hex").toString());
    assert.deepEqual(genesis, genesisOf("tiny"));
    assert.equal(root, stateRoot(genesisState(genesis, domain)));
    assert.deepEqual(
      [root, domain, token, operator],
      [deployment.root, deployment.domain, deployment.token, deployment.operator],
    );
    assert.equal(profile, 1n);
    const read = await Promise.all(
      ["root", "profile", "token", "operator", "isDevKey"].map((name) => rollup.getFunction(name)()),
    );
    assert.deepEqual(read, [root, profile, token, operator, true]);
    for (const kind of BOUND_KINDS) {
      const hash = verifyingKeyHash(made.verifying[kind]);
      assert.equal(deployment.verifyingKeyHashes[kind], hash);
      assert.equal(await rollup.getFunction("verifyingKeyHash")(STEP_KIND[kind]), hash);
    }
  });

  it("refuses keys of the dev path on any chain that is not local", async () => {
    await refused({}, "DevKeyOnPublicChain", await connect({ chainId: 11155111 }));
    await refused({}, "DevKeyOnPublicChain", await connect({ chainId: 1 }));
    await deploy(await options({}, await connect({ chainId: 1337 })));
  });

  it("mints no token of its own on a chain that is not local", async () =>
    refused({ isDevKey: false }, "TokenMissing", await connect({ chainId: 10 })));

  it("refuses to let a series trade until a step could land after its expiry", async () => {
    const deployment = await deploy(await options());
    const rollup = await chain.ethers.getContractAt("Rollup", deployment.rollup);
    assert.equal(await rollup.getFunction("TIMESTAMP_WINDOW")(), TIMESTAMP_WINDOW);
    const { parameters, ...rest } = genesisOf("tiny");
    const genesis = { ...rest, parameters: { ...parameters, expiryGuard: TIMESTAMP_WINDOW - 1n } };
    await refused({ genesis }, "ExpiryGuardTooShort");
  });

  it("refuses keys of different set-ups, and keys for other public inputs", async () => {
    const { trade, board } = (await freshKeys()).verifying;
    await refused({ keys: { ...made.verifying, trade } }, "KeysNotShared");
    await refused({ keys: { ...made.verifying, board } }, "KeysNotShared");
    const narrow = { ...made.verifying.trade, ic: made.verifying.trade.ic.slice(1) };
    await refused({ keys: { ...made.verifying, trade: narrow } }, "WrongInputCount");
  });

  it("refuses a key without a contribution (attack 14)", async () => {
    for (const kind of BOUND_KINDS) {
      const key = made.verifying[kind];
      const keys = { ...made.verifying, [kind]: { ...key, delta: key.gamma } };
      await refused({ keys }, "UncontributedKey");
    }
  });

  describe("constructor", () => {
    const config = () => ({
      token: "0x0000000000000000000000000000000000000001",
      operator: "0x0000000000000000000000000000000000000002",
      profile: 1,
      genesisRoot: 5n,
      genesis: toUtf8Bytes(encodeGenesis(genesisOf("tiny"))),
      keys: verifyingKeysArgument([made.verifying.marks, made.verifying.trade, made.verifying.board]),
      isDevKey: true,
    });
    const create = (change: object, on = chain) => on.ethers.deployContract("Rollup", [{ ...config(), ...change }]);
    const refuses = async (change: object, name: string, args: readonly unknown[], on = chain) =>
      assert.deepEqual(await revertOf(create(change, on)), { name, args });

    it("accepts a whole configuration", async () => {
      await create({});
    });
    it("refuses an unknown profile", async () => refuses({ profile: 9 }, "UnknownProfile", [9n]));
    it("refuses a missing token or operator", async () => {
      await refuses({ token: ZeroAddress }, "ZeroAddress", []);
      await refuses({ operator: ZeroAddress }, "ZeroAddress", []);
    });
    it("refuses a root outside the field", async () => refuses({ genesisRoot: FIELD }, "NotInField", [FIELD]));
    it("refuses dev keys on a public chain even without the script", async () =>
      refuses({}, "DevKeyOnPublicChain", [10n], await connect({ chainId: 10 })));
    it("refuses a key without a contribution even without the script", async () => {
      const { marks, trade, board } = made.verifying;
      const second = verifyingKeysArgument([marks, { ...trade, delta: trade.gamma }, board]);
      await refuses({ keys: second }, "UncontributedKey", [2n]);
      const third = verifyingKeysArgument([marks, trade, { ...board, delta: board.gamma }]);
      await refuses({ keys: third }, "UncontributedKey", [3n]);
    });
  });

  it("fits the chain's limits with room", async () => {
    const { deployedBytecode } = await artifact("Rollup");
    assert((deployedBytecode.length - 2) / 2 < 20_000);
  });
});

describe("errors of the interface", () => {
  it("are each provoked by a test", () => {
    const declared = readFileSync("contracts/interfaces/IRollup.sol", "utf8").matchAll(/^ {4}error (\w+)\(/gm);
    const tests = readdirSync("test/contracts").filter((name) => name.endsWith(".test.ts"));
    const text = tests.map((name) => readFileSync(`test/contracts/${name}`, "utf8")).join();
    const names = [...declared].map(([, name]) => name);
    assert(names.length > 30);
    assert.deepEqual(
      names.filter((name) => !text.includes(`"${name}"`)),
      [],
    );
  });
});

describe("the generated interface", () => {
  it("decodes what the contract emits", async () => {
    const w = await world();
    await w.register(w.alice, 1);
    const logs = await w.connection.ethers.provider.getLogs({ address: w.deployment.rollup, fromBlock: 0 });
    assert.deepEqual(
      logs.map((log) => ROLLUP.parseLog(log)?.name),
      ["Genesis", "AccountRegistered", "RequestQueued"],
    );
  });
});

/**
 * A user's moves, and reading a deployment back, against the contract on a chain of its own behind a JSON-RPC address.
 */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeGenesis } from "#protocol/genesis.ts";
import { requestWords } from "#protocol/request.ts";
import { publicKey, registrationPoint } from "#protocol/signature.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { findRollup, readDeployment, readKeyHash, readRoot, readSteps } from "#scripts/l1-history.ts";
import { l1User } from "#scripts/l1-user.ts";
import { createWallet, type Wallet } from "#scripts/wallet.ts";
import { genesisOf, USDC, type World, world } from "../contracts/fixtures/world.ts";

describe("a user on L1", function () {
  this.timeout(120_000);
  let w: World;
  let server: Server;
  let url: string;
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    w.connection.provider.request({ method, params: [...params] });
  const folder = mkdtempSync(join(tmpdir(), "provega-l1-"));
  let wallets = 0;
  const walletWith = async (ether: bigint): Promise<Wallet> => {
    const wallet = createWallet(join(folder, `${wallets++}.json`));
    await request("hardhat_setBalance", [wallet.owner, `0x${(ether * 10n ** 18n).toString(16)}`]);
    return wallet;
  };
  const coded = (code: string) => ({ code });

  before(async () => {
    w = await world();
    server = createServer(async (incoming, answer) => {
      let body = "";
      for await (const chunk of incoming) body += chunk;
      const { id, method, params } = JSON.parse(body);
      const outcome = await request(method, params ?? []).then(
        (result) => ({ result }),
        (error: { code?: number; message: string; data?: unknown }) => ({
          error: { code: error.code ?? -32_603, message: error.message, data: error.data },
        }),
      );
      answer.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...outcome }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  it("mints, registers with a first deposit, deposits more", async () => {
    const wallet = await walletWith(1n);
    const user = l1User(url, w.deployment.rollup, wallet);
    await user.mint(10n * USDC);
    const { account } = await user.register(3n * USDC);
    assert.equal(account, 0);
    await user.deposit(account, 7n * USDC);
    await assert.rejects(user.deposit(account, 1n), {
      code: "InsufficientBalance",
      message: /holds 0.00 USDC on L1; the deposit is 0.00 USDC/,
    });
    assert.equal(await w.rollup.getFunction("requestCount").staticCall(), 2n);
  });

  it("mints for an owner who has no gas", async () => {
    const user = l1User(url, w.deployment.rollup, await walletWith(0n));
    await user.mint(2n * USDC);
    await user.register(2n * USDC);
  });

  it("stops, asks for a forced close and sets a session key, each its own account's", async () => {
    const user = l1User(url, w.deployment.rollup, await walletWith(1n));
    const { account } = await user.register(0n);
    const before: bigint = await w.rollup.getFunction("requestCount").staticCall();
    await user.stop(account);
    await user.close(account);
    const key = publicKey(new Uint8Array(32).fill(7));
    const limits = { underlyings: 1n, validUntil: 1_800_000_000n, maxSize: 9n };
    await user.setKey(account, 2, key, limits);
    const words = requestWords({ kind: "key", account, place: 2, b: registrationPoint(key), limits });
    const [log] = await w.rollup.queryFilter(w.rollup.filters["RequestQueued"]?.(before + 2n) ?? "", 0);
    const parsed = log && w.rollup.interface.parseLog(log);
    assert(parsed);
    assert.deepEqual([...parsed.args.getValue("words")], words);
    await assert.rejects(user.stop(0), coded("NotAccountOwner"));
    await assert.rejects(user.setKey(account, 5, key, limits), coded("UnknownKeyPlace"));
    await assert.rejects(user.setKey(account, 0, key, limits), coded("MasterKeyWithLimits"));
  });

  it("names what the contract, the chain and the purse refuse", async () => {
    const wallet = await walletWith(1n);
    const user = l1User(url, w.deployment.rollup, wallet);
    await assert.rejects(user.claim(), coded("NothingToClaim"));
    await user.mint(5n);
    await assert.rejects(user.deposit(999, 5n), coded("UnknownAccount"));
    await assert.rejects(user.deposit(0, 0n), coded("ZeroAmount"));
    await assert.rejects(l1User(url, w.deployment.rollup, await walletWith(0n)).register(0n), coded("InsufficientGas"));
    await assert.rejects(l1User("http://127.0.0.1:1", w.deployment.rollup, wallet).claim(), coded("ChainDown"));
  });

  it("reads the deployment back from L1 alone", async () => {
    const provider = await connect(url);
    try {
      const deployment = await readDeployment(provider, await findRollup(provider, 0));
      assert.deepEqual(deployment, {
        rollup: w.deployment.rollup,
        block: w.deployment.block,
        genesis: encodeGenesis(genesisOf("tiny")),
        domain: w.deployment.domain,
        root: w.deployment.root,
      });
      assert.deepEqual(await readSteps(provider, deployment), []);
      assert.equal(await readRoot(provider, deployment.rollup), w.deployment.root);
      assert.equal(await readKeyHash(provider, deployment.rollup, "trade"), w.deployment.verifyingKeyHashes.trade);
      await assert.rejects(readDeployment(provider, `0x${"12".repeat(20)}`), coded("WrongDeployment"));
    } finally {
      provider.destroy();
    }
  });
});

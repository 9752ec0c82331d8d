/**
 * The node as a whole: its configuration, its folder, its port, its disk.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pino } from "pino";
import { readConfig } from "#rollup-node/config.ts";
import { EthersL1 } from "#rollup-node/l1/l1.ts";
import { providerOf } from "#rollup-node/l1/provider.ts";
import { createLogger } from "#rollup-node/log.ts";
import { startNode } from "#rollup-node/main.ts";
import { runNode } from "#rollup-node/node.ts";
import { Sequencer } from "#rollup-node/sequencer.ts";
import { deploymentFor, MemoryL1, MemoryProver, openVenue, removeFolder, temporaryFolder } from "./support/venue.ts";

const SECRET = `0x${"ab".repeat(32)}`;
const ENVIRONMENT = {
  PROVEGA_L1: "http://127.0.0.1:9",
  PROVEGA_ROLLUP: `0x${"22".repeat(20)}`,
  PROVEGA_OPERATOR_KEY: SECRET,
};

describe("node", function () {
  this.timeout(60_000);
  let folder = "";
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => removeFolder(folder));

  describe("configuration", () => {
    it("comes from the environment and cannot be changed", () => {
      const config = readConfig({ ...ENVIRONMENT, PROVEGA_PORT: "0", PROVEGA_TAKER_FEE: "20" });
      assert.deepEqual([config.port, config.takerFee, config.makerFee, config.confirmations], [0, 20n, 0n, 1]);
      assert.ok(Object.isFrozen(config));
    });
    const wrong: readonly (readonly [string, Record<string, string>])[] = [
      ["PROVEGA_L1", { PROVEGA_L1: "nowhere" }],
      ["PROVEGA_ROLLUP", { PROVEGA_ROLLUP: "0x12" }],
      ["PROVEGA_OPERATOR_KEY", { PROVEGA_OPERATOR_KEY: SECRET.slice(0, 60) }],
      ["PROVEGA_PORT", { PROVEGA_PORT: "70000" }],
      ["PROVEGA_TAKER_FEE", { PROVEGA_TAKER_FEE: "-1" }],
      ["PROVEGA_LOG", { PROVEGA_LOG: "loud" }],
    ];
    for (const [name, change] of wrong) {
      it(`BadConfig: ${name}, without its value`, () => {
        const message = new RegExp(name);
        assert.throws(
          () => readConfig({ ...ENVIRONMENT, ...change }),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, "BadConfig");
            assert.match(error.message, message);
            return !error.message.includes("abab");
          },
        );
      });
    }
  });

  it("ChainDown: nothing was journaled yet and L1 does not answer", async () => {
    const config = readConfig({ ...ENVIRONMENT, PROVEGA_NODE_DATA: folder, PROVEGA_LOG: "silent" });
    await assert.rejects(() => startNode(config), { code: "ChainDown" });
    // It left nothing behind that would stop the next attempt.
    await assert.rejects(() => startNode(config), { code: "ChainDown" });
  });

  it("AlreadyRunning: the folder is another node's", async () => {
    const venue = await openVenue({ folder });
    const config = readConfig({ ...ENVIRONMENT, PROVEGA_NODE_DATA: folder, PROVEGA_LOG: "silent" });
    await assert.rejects(() => startNode(config), {
      code: "AlreadyRunning",
      message: new RegExp(`process ${process.pid}`),
    });
    await venue.close();
  });

  it("WrongDeployment: the folder is of another contract", async () => {
    const sequencer = await Sequencer.open(folder, async () => deploymentFor());
    await sequencer.close();
    const config = readConfig({
      ...ENVIRONMENT,
      PROVEGA_ROLLUP: `0x${"99".repeat(20)}`,
      PROVEGA_NODE_DATA: folder,
      PROVEGA_LOG: "silent",
    });
    await assert.rejects(() => startNode(config), { code: "WrongDeployment" });
  });

  it("PortInUse: and lets go of everything else", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const { port } = server.address() as { port: number };
    const parts = async () => ({
      sequencer: await Sequencer.open(folder, async () => deploymentFor()),
      l1: new MemoryL1(),
      prover: new MemoryProver(),
      logger: pino({ level: "silent" }),
      host: "127.0.0.1",
      port,
      confirmations: 1,
      sealDelayMs: 10,
      pollMs: 10,
      oracleGraceMs: 0,
    });
    const given = await parts();
    await assert.rejects(() => runNode(given), { code: "PortInUse", message: new RegExp(`port ${port}`) });
    server.close();
    const node = await runNode(await parts());
    assert.equal(node.port, port);
    await node.close();
  });

  it("starts, answers and accepts while L1 is down, if it has a journal", async () => {
    const first = await openVenue({ folder });
    await first.fund(1);
    await first.publish();
    await first.settled();
    await first.close();
    first.l1.isDown = true;
    const again = await openVenue({ folder, l1: first.l1 });
    const { order } = await again.submit(again.order(0, 1n));
    assert.equal(order.status, "open");
    await again.close();
  });

  it("StoreFailed: on a full disk nothing is promised any more, not even what was promised before", async () => {
    const script = fileURLToPath(new URL("./support/full-disk.ts", import.meta.url));
    const { stdout } = await promisify(execFile)("bash", [
      "-c",
      `ulimit -f 128; exec "${process.execPath}" "${script}" "${folder}"`,
    ]);
    const { acknowledged, ...outcome } = JSON.parse(stdout) as { acknowledged: number };
    assert.ok(acknowledged > 5);
    assert.deepEqual(outcome, {
      code: "StoreFailed",
      sameAgain: "StoreFailed",
      earlier: "StoreFailed",
      health: 503,
      read: "answered",
    });
    const sequencer = await Sequencer.open(folder, () => assert.fail("the journal is not empty"));
    assert.ok(sequencer.history.ofAccount(0).length >= acknowledged);
    await sequencer.close();
  });

  it("writes neither keys nor access tokens to its log or its messages", async () => {
    const lines: string[] = [];
    const logger = createLogger("debug", { write: (line: string) => void lines.push(line) });
    const config = readConfig(ENVIRONMENT);
    logger.info(config, "started");
    logger.info({ config }, "started");
    const server = createHttpServer((_, response) => response.writeHead(429).end("slow down")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const l1 = new EthersL1({
      provider: providerOf(`http://127.0.0.1:${port}/v2/TOKEN`, 31_337),
      rollup: config.rollup,
      operatorKey: SECRET,
      confirmations: 1,
      deploymentBlock: 0,
    });
    await assert.rejects(
      () => l1.position(1),
      (error: Error) => {
        logger.error({ err: error }, error.message);
        return true;
      },
    );
    server.closeAllConnections();
    server.close();
    assert.equal(lines.length, 3);
    for (const secret of [SECRET.slice(2), "TOKEN"]) assert.equal(lines.join("").includes(secret), false, secret);
  });
});

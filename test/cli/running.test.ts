import assert from "node:assert/strict";
import type { Config } from "#rollup-node/config.ts";
import { cli } from "./support.ts";

const ENV = {
  PROVEGA_L1: "http://127.0.0.1:1",
  PROVEGA_ROLLUP: `0x${"12".repeat(20)}`,
  PROVEGA_OPERATOR_KEY: `0x${"34".repeat(32)}`,
};

describe("provega start", () => {
  it("starts a node from environment and options, and closes it when told to stop", async () => {
    const seen: (Config | string)[] = [];
    const startNode = async (config: Config) => {
      seen.push(config);
      return { url: "http://127.0.0.1:77", port: 77, close: async () => void seen.push("closed") };
    };
    const untilStopped = async () => void seen.push("stopped");
    const { code, stdout } = await cli(
      ["start", "--port", "77", "--l1", "http://127.0.0.1:2", "--json"],
      {},
      { env: ENV, startNode, untilStopped },
    );
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { url: "http://127.0.0.1:77" });
    const [config, ...rest] = seen;
    assert.ok(
      typeof config === "object" &&
        config.port === 77 &&
        config.l1Url === "http://127.0.0.1:2" &&
        config.rollup === ENV.PROVEGA_ROLLUP,
    );
    assert.deepEqual(rest, ["stopped", "closed"]);
  });

  it("refuses a configuration that is not complete, without quoting keys", async () => {
    const { code, stderr } = await cli(
      ["start"],
      {},
      { env: { ...ENV, PROVEGA_ROLLUP: "here", PROVEGA_OPERATOR_KEY: "0xsecret" } },
    );
    assert.equal(code, 1);
    assert.match(stderr, /BadConfig: .*PROVEGA_ROLLUP: is not an address.*PROVEGA_OPERATOR_KEY: is not a private key/);
    assert.ok(!stderr.includes("0xsecret"));
  });
});

describe("provega bench", () => {
  it("runs a program of scripts/bench and fails with it", async () => {
    const runs: unknown[] = [];
    const runScript = (status: number) => async (path: string, args: readonly string[]) => {
      runs.push([path.split("/").slice(-3).join("/"), args]);
      return status;
    };
    assert.equal((await cli(["bench", "circuits", "--json"], {}, { runScript: runScript(0) })).code, 0);
    assert.deepEqual(runs, [["scripts/bench/circuits.ts", ["--json"]]]);
    const missed = await cli(["bench", "circuits"], {}, { runScript: runScript(1) });
    assert.equal(missed.code, 1);
    assert.match(missed.stderr, /TargetMissed/);
    const unknown = await cli(["bench", "report"]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /Allowed choices are .*circuits/);
  });
});

describe("provega setup", () => {
  it("keeps the options of a ceremony together", async () => {
    const { code, stderr } = await cli(["setup", "--allow-unlisted"]);
    assert.equal(code, 2);
    assert.match(stderr, /go with --ptau FILE/);
    assert.equal((await cli(["setup", "--profile", "huge"])).code, 2);
  });
});

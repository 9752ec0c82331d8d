import assert from "node:assert/strict";
import { type JsonRpcApiProvider, toBeHex } from "ethers";
import { NodeError } from "#rollup-node/errors.ts";
import { cli, STATUS } from "./support.ts";

const VERBS = [
  "account",
  "backstop",
  "bench",
  "board",
  "book",
  "cancel",
  "close",
  "collect",
  "contribute",
  "deposit",
  "keep-alive",
  "key",
  "kill",
  "marks",
  "oracle",
  "order",
  "price",
  "prove",
  "quote",
  "rebuild",
  "register",
  "replay",
  "resume",
  "rfq",
  "session",
  "setup",
  "simulate",
  "spread",
  "start",
  "status",
  "stop",
  "verify",
  "withdraw",
];

describe("provega", () => {
  it("lists its verbs", async () => {
    const { code, stdout } = await cli(["--help"]);
    assert.equal(code, 0);
    for (const verb of VERBS) assert.match(stdout, new RegExp(`^  ${verb}\\b`, "m"));
  });

  for (const verb of VERBS) {
    it(`explains ${verb} with an example`, async () => {
      const parts: Readonly<Record<string, string>> = {
        board: "list",
        key: "new",
        marks: "plot",
        oracle: "run",
        rfq: "ask",
        session: "add",
      };
      const part = parts[verb];
      const args = part ? [verb, part, "--help"] : [verb, "--help"];
      const { code, stdout } = await cli(args);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`Example:\n {2}\\$ .*provega ${verb}`));
      assert.match(stdout, /--json/);
    });
  }

  it("answers wrong usage with 2 and says what is right", async () => {
    for (const args of [["flibber"], ["order", "buy"], ["book", "--depht", "3"], ["order", "hold", "X", "1", "1"]]) {
      const { code, stderr, stdout } = await cli(args);
      assert.equal(code, 2, args.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, /^error: .*\n\(--help shows what is right\)/s);
    }
    const { code, stderr } = await cli(["book", "X", "--depth", "many"]);
    assert.equal(code, 2);
    assert.match(stderr, /Usage: --depth is "many"; it is a whole number/);
  });

  it("answers a refusal with 1, its code and what would help", async () => {
    const down = { provega_status: new NodeError("NodeUnreachable", "no node answers at http://fake") };
    const human = await cli(["status"], down);
    assert.equal(human.code, 1);
    assert.equal(human.stdout, "");
    assert.match(human.stderr, /^provega: NodeUnreachable: no node answers at http:\/\/fake\n {2}start one with/);
    const machine = await cli(["status", "--json"], down);
    assert.equal(machine.code, 1);
    assert.equal(JSON.parse(machine.stderr).error.code, "NodeUnreachable");
  });

  it("shows status to people and to machines", async () => {
    const human = await cli(["status"], { provega_status: STATUS });
    assert.equal(human.code, 0);
    assert.match(human.stdout, /key of trade +0x2222/);
    const machine = await cli(["status", "--json"], { provega_status: STATUS });
    assert.deepEqual(JSON.parse(machine.stdout), STATUS);
    const l1 = (root: bigint) =>
      ({ call: async () => toBeHex(root, 32), destroy() {} }) as unknown as JsonRpcApiProvider;
    const same = await cli(["status", "--check"], { provega_status: STATUS }, { connectL1: async () => l1(2n) });
    assert.match(same.stdout, /root on L1 +the same/);
    const other = await cli(["status", "--check"], { provega_status: STATUS }, { connectL1: async () => l1(9n) });
    assert.equal(other.code, 1);
    assert.match(other.stderr, /VerificationFailed: L1 holds root 9, the node says 2/);
  });

  it("asks the node that the options or the environment name", async () => {
    const asked: string[] = [];
    const connect = (url: string): never => {
      asked.push(url);
      throw new NodeError("NodeUnreachable", url);
    };
    await cli(["status", "--node", "http://a"], {}, { connect });
    await cli(["status"], {}, { connect, env: { PROVEGA_NODE: "http://b" } });
    assert.deepEqual(asked, ["http://a", "http://b"]);
  });
});

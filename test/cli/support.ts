/**
 * A context of fakes: the node's answers are given, what the command prints is kept.
 * @module
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#cli/context.ts";
import { run } from "#cli/program.ts";
import { type Client, submitParams, wireReport, wireSum } from "#rollup-node/client.ts";
import type { Method, Methods, StatusView } from "#rollup-node/wire.ts";

type Call = { readonly method: Method; readonly params: unknown };
export type Outcome = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly Call[];
};
/** Answers by method; a function sees the parameters, an Error is thrown. */
export type Answers = { readonly [M in Method]?: Methods[M][1] | Error | ((params: Methods[M][0]) => Methods[M][1]) };

export const STATUS: StatusView = {
  version: "0.1.0",
  profile: "devnet",
  health: "ok",
  reason: null,
  domain: "12345",
  operator: "0x00000000000000000000000000000000000000aa",
  chain: { id: 31337, block: 17, timestamp: "1770179100", confirmations: 1 },
  addresses: {
    rollup: "0x0000000000000000000000000000000000000001",
    token: "0x0000000000000000000000000000000000000002",
  },
  verifyingKeys: { marks: `0x${"11".repeat(32)}`, trade: `0x${"22".repeat(32)}` },
  heights: { journal: 90, sealed: 9, proven: 8, posted: 7, final: 7 },
  roots: { sealed: "4", proven: "3", posted: "2", final: "2" },
  requests: { seen: 8, sealed: 8 },
  pending: 3,
  quarantined: 0,
  accounts: 8,
  trades: 62,
  pots: { fees: "0", insurance: "0", clearing: "0", deficit: "0", totalCash: "0" },
  settlements: [],
  marks: [{ underlying: "BTC", timestamp: "1770179043", age: "57", mode: "open", reason: null }],
  oracles: {
    needed: 3,
    set: [1, 2, 3, 4].map((at) => ({ key: [String(at), "7"] as const, heard: [at < 4 ? "1770179043" : null] })),
    waiting: [{ underlying: 0, oracles: [0], needed: 2 }],
  },
  tick: "100",
  fees: { maker: "0", taker: "1000" },
  settlementSeconds: "600",
};

export const scratch = (): string => join(mkdtempSync(join(tmpdir(), "provega-cli-")), "wallet.json");

/** Runs a command against the answers. */
export async function cli(
  args: readonly string[],
  answers: Answers = {},
  changes: Partial<Context> = {},
): Promise<Outcome> {
  const calls: Call[] = [];
  let [stdout, stderr] = ["", ""];
  const call = async <M extends Method>(method: M, params: Methods[M][0]): Promise<Methods[M][1]> => {
    calls.push({ method, params });
    const answer = (answers as Partial<Record<Method, unknown>>)[method];
    if (answer instanceof Error) throw answer;
    if (answer === undefined) throw new Error(`the test gives no answer to ${method}`);
    return (typeof answer === "function" ? answer(params) : answer) as Methods[M][1];
  };
  const client: Client = {
    url: "http://fake",
    call,
    submit: (signed, clientOrderId, series) =>
      call("provega_submitIntent", submitParams(signed, clientOrderId, series)),
    publishSums: (sums) => call("provega_publishSums", { sums: sums.map(wireSum) }),
    publishMarks: (reports) => call("provega_publishMarks", { reports: reports.map(wireReport) }),
  };
  const context: Context = {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    isTerminal: false,
    env: {},
    stdin: (async function* () {})(),
    connect: () => client,
    onL1: () => {
      throw new Error("the test has no chain");
    },
    connectL1: () => {
      throw new Error("the test has no chain");
    },
    circuitPricer: () => {
      throw new Error("the test has no circuit");
    },
    americanPricer: () => {
      throw new Error("the test has no circuit");
    },
    openProver: () => {
      throw new Error("the test has no keys");
    },
    runScript: () => {
      throw new Error("the test runs no scripts");
    },
    startNode: () => {
      throw new Error("the test starts no node");
    },
    untilStopped: async () => {},
    pause: async () => true,
    ...changes,
  };
  return { code: await run(args, context), stdout, stderr, calls };
}

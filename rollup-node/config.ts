/**
 * The node's configuration: read from the environment once, validated, frozen.
 * @module
 */
import { z } from "zod";
import { NodeError } from "./errors.ts";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "is not an address");
const key = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "is not a private key");
const count = (most: number) => z.coerce.number().int().min(0).max(most);
const fee = z
  .string()
  .regex(/^\d{1,7}$/)
  .transform(BigInt);

const schema = z.object({
  /** JSON-RPC endpoint of L1. */
  PROVEGA_L1: z.string().url(),
  PROVEGA_ROLLUP: address,
  /** Key of the contract's operator: submits steps and signs receipts. */
  PROVEGA_OPERATOR_KEY: key,
  PROVEGA_NODE_DATA: z.string().min(1).default(".provega/node"),
  PROVEGA_HOST: z.string().min(1).default("127.0.0.1"),
  /** 0: any free port. */
  PROVEGA_PORT: count(65_535).default(8645),
  PROVEGA_CONFIRMATIONS: count(1_000).default(1),
  PROVEGA_DEPLOYMENT_BLOCK: count(2 ** 40).default(0),
  /** 1e-6 USDC per lot. */
  PROVEGA_MAKER_FEE: fee.default("0"),
  PROVEGA_TAKER_FEE: fee.default("0"),
  /** Seconds for which what is matched must stay valid, to be proved and posted. */
  PROVEGA_SETTLEMENT_SECONDS: count(86_400).default(300),
  /** How long an operation waits for others to fill its step. */
  PROVEGA_SEAL_DELAY_MS: count(3_600_000).default(5_000),
  PROVEGA_POLL_MS: count(60_000).default(500),
  /** How long a quorum of reports waits for the remaining oracles. */
  PROVEGA_ORACLE_GRACE_MS: count(60_000).default(2_000),
  PROVEGA_LOG: z.enum(["silent", "error", "warn", "info", "debug"]).default("info"),
});

export type Config = {
  readonly l1Url: string;
  readonly rollup: string;
  readonly operatorKey: string;
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  readonly confirmations: number;
  readonly deploymentBlock: number;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
  readonly settlementSeconds: number;
  readonly sealDelayMs: number;
  readonly pollMs: number;
  readonly oracleGraceMs: number;
  readonly logLevel: string;
};

/** Throws `BadConfig`, naming every variable that is missing or wrong, and no value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new NodeError("BadConfig", wrong.join("; "));
  }
  const env = parsed.data;
  return Object.freeze({
    l1Url: env.PROVEGA_L1,
    rollup: env.PROVEGA_ROLLUP,
    operatorKey: env.PROVEGA_OPERATOR_KEY,
    dataFolder: env.PROVEGA_NODE_DATA,
    host: env.PROVEGA_HOST,
    port: env.PROVEGA_PORT,
    confirmations: env.PROVEGA_CONFIRMATIONS,
    deploymentBlock: env.PROVEGA_DEPLOYMENT_BLOCK,
    makerFee: env.PROVEGA_MAKER_FEE,
    takerFee: env.PROVEGA_TAKER_FEE,
    settlementSeconds: env.PROVEGA_SETTLEMENT_SECONDS,
    sealDelayMs: env.PROVEGA_SEAL_DELAY_MS,
    pollMs: env.PROVEGA_POLL_MS,
    oracleGraceMs: env.PROVEGA_ORACLE_GRACE_MS,
    logLevel: env.PROVEGA_LOG,
  });
}

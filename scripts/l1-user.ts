/**
 * A user's moves on L1: open an account, deposit, collect what was paid out.
 * @module
 */

import {
  Contract,
  type JsonRpcProvider,
  Wallet as L1Wallet,
  type Signer,
  type TransactionReceipt,
  type TransactionResponse,
  toQuantity,
} from "ethers";
import type { SessionLimits } from "#protocol/account.ts";
import { CodedError } from "#protocol/errors.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { type Point, registrationPoint } from "#protocol/signature.ts";
import { NodeError } from "#rollup-node/errors.ts";
import { ROLLUP } from "#rollup-node/l1/abi.ts";
import { connect } from "#rollup-node/l1/provider.ts";
import { usdc } from "./format.ts";
import type { Wallet } from "./wallet.ts";

const TOKEN = [
  "function approve(address spender, uint256 amount) returns (bool)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function balanceOf(address owner) view returns (uint256)",
  "function mint(address to, uint256 amount)",
];

/** Ten of the chain's own coin, in wei. */
const GAS_MONEY = toQuantity(10n ** 19n);

/** A revert of the contract, by the name of its error, or a transaction that did not get through. */
export class L1Error extends CodedError<string> {}

/** `transaction`: hash. Amounts in 1e-6 USDC. All throw `L1Error`, or `NodeError` ChainDown. */
export type L1User = {
  register(amount: bigint): Promise<{ readonly account: number; readonly transaction: string }>;
  deposit(account: number, amount: bigint): Promise<{ readonly transaction: string }>;
  /** Makes test tokens for the owner, and gas if the owner has none; a real token and a real chain refuse. */
  mint(amount: bigint): Promise<{ readonly transaction: string }>;
  /** Emergency stop: every order dies, and no position may grow until the master key says otherwise. */
  stop(account: number): Promise<{ readonly transaction: string }>;
  /** Lets anyone close the account's positions inside the price band. */
  close(account: number): Promise<{ readonly transaction: string }>;
  /** Writes a session key at place 1 to 4; limits without time left revoke it. */
  setKey(account: number, place: number, key: Point, limits: SessionLimits): Promise<{ readonly transaction: string }>;
  /** Collects all that is credited to the owner. */
  claim(): Promise<{ readonly amount: bigint; readonly transaction: string }>;
};

/** The wallet's owner at the rollup contract `address`. */
export function l1User(url: string, address: string, wallet: Wallet): L1User {
  async function attempt<T>(work: (rollup: Contract, signer: L1Wallet) => Promise<T>): Promise<T> {
    const provider = await connect(url);
    try {
      const signer = new L1Wallet(wallet.ownerKey, provider);
      return await work(new Contract(address, ROLLUP, signer), signer);
    } catch (cause) {
      throw explained(cause);
    } finally {
      provider.destroy();
    }
  }
  const tokenOf = async (rollup: Contract, signer: Signer): Promise<Contract> =>
    new Contract(await rollup.getFunction("token").staticCall(), TOKEN, signer);
  /** Lets the contract take `amount` of the owner's tokens. */
  async function approve(rollup: Contract, signer: Signer, amount: bigint): Promise<void> {
    if (amount === 0n) return;
    const token = await tokenOf(rollup, signer);
    const balance: bigint = await token.getFunction("balanceOf").staticCall(wallet.owner);
    if (balance < amount)
      throw new L1Error(
        "InsufficientBalance",
        `${wallet.owner} holds ${usdc(balance)} on L1; the deposit is ${usdc(amount)}`,
      );
    const allowed: bigint = await token.getFunction("allowance").staticCall(wallet.owner, address);
    if (allowed < amount) await send(token, "approve", address, amount);
  }

  return {
    register: (amount) =>
      attempt(async (rollup, signer) => {
        const point = registrationPoint(wallet.key);
        await approve(rollup, signer, amount);
        const receipt = await send(rollup, "register", point.x, point.y, amount);
        const event = receipt.logs
          .map((log) => rollup.interface.parseLog(log))
          .find((log) => log?.name === "AccountRegistered");
        if (!event)
          throw new L1Error("WrongContract", `the contract at ${address} registered without saying which account`);
        return { account: Number(event.args.getValue("account")), transaction: receipt.hash };
      }),
    deposit: (account, amount) =>
      attempt(async (rollup, signer) => {
        await approve(rollup, signer, amount);
        return { transaction: (await send(rollup, "deposit", account, amount)).hash };
      }),
    mint: (amount) =>
      attempt(async (rollup, signer) => {
        await fuel(signer, wallet.owner);
        return { transaction: (await send(await tokenOf(rollup, signer), "mint", wallet.owner, amount)).hash };
      }),
    stop: (account) => attempt(async (rollup) => ({ transaction: (await send(rollup, "stop", account)).hash })),
    close: (account) => attempt(async (rollup) => ({ transaction: (await send(rollup, "close", account)).hash })),
    setKey: (account, place, key, limits) =>
      attempt(async (rollup) => {
        const { x, y } = registrationPoint(key);
        const receipt = await send(rollup, "setKey", account, place, x, y, pack(LAYOUT.session, limits));
        return { transaction: receipt.hash };
      }),
    claim: () =>
      attempt(async (rollup) => {
        const amount: bigint = await rollup.getFunction("claimable").staticCall(wallet.owner);
        return { amount, transaction: (await send(rollup, "claim", wallet.owner)).hash };
      }),
  };
}

/** Test chains hand out their own coin; that any other refuses is said by the transaction that then cannot be paid. */
async function fuel(signer: L1Wallet, owner: string): Promise<void> {
  const provider = signer.provider as JsonRpcProvider;
  if ((await provider.getBalance(owner)) > 0n) return;
  await provider.send("hardhat_setBalance", [owner, GAS_MONEY]).catch(() => undefined);
}

/** Simulates first, so that a refusal has its name and costs nothing; waits until the transaction is in a block. */
async function send(contract: Contract, method: string, ...args: readonly unknown[]): Promise<TransactionReceipt> {
  const call = contract.getFunction(method);
  await call.staticCall(...args);
  const receipt = await ((await call(...args)) as TransactionResponse).wait();
  if (!receipt) throw new L1Error("TransactionFailed", `the transaction of ${method} has no receipt`);
  return receipt;
}

/** A transaction of whoever the contract is connected to. Throws `L1Error`. */
export const transact = (
  contract: Contract,
  method: string,
  ...args: readonly unknown[]
): Promise<TransactionReceipt> =>
  send(contract, method, ...args).catch((cause: unknown) => {
    throw explained(cause);
  });

/** What ethers knows of a failure, as code and one sentence. */
function explained(cause: unknown): L1Error | NodeError {
  if (cause instanceof L1Error || cause instanceof NodeError) return cause;
  const { code, shortMessage, revert } = cause as {
    code?: string;
    shortMessage?: string;
    revert?: { name: string; args: readonly unknown[] };
  };
  const message = shortMessage ?? (cause instanceof Error ? cause.message : String(cause));
  if (revert)
    return new L1Error(revert.name, `the contract refused: ${revert.name}(${revert.args.join(", ")})`, { cause });
  // Nodes that ethers does not know say it in their own words.
  const isPoor =
    code === "INSUFFICIENT_FUNDS" || /(enough|insufficient) funds/i.test(cause instanceof Error ? cause.message : "");
  if (isPoor) return new L1Error("InsufficientGas", "the owner cannot pay the transaction's gas", { cause });
  return new L1Error("TransactionFailed", message, { cause });
}

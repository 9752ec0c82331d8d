/**
 * The rollup's interface as one line of Solidity each: what node and CLI call, without the compiler.
 * @module
 */
import { Interface } from "ethers";
import { artifact } from "../hardhat.ts";

export const ABI_PATH = "contracts/generated/abi.json";

/** Text of `ABI_PATH`, from the compiled contract. */
export async function rollupAbi(): Promise<string> {
  const { abi } = await artifact("Rollup");
  return `${JSON.stringify(new Interface(abi as never).format().toSorted(), null, 2)}\n`;
}

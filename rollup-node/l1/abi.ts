/**
 * The contract's interface, as `npm run generate` wrote it down from the compiled contract.
 * @module
 */
import { Interface } from "ethers";
import abi from "../../contracts/generated/abi.json" with { type: "json" };

export const ROLLUP = new Interface(abi);

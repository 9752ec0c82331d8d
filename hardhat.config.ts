import { createRequire } from "node:module";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

/** Start of the chain served by `hardhat node`: `PROVEGA_CHAIN_START`, unix seconds or an ISO 8601 date; now without it. */
function chainStart(): Date {
  const given = process.env["PROVEGA_CHAIN_START"];
  if (!given) return new Date();
  const start = new Date(/^\d+$/.test(given) ? Number(given) * 1_000 : given);
  if (Number.isNaN(start.getTime())) throw new Error(`PROVEGA_CHAIN_START is no date: ${given}`);
  return start;
}

const chain = {
  type: "edr-simulated",
  chainType: "l1",
  hardfork: "cancun",
  chainId: 31337,
  blockGasLimit: 60_000_000,
} as const;

export default defineConfig({
  plugins: [hardhatEthers, hardhatChaiMatchers, hardhatMocha, hardhatNetworkHelpers],
  networks: {
    default: chain,
    node: { ...chain, initialDate: chainStart() },
  },
  solidity: {
    // The compiler comes from the lock file: nothing is downloaded while building.
    version: (require("solc/package.json") as { version: string }).version,
    path: require.resolve("solc/soljson.js"),
    settings: { evmVersion: "cancun", viaIR: true, optimizer: { enabled: true, runs: 1_000 } },
  },
  paths: {
    sources: "contracts",
    artifacts: ".provega/contracts/artifacts",
    cache: ".provega/contracts/cache",
    tests: { mocha: "test/contracts", solidity: "test/contracts" },
  },
});

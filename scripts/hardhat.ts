/**
 * Hardhat as a library: the compiler and the in-process chain. Compiles once; afterwards a build takes well below a second.
 * @module
 */
import { resolve } from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { Artifact } from "hardhat/types/artifacts";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import config from "../hardhat.config.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");

let built: Promise<HardhatRuntimeEnvironment> | undefined;

/** The environment of this repository wherever the process runs, with its contracts compiled. */
export function hardhat(): Promise<HardhatRuntimeEnvironment> {
  built ??= createHardhatRuntimeEnvironment(config, {}, REPOSITORY).then(async (environment) => {
    await environment.tasks.getTask("build").run({ quiet: true });
    return environment;
  });
  return built;
}

/** ABI and byte code of a contract of `contracts/`. */
export const artifact = async (name: string): Promise<Artifact> => (await hardhat()).artifacts.readArtifact(name);

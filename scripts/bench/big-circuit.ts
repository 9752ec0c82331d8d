/**
 * Circuits of any size for benchmarks: a chain of hashes, each of which takes in a number whose range is checked.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Compilation, compile, REPOSITORY, sourceHash } from "#prover/compile.ts";

/** Of every number in the chain. */
const BITS = 32;
/** Constraints of a hash and the range of its number; and rows beside them, of the constant, the start and the end. */
const [LINK, OTHER_ROWS] = [272, 3];
const FOLDER = join(REPOSITORY, ".provega", "bench");

const SOURCE = `pragma circom 2.2.2;
include "lib/poseidon.circom";
include "lib/uint.circom";

template Hashes(LENGTH) {
    signal input start, numbers[LENGTH];
    signal output end;
    signal states[LENGTH + 1];

    states[0] <== start;
    for (var i = 0; i < LENGTH; i++) {
        states[i + 1] <== Hash(1, 2)([states[i], Uint(${BITS})(numbers[i])]);
    }
    end <== states[LENGTH];
}
`;

export type BigCircuit = Compilation & { readonly length: number };

/** The longest that has a domain of 2^power rows. Compiled once and kept: 2^20 take a minute and a gigabyte. */
export async function bigCircuit(power: number): Promise<BigCircuit> {
  const length = Math.floor((2 ** power - OTHER_ROWS) / LINK);
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `hashes-${length}.circom`);
  writeFileSync(file, `${SOURCE}component main { public [start] } = Hashes(${length});\n`);
  const record = join(FOLDER, `hashes-${length}.json`);
  const hash = sourceHash(file);
  if (existsSync(record)) {
    const known = JSON.parse(readFileSync(record, "utf8")) as { hash: string; circuit: BigCircuit };
    if (known.hash === hash) return known.circuit;
  }
  const circuit = { ...(await compile(file, FOLDER)), length };
  writeFileSync(record, JSON.stringify({ hash, circuit }));
  return circuit;
}

/** A witness that the circuit accepts. */
export const bigInput = ({ length }: BigCircuit) => ({
  start: 1n,
  numbers: Array.from({ length }, (_, i) => BigInt(i) ** 2n % (1n << BigInt(BITS))),
});

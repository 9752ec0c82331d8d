/**
 * Hashes and signatures of the native core, one core at work, beside the portable twins.
 * @module
 */
import { type Claim, nativeCrypto } from "#native/crypto.ts";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { installCrypto, portableCrypto } from "#protocol/crypto.ts";
import { publicKey, sign, verify } from "#protocol/signature.ts";
import type { Row } from "./report.ts";

const RUNS = 5;
const BATCH = 512;

/** Calls per second of a core's own time, whatever else runs. The median of `RUNS`; `work` makes `calls`. */
function rate(calls: number, work: () => void): number {
  work();
  const rates = Array.from({ length: RUNS }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (1_000_000 * calls) / (user + system);
  });
  return Math.round(rates.toSorted((a, b) => a - b)[RUNS >> 1] as number);
}

const repeatedly = (calls: number, act: (i: number) => unknown): number =>
  rate(calls, () => {
    for (let i = 0; i < calls; i++) act(i);
  });

/** Per second and core; `least` is what is asked. */
function row(what: string, value: number, least?: number): Row {
  return least === undefined
    ? { what, value }
    : { what, value, target: `at least ${least.toLocaleString("en-US")}`, ok: value >= least };
}

function nativeRows(core: NativeCore, claims: readonly Claim[]): Row[] {
  const native = nativeCrypto(core);
  const inputs = Array.from({ length: 2 * BATCH }, (_, i) => BigInt(i));
  const [first] = claims as readonly [Claim];
  return [
    row(
      "EdDSA verify, batched, per second and core",
      rate(BATCH, () => native.verifyMany(claims)),
      10_000,
    ),
    row(
      "EdDSA verify, single",
      repeatedly(BATCH, () => native.verify(first.key, first.message, first.signature)),
      6_000,
    ),
    row(
      "Poseidon(2), batched",
      rate(BATCH, () => native.permuteMany(0n, 2, inputs)),
      150_000,
    ),
    row(
      "Poseidon(2), single",
      repeatedly(BATCH, (i) => native.permute(0n, [1n, BigInt(i)])),
    ),
  ];
}

/** Without the core: the twins alone. */
export function cryptoRows(): Row[] {
  const before = installCrypto(portableCrypto);
  try {
    const key = publicKey(new Uint8Array(32).fill(1));
    const claims = Array.from({ length: BATCH }, (_, i): Claim => {
      const message = BigInt(i);
      return { key, message, signature: sign(new Uint8Array(32).fill(1), message) };
    });
    const [{ message, signature }] = claims as [Claim];
    const core = nativeCore();
    return [
      ...(core ? nativeRows(core, claims) : []),
      row(
        "EdDSA verify, portable",
        repeatedly(50, () => verify(key, message, signature)),
      ),
      row(
        "Poseidon(2), portable",
        repeatedly(BATCH, (i) => portableCrypto.permute(0n, [1n, BigInt(i)])),
      ),
    ];
  } finally {
    installCrypto(before);
  }
}

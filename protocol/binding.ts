/**
 * Binding a step's public words to its proof with three public inputs and no SHA in the circuit.
 *
 * The circuit commits to its words with a Poseidon chain, `c`; L1 derives `z` by Keccak from `c` and the calldata; both
 * evaluate the words as a polynomial at `z`. Different words agree there with probability at most words/r.
 * @module
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ProtocolError } from "./errors.ts";
import { hash } from "./hash.ts";
import { LAYOUT, pack, unpack } from "./layout.ts";
import { FIELD, PROFILE, type Profile, RISK_VALUES, STEP_KIND, type StepKind, TAG, VERSION } from "./params.ts";

/** A run of equal entries at a fixed offset; only the first `count` of a step travel in calldata. */
export type Section = { readonly name: string; readonly capacity: number; readonly entryWords: number };
export type BoundKind = Extract<StepKind, "marks" | "trade" | "board">;

export const BOUND_KINDS: readonly BoundKind[] = ["marks", "trade", "board"];

export const HEADER_WORDS = 4;
/** Words absorbed by one permutation, beside the running hash. */
export const SPONGE_RATE = 15;

/** Sections of a step's words. A `board` step's second and third travel only if it changes the parameters. */
export function sections(kind: BoundKind, profile: Profile): readonly Section[] {
  switch (kind) {
    case "trade":
      return [
        { name: "lanes", capacity: profile.lanes, entryWords: 1 + 2 * profile.intents },
        { name: "requests", capacity: profile.lanes, entryWords: 4 },
      ];
    case "marks":
      return [
        { name: "underlyings", capacity: profile.underlyings, entryWords: 1 },
        { name: "expiries", capacity: profile.expiries, entryWords: 1 },
        { name: "slots", capacity: profile.series, entryWords: 1 },
      ];
    case "board":
      return [
        { name: "operation", capacity: 1, entryWords: 2 },
        { name: "risk values", capacity: RISK_VALUES + profile.underlyings, entryWords: 1 },
        { name: "oracle keys", capacity: profile.oracles, entryWords: 2 },
      ];
  }
}

/** Words of the full vector before padding, and padded to whole permutations. */
export function wordCapacity(kind: BoundKind, profile: Profile): { readonly used: number; readonly padded: number } {
  const used = sections(kind, profile).reduce(
    (sum, { capacity, entryWords }) => sum + capacity * entryWords,
    HEADER_WORDS,
  );
  return { used, padded: Math.ceil(used / SPONGE_RATE) * SPONGE_RATE };
}

export type Header = {
  readonly kind: BoundKind;
  readonly timestamp: bigint;
  /** The step's own number: one more than the state's. */
  readonly number: bigint;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly domain: bigint;
};
/** A step's public words, as calldata carries them. */
export type StepWords = { readonly header: Header; readonly entries: readonly (readonly (readonly bigint[])[])[] };

/** The first header word. */
const metaWord = (profile: Profile, { header, entries }: StepWords): bigint =>
  pack(LAYOUT.meta, {
    version: VERSION,
    kind: BigInt(STEP_KIND[header.kind]),
    profile: BigInt(profile.code),
    timestamp: header.timestamp,
    number: header.number,
    count0: BigInt(entries[0]?.length ?? 0),
    count1: BigInt(entries[1]?.length ?? 0),
    count2: BigInt(entries[2]?.length ?? 0),
  });

/** What travels: the header and the used entries. */
export const calldataWords = (profile: Profile, step: StepWords): readonly bigint[] => [
  metaWord(profile, step),
  step.header.oldRoot,
  step.header.newRoot,
  step.header.domain,
  ...step.entries.flat(2),
];

/** The circuit's vector: every section at its fixed offset, zero where unused. */
export function fullWords(profile: Profile, words: readonly bigint[]): readonly bigint[] {
  const { header, entries } = parseWords(words);
  const full = words.slice(0, HEADER_WORDS);
  sections(header.kind, profile).forEach(({ capacity, entryWords }, section) => {
    const used = (entries[section] ?? []).flat();
    full.push(...used, ...zeros(capacity * entryWords - used.length));
  });
  return [...full, ...zeros(wordCapacity(header.kind, profile).padded - full.length)];
}

/** Inverse of `calldataWords`. Throws `BadWords` on anything that L1 would not accept as a step's words. */
export function parseWords(words: readonly bigint[]): StepWords & { readonly profile: Profile } {
  const [first, oldRoot, newRoot, domain] = words;
  if (first === undefined || oldRoot === undefined || newRoot === undefined || domain === undefined) {
    throw new ProtocolError("BadWords", `a step has at least ${HEADER_WORDS} words; these are ${words.length}`);
  }
  const alias = words.findIndex((word) => word < 0n || word >= FIELD);
  if (alias >= 0) throw new ProtocolError("BadWords", `word ${alias} is not below the field's order`);
  const meta = unpack(LAYOUT.meta, first);
  const kind = BOUND_KINDS.find((each) => BigInt(STEP_KIND[each]) === meta.kind) ?? "marks";
  const profile = Object.values(PROFILE).find(({ code }) => BigInt(code) === meta.profile);
  if (meta.version !== VERSION || meta.kind !== BigInt(STEP_KIND[kind]) || !profile) {
    throw new ProtocolError(
      "BadWords",
      `version ${meta.version}, kind ${meta.kind}, profile ${meta.profile} is no step of this protocol`,
    );
  }
  const counts = [meta.count0, meta.count1, meta.count2];
  const beyond = counts.slice(sections(kind, profile).length).find((count) => count !== 0n);
  if (beyond !== undefined)
    throw new ProtocolError("BadWords", `${beyond} entries in a section that ${kind} does not have`);
  let at = HEADER_WORDS;
  const entries = sections(kind, profile).map(({ name, capacity, entryWords }, section) => {
    const count = counts[section] ?? 0n;
    if (count > BigInt(capacity))
      throw new ProtocolError("BadWords", `${count} ${name}; the section holds ${capacity}`);
    const section_ = Array.from({ length: Number(count) }, (_, entry) =>
      words.slice(at + entry * entryWords, at + (entry + 1) * entryWords),
    );
    at += Number(count) * entryWords;
    return section_;
  });
  if (at !== words.length)
    throw new ProtocolError("BadWords", `the counts call for ${at} words; there are ${words.length}`);
  return {
    profile,
    header: { kind, timestamp: meta.timestamp, number: meta.number, oldRoot, newRoot, domain },
    entries,
  };
}

/** Twin of the chain in `BindWords`: the commitment to the full vector. */
export function commitment(kind: BoundKind, profile: Profile, words: readonly bigint[]): bigint {
  const full = fullWords(profile, words);
  let chain = chainStart(kind, profile);
  for (let at = 0; at < full.length; at += SPONGE_RATE)
    chain = hash(TAG.words, [chain, ...full.slice(at, at + SPONGE_RATE)]);
  return chain;
}

/** Start of the chain: version, kind, profile and capacity, so that no two circuits share a commitment. */
export const chainStart = (kind: BoundKind, profile: Profile): bigint =>
  VERSION +
  (BigInt(STEP_KIND[kind]) << 8n) +
  (BigInt(profile.code) << 16n) +
  (BigInt(wordCapacity(kind, profile).padded) << 24n);

export type PublicInputs = { readonly c: bigint; readonly z: bigint; readonly y: bigint };

/** The three public inputs of a step, as L1 recomputes them from the calldata. */
export function publicInputs(words: readonly bigint[]): PublicInputs {
  const { header, profile } = parseWords(words);
  const c = commitment(header.kind, profile, words);
  const z = keccakWords([header.domain, BigInt(STEP_KIND[header.kind]), c, ...words]) % FIELD;
  const y = fullWords(profile, words).reduceRight((sum, word) => (sum * z + word) % FIELD, 0n);
  return { c, z, y };
}

/** `domain` of a deployment: everything signed and every step begins with it. `contract` is its address as a number. */
export const deploymentDomain = (chainId: bigint, contract: bigint): bigint =>
  keccakWords([chainId, contract, VERSION]) % FIELD;

/** Keccak-256 over 32-byte big-endian words. */
export function keccakWords(words: readonly bigint[]): bigint {
  const bytes = new Uint8Array(words.length * 32);
  words.forEach((word, at) => {
    for (let byte = 31, rest = word; rest > 0n; byte--, rest >>= 8n) bytes[at * 32 + byte] = Number(rest & 255n);
  });
  return keccak_256(bytes).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const zeros = (length: number): bigint[] => Array.from({ length }, () => 0n);

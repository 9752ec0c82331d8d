/**
 * Circuits and their keys on disk, found by the hash of what they were made from.
 *
 * `circuits/NAME-HASH/` holds what the compiler wrote; HASH covers the sources, the compiler's version and its options.
 * `keys/KIND-HASH/` holds the keys of one deployment; HASH covers the constraints of all its circuits.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { checked, describeFile, fileRecord, publish, readManifest } from "./artifact-store.ts";
import { COMPILER_VERSION, compile, REPOSITORY, sourceHash } from "./compile.ts";
import { ProverError } from "./errors.ts";
import { type Progress, silent } from "./progress.ts";
import { type CeremonyOptions, makeCeremonyKeys } from "./setup/ceremony.ts";
import { deriveDevKeys } from "./setup/dev-key.ts";
import { INSECURE, readZkey } from "./setup/zkey.ts";
import { keyToSnarkjs, type VerifyingKey } from "./verifying-key.ts";

export type KeyKind = "dev-insecure" | "ceremony";

export type ArtifactOptions = {
  /** Where everything is kept: `PROVEGA_ARTIFACTS`, or `.provega/artifacts` in the repository. */
  readonly folder?: string;
  /** Where `NAME.circom` is, relative to the repository. */
  readonly sources?: string;
  readonly kind?: KeyKind;
  /** Makes missing keys of kind `ceremony`; without it they must be there. */
  readonly ceremony?: CeremonyOptions;
  readonly progress?: Progress;
};

/** A compiled circuit, every file checked against its hash. Sizes are those the compiler reported. */
export type Circuit = {
  readonly name: string;
  readonly sourceHash: string;
  readonly r1csHash: string;
  readonly constraints: { readonly nonLinear: number; readonly linear: number };
  readonly wires: number;
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
};
/** A circuit that can be proved. */
export type Artifact = Circuit & {
  readonly kind: KeyKind;
  readonly zkey: string;
  readonly verifyingKey: VerifyingKey;
};
export type Artifacts = { readonly [instance: string]: Artifact };

const FORMAT = 1;
const DEFAULT_KIND: KeyKind = "dev-insecure";
const circuitManifest = z.strictObject({
  format: z.literal(FORMAT),
  sourceHash: z.string(),
  compiler: z.string(),
  constraints: z.strictObject({ nonLinear: z.number(), linear: z.number() }),
  wires: z.number(),
  files: z.strictObject({ r1cs: fileRecord, wasm: fileRecord, sym: fileRecord }),
});
const keysManifest = z.strictObject({
  format: z.literal(FORMAT),
  kind: z.enum(["dev-insecure", "ceremony"]),
  warning: z.string().optional(),
  circuits: z.record(z.strictObject({ r1cs: z.string(), zkey: fileRecord, vkey: fileRecord })),
});

/** Compiles what is not compiled and makes keys where there are none. Instances that deploy together go together. */
export async function prepareCircuits(names: readonly string[], options: ArtifactOptions = {}): Promise<Artifacts> {
  const circuits = await compileCircuits(names, options);
  if (!existsSync(keysFolder(circuits, options))) await makeKeys(circuits, options);
  return withKeys(circuits, options);
}

/** What `prepareCircuits` made. Throws `ArtifactMissing` rather than make anything. */
export async function loadArtifacts(names: readonly string[], options: ArtifactOptions = {}): Promise<Artifacts> {
  return withKeys(await Promise.all(names.map((name) => loadCircuit(name, options))), options);
}

/** Compiles each circuit or takes it from the cache. A damaged one is compiled again, which gives the same. */
export function compileCircuits(names: readonly string[], options: ArtifactOptions = {}): Promise<Circuit[]> {
  const load = async (name: string): Promise<Circuit> => {
    try {
      return await loadCircuit(name, options);
    } catch (error) {
      if (!(error instanceof ProverError && error.code.startsWith("Artifact"))) throw error;
      await buildCircuit(name, options);
      return loadCircuit(name, options);
    }
  };
  return Promise.all(names.map(load));
}

/** Keys that exist are left alone, even damaged ones: another key would be another deployment. */
async function makeKeys(circuits: readonly Circuit[], options: ArtifactOptions): Promise<void> {
  const { kind = DEFAULT_KIND, ceremony, progress = silent } = options;
  if (kind === "ceremony" && !ceremony) return;
  await publish(keysFolder(circuits, options), async (folder) => {
    const zkey = (name: string) => join(folder, `${name}.zkey`);
    const vkey = (name: string) => join(folder, `${name}.vkey.json`);
    const targets = circuits.map(({ name, r1cs }) => ({ r1cs, zkey: zkey(name) }));
    await (ceremony && kind === "ceremony"
      ? makeCeremonyKeys(targets, progress, ceremony)
      : deriveDevKeys(targets, progress));
    const entries = circuits.map(async ({ name, r1csHash }) => {
      const { verifyingKey } = await readZkey(zkey(name));
      await writeFile(vkey(name), `${JSON.stringify(keyToSnarkjs(verifyingKey), undefined, 2)}\n`);
      return [
        name,
        { r1cs: r1csHash, zkey: await describeFile(zkey(name)), vkey: await describeFile(vkey(name)) },
      ] as const;
    });
    const warning = kind === "dev-insecure" ? { warning: `${INSECURE}: for local chains only` } : {};
    return { format: FORMAT, kind, ...warning, circuits: Object.fromEntries(await Promise.all(entries)) };
  });
}

async function withKeys(circuits: readonly Circuit[], options: ArtifactOptions): Promise<Artifacts> {
  const { kind = DEFAULT_KIND } = options;
  const folder = keysFolder(circuits, options);
  const manifest = await readManifest(folder, keysManifest);
  const entries = circuits.map(async (circuit): Promise<[string, Artifact]> => {
    const record = manifest.circuits[circuit.name];
    if (!record || record.r1cs !== circuit.r1csHash)
      throw new ProverError("ArtifactCorrupt", `${folder} holds no key for the circuit ${circuit.name}`);
    await checked(join(folder, `${circuit.name}.vkey.json`), record.vkey);
    const zkey = await checked(join(folder, `${circuit.name}.zkey`), record.zkey);
    const { header, verifyingKey, kind: origin } = await readZkey(zkey);
    if (header.wires !== circuit.wires || origin !== kind)
      throw new ProverError(
        "ArtifactCorrupt",
        `${zkey} is a ${origin} key of ${header.wires} wires, not a ${kind} key of ${circuit.wires}`,
      );
    return [circuit.name, { ...circuit, kind, zkey, verifyingKey }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function loadCircuit(name: string, options: ArtifactOptions): Promise<Circuit> {
  const folder = circuitFolder(name, options);
  const { files, sourceHash, constraints, wires } = await readManifest(folder, circuitManifest);
  const path = (kind: keyof typeof files) => checked(join(folder, `${name}.${kind}`), files[kind]);
  const [r1cs, wasm, sym] = [await path("r1cs"), await path("wasm"), await path("sym")];
  return { name, sourceHash, r1csHash: files.r1cs.sha256, constraints, wires, r1cs, wasm, sym };
}

async function buildCircuit(name: string, options: ArtifactOptions): Promise<void> {
  const { progress = silent } = options;
  const folder = circuitFolder(name, options);
  await rm(folder, { recursive: true, force: true });
  progress(`compile ${name}`, 0, 1);
  await publish(folder, async (staging) => {
    // The compiler only writes below the repository, which the artifacts may be outside of.
    const out = join(REPOSITORY, ".provega", `build-${process.pid}-${name}`);
    await mkdir(out, { recursive: true });
    try {
      const compiled = await compile(sourceFile(name, options), out);
      for (const kind of ["r1cs", "wasm", "sym"] as const)
        await copyFile(compiled[kind], join(staging, `${name}.${kind}`));
      const describe = (kind: string) => describeFile(join(staging, `${name}.${kind}`));
      const { constraints, wires } = compiled;
      const files = { r1cs: await describe("r1cs"), wasm: await describe("wasm"), sym: await describe("sym") };
      return {
        format: FORMAT,
        sourceHash: sourceHash(sourceFile(name, options)),
        compiler: COMPILER_VERSION,
        constraints,
        wires,
        files,
      };
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });
  progress(`compile ${name}`, 1, 1);
}

function sourceFile(name: string, { sources = "circuits/instances" }: ArtifactOptions): string {
  const file = join(sources, `${name}.circom`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(join(REPOSITORY, file)))
    throw new ProverError("UnknownInstance", `there is no circuit ${name} in ${sources}`);
  return file;
}

function rootFolder(options: ArtifactOptions): string {
  return resolve(REPOSITORY, options.folder ?? process.env["PROVEGA_ARTIFACTS"] ?? ".provega/artifacts");
}

function circuitFolder(name: string, options: ArtifactOptions): string {
  return join(rootFolder(options), "circuits", `${name}-${sourceHash(sourceFile(name, options)).slice(0, 16)}`);
}

function keysFolder(circuits: readonly Circuit[], options: ArtifactOptions): string {
  const { kind = DEFAULT_KIND } = options;
  const hash = createHash("sha256");
  for (const line of circuits.map(({ name, r1csHash }) => `${name} ${r1csHash}\n`).sort()) hash.update(line);
  return join(rootFolder(options), "keys", `${kind}-${hash.digest("hex").slice(0, 16)}`);
}

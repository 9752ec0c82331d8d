/**
 * Folders of generated files, each with a manifest of their hashes. A folder appears whole or not at all, and no file
 * of it is used before its hash was compared.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ProverError } from "./errors.ts";

const MANIFEST = "manifest.json";
const STAGING = /^\.staging-(\d+)-/;
let stagings = 0;

export const fileRecord = z.strictObject({ bytes: z.number().int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type FileRecord = z.infer<typeof fileRecord>;

export async function describeFile(path: string): Promise<FileRecord> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

/** Returns `path` if its content is the one recorded. Throws `ArtifactMissing` or `ArtifactCorrupt`. */
export async function checked(path: string, record: FileRecord): Promise<string> {
  const found = await describeFile(path).catch(missing(path));
  if (found.bytes === record.bytes && found.sha256 === record.sha256) return path;
  const seen = `${found.bytes} bytes, sha256 ${found.sha256}`;
  throw new ProverError("ArtifactCorrupt", `${path} is not the file of its manifest: it has ${seen}`);
}

/** The manifest of `folder`. Throws `ArtifactMissing` or `ArtifactCorrupt`. */
export async function readManifest<T>(folder: string, schema: z.ZodType<T>): Promise<T> {
  const path = join(folder, MANIFEST);
  const text = await readFile(path, "utf8").catch(missing(path));
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ProverError("ArtifactCorrupt", `${path} is not a manifest of this version`, cause);
  }
}

/**
 * Lets `build` fill an empty folder and return its manifest, then puts the folder in place of `folder`. If another
 * process was faster its result stays: what is published is never replaced behind a reader's back.
 */
export async function publish(folder: string, build: (staging: string) => Promise<unknown>): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  await sweep(parent);
  const staging = join(parent, `.staging-${process.pid}-${stagings++}`);
  await mkdir(staging);
  try {
    const manifest = await build(staging);
    const file = await open(join(staging, MANIFEST), "w");
    try {
      await file.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(staging, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what processes that died left behind. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = STAGING.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function missing(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === "ENOENT") throw new ProverError("ArtifactMissing", `${path} does not exist`, error);
    throw error;
  };
}

/**
 * BLAKE2b-512 of files, the hash of ceremonies.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Progress, silent } from "../progress.ts";

const CHUNK = 1 << 22;

export async function hashFile(path: string, phase = "hash", progress: Progress = silent): Promise<Buffer> {
  const { size } = await stat(path);
  const hash = createHash("blake2b512");
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    progress(phase, done, size);
  }
  return hash.digest();
}

/**
 * A process that appends to a journal and prints each sequence number once it is durable: `journal-writer FOLDER endless|until-full`.
 * @module
 */
import { NodeError } from "#rollup-node/errors.ts";
import { Store } from "#rollup-node/store/store.ts";

const [folder = "", mode] = process.argv.slice(2);
const store = await Store.open<{ readonly text: string; readonly value: bigint }>(folder, () => undefined);
const codeOf = (error: unknown): string => (error instanceof NodeError ? error.code : String(error));

let acknowledged = 0;
const append = async () => {
  const { sequence, durable } = store.append({ text: "x".repeat(700), value: 1n });
  await durable;
  acknowledged = sequence;
};
if (mode === "endless") {
  for (;;) {
    await Promise.all([append(), append(), append()]);
    process.stdout.write(`${acknowledged}\n`);
  }
}
try {
  for (;;) await append();
} catch (error) {
  let after = "accepted";
  try {
    await append();
  } catch (again) {
    after = codeOf(again);
  }
  process.stdout.write(`${acknowledged} ${codeOf(error)} ${after}\n`);
  process.exit();
}

/**
 * What the operator may order of the board, as signed text: series to list, and parameters that L1 knows of for long enough.
 * @module
 */
import { getBytes, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { z } from "zod";
import { decodeGenesis } from "#protocol/genesis.ts";
import { WIDTH } from "#protocol/params.ts";
import { parseSeries, type Series } from "#protocol/series.ts";
import type { Parameters } from "#protocol/state.ts";
import { type RefusalCode, type Refused, refused } from "../errors.ts";

/** `time`: unix seconds of L1 time, newer than the last command's. */
export type BoardCommand =
  | { readonly kind: "list"; readonly series: Series /** Lots. */; readonly cap: bigint; readonly time: bigint }
  | { readonly kind: "parameters"; readonly parameters: Parameters; readonly time: bigint };

const digits = z.string().regex(/^(0|[1-9]\d{0,79})$/);
const decimal = digits.transform(BigInt);
const list = z.strictObject({
  kind: z.literal("list"),
  series: z.string().min(1).max(40),
  cap: decimal,
  time: decimal,
});
/** As the genesis has them. */
const parameters = z.strictObject({
  kind: z.literal("parameters"),
  risk: z.record(digits),
  leveragePpm: z.array(digits),
  oracles: z.array(z.tuple([digits, digits])),
  time: decimal,
});
const schema = z.discriminatedUnion("kind", [list, parameters]);

/** Reads a command, or says what is wrong with it: `InvalidParams`, `UnknownSeries` or `OutOfRange`. */
export function parseBoardCommand(text: string): BoardCommand | Refused {
  try {
    const command = schema.parse(JSON.parse(text));
    const { time } = command;
    if (command.kind === "parameters") return { kind: "parameters", parameters: parametersOf(command), time };
    if (command.cap >> BigInt(WIDTH.size) !== 0n)
      return refused("OutOfRange", `a cap of ${command.cap} lots is beyond ${WIDTH.size} bits`);
    return { kind: "list", series: parseSeries(command.series), cap: command.cap, time };
  } catch (error) {
    const code = error instanceof Error && "code" in error && error.code === "UnknownSeries" ? error.code : null;
    const isShape = error instanceof z.ZodError;
    const message = isShape ? `${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}` : String(error);
    return refused((code ?? "InvalidParams") as RefusalCode, `this is no command of the board: ${message}`);
  }
}

/** Throws on a parameter that is missing. */
function parametersOf({ risk, leveragePpm, oracles }: z.output<typeof parameters>): Parameters {
  return decodeGenesis(JSON.stringify({ profile: "tiny", series: [], cap: "0", risk, leveragePpm, oracles }))
    .parameters;
}

/** What the operator signs (EIP-191) of a command's text: keccak256 over domain and text. */
export const boardDigest = (domain: bigint, text: string): Uint8Array =>
  getBytes(keccak256(`${toBeHex(domain, 32)}${keccak256(toUtf8Bytes(text)).slice(2)}`));

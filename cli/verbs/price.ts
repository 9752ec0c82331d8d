/** `provega price`: Black-76 prices and Greeks of JSON lines on stdin, by the twin's arithmetic or by the circuit itself. */
import { z } from "zod";
import { ProtocolError } from "#protocol/errors.ts";
import { type PriceLine, type PriceQuery, priceLine } from "#protocol/price-line.ts";
import { CliError } from "../errors.ts";
import { linesOf } from "../lines.ts";
import { declare, type Verb } from "../verb.ts";

const EXAMPLE = `echo '{"forward":76784.68,"strike":70000,"years":0.0634,"vol":0.52,"kind":"put"}' | provega price`;

const decimal = z.string();
const querySchema = z
  .object({ forward: decimal, strike: decimal, years: decimal, vol: decimal, kind: z.enum(["call", "put"]) })
  .strict();

export const price: Verb = (program, context) => {
  declare(program, "price", "Price options: JSON lines in, JSON lines out, undiscounted", EXAMPLE)
    .option("--circuit", "take the results from a witness of the circuit")
    .action(async ({ circuit }: { readonly circuit?: boolean }) => {
      const priceOf: (query: PriceQuery) => PriceLine | Promise<PriceLine> = circuit
        ? await context.circuitPricer()
        : priceLine;
      let number = 0;
      for await (const line of linesOf(context.stdin)) {
        number++;
        if (line.trim() !== "") context.stdout(`${JSON.stringify(await priced(line, number, priceOf))}\n`);
      }
    });
};

async function priced(
  line: string,
  number: number,
  priceOf: (query: PriceQuery) => PriceLine | Promise<PriceLine>,
): Promise<PriceLine> {
  try {
    return await priceOf(parseQuery(line));
  } catch (cause) {
    if (cause instanceof ProtocolError || cause instanceof SyntaxError)
      throw new CliError("BadLine", `line ${number}: ${cause.message}; a line looks like ${SAMPLE}`, { cause });
    throw cause;
  }
}
const SAMPLE = '{"forward":100,"strike":110,"years":0.5,"vol":0.6,"kind":"call"}';

/** Numbers keep their digits: as doubles they would lose some. */
function parseQuery(line: string): PriceQuery {
  const keepDigits = (_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
    typeof value === "number" ? source : value;
  const parsed = querySchema.safeParse(JSON.parse(line, keepDigits));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SyntaxError(`${issue?.path.join(".") || "the line"}: ${issue?.message}`);
}

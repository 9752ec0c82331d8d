/**
 * `provega price`: prices of JSON lines on stdin, by the twin's arithmetic or by the circuit itself: Black-76 with Greeks, or
 * with `--american` the value of a right to exercise early.
 */
import { z } from "zod";
import { isTreeSize } from "#protocol/american.ts";
import { type AmericanQuery, americanLine } from "#protocol/american-line.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { TREE } from "#protocol/precision.ts";
import { type PriceQuery, priceLine } from "#protocol/price-line.ts";
import type { Context } from "../context.ts";
import { CliError, UsageError } from "../errors.ts";
import { linesOf } from "../lines.ts";
import { declare, type Verb } from "../verb.ts";

const EXAMPLE = `echo '{"forward":76784.68,"strike":70000,"years":0.0634,"vol":0.52,"kind":"put"}' | provega price
echo '{"spot":100,"strike":110,"years":0.5,"vol":0.3,"rate":0.05,"yield":0,"kind":"put"}' | provega price --american`;

const decimal = z.string();
const common = { strike: decimal, years: decimal, vol: decimal, kind: z.enum(["call", "put"]) };
const european: z.ZodType<PriceQuery> = z.object({ forward: decimal, ...common }).strict();
const american: z.ZodType<AmericanQuery> = z
  .object({ spot: decimal, rate: decimal, yield: decimal, ...common })
  .strict();
const SAMPLE = {
  european: '{"forward":100,"strike":110,"years":0.5,"vol":0.6,"kind":"call"}',
  american: '{"spot":100,"strike":110,"years":0.5,"vol":0.6,"rate":0.05,"yield":0,"kind":"put"}',
};

type Options = { readonly circuit?: boolean; readonly american?: boolean; readonly steps?: string };
type Pricer = (line: string) => unknown;

export const price: Verb = (program, context) => {
  declare(program, "price", "Price options: JSON lines in, JSON lines out", EXAMPLE)
    .option("--circuit", "take the results from a witness of the circuit")
    .option("--american", "with the right to exercise early; today's value, by a binomial tree")
    .option("--steps <n>", `steps of the tree: even, ${TREE.minSteps} to ${TREE.maxSteps} (default: ${TREE.steps})`)
    .action(async (options: Options) => {
      const priced = await pricerOf(options, context);
      const sample = options.american ? SAMPLE.american : SAMPLE.european;
      let number = 0;
      for await (const line of linesOf(context.stdin)) {
        number++;
        if (line.trim() !== "") context.stdout(`${JSON.stringify(await named(priced, line, number, sample))}\n`);
      }
    });
};

async function pricerOf({ circuit, american: isAmerican, steps }: Options, context: Context): Promise<Pricer> {
  if (!isAmerican) {
    if (steps !== undefined) throw new UsageError("--steps is of a tree: it goes with --american");
    const priceOf = circuit ? await context.circuitPricer() : priceLine;
    return (line) => priceOf(parseQuery(european, line));
  }
  const count = Number(steps ?? TREE.steps);
  if (!isTreeSize(count) || (steps !== undefined && !/^\d+$/.test(steps)))
    throw new UsageError(`--steps is "${steps}"; it is an even number from ${TREE.minSteps} to ${TREE.maxSteps}`);
  const priceOf = circuit ? await context.americanPricer(count) : (query: AmericanQuery) => americanLine(query, count);
  return (line) => priceOf(parseQuery(american, line));
}

/** What a line is refused for, with its number and how one looks. */
async function named(priced: Pricer, line: string, number: number, sample: string): Promise<unknown> {
  try {
    return await priced(line);
  } catch (cause) {
    if (cause instanceof ProtocolError || cause instanceof SyntaxError)
      throw new CliError("BadLine", `line ${number}: ${cause.message}; a line looks like ${sample}`, { cause });
    throw cause;
  }
}

/** Numbers keep their digits: as doubles they would lose some. */
function parseQuery<T>(schema: z.ZodType<T>, line: string): T {
  const keepDigits = (_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
    typeof value === "number" ? source : value;
  const parsed = schema.safeParse(JSON.parse(line, keepDigits));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SyntaxError(`${issue?.path.join(".") || "the line"}: ${issue?.message}`);
}

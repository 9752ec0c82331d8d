/** `provega marks plot`: a marks step as a picture of its volatility smiles. */
import { writeFileSync } from "node:fs";
import { loadExtract } from "#market/load.ts";
import { smilesOf } from "#market/smile.ts";
import { day } from "#scripts/format.ts";
import { facts } from "#scripts/table.ts";
import { parseCount } from "../decimal.ts";
import { CliError } from "../errors.ts";
import { smileSvg } from "../smile-svg.ts";
import { declare, type NodeOptions, print, type Verb, withNode } from "../verb.ts";

type Options = NodeOptions & { readonly step: string; readonly output: string };

export const marks: Verb = (program, context) => {
  const group = program.command("marks").description("The proved price table");
  const command = declare(
    group,
    "plot",
    "Draw the volatility smiles of a marks step as SVG",
    "provega marks plot --step 1 -o smile.svg",
  );
  withNode(command, context)
    .requiredOption("--step <number>", "steps count from 1")
    .requiredOption("-o, --output <file>", "the picture; replaced if it exists")
    .action(async (options: Options) => {
      const client = context.connect(options.node);
      const detail = await client.call("provega_step", { number: parseCount(options.step, "--step") });
      if (detail.kind !== "marks")
        throw new CliError("WrongStep", `step ${detail.number} is a ${detail.kind} step; marks steps have smiles`);
      const { series } = await client.call("provega_marks", {});
      const names = new Map(series.flatMap((each) => (each.series ? [[each.slot, each.series] as const] : [])));
      const plotted = smilesOf(detail, names, loadExtract());
      writeFileSync(options.output, await smileSvg(plotted));
      const count = (of: (smile: (typeof plotted.smiles)[number]) => number): number =>
        plotted.smiles.reduce((sum, smile) => sum + of(smile), 0);
      const result = {
        step: plotted.number,
        time: plotted.time,
        expiries: plotted.smiles.length,
        marks: count((smile) => smile.marks.length),
        quotes: count((smile) => smile.market.length),
        output: options.output,
      };
      print(context, options, result, () =>
        facts([
          ["step", String(result.step)],
          ["prices of", day(String(result.time))],
          ["expiries", String(result.expiries)],
          ["proved marks", String(result.marks)],
          ["market quotes", result.quotes > 0 ? String(result.quotes) : "none of this second"],
          ["picture", result.output],
        ]),
      );
    });
};

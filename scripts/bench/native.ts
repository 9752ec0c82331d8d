/**
 * `npm run bench:native [-- --only fields,crypto,setup,prover] [-- --rapidsnark PATH] [-- --gnark PATH]`: the native core beside what it replaces, medians
 * of five, on this machine. The programs of others are called as `PATH zkey wtns proof.json public.json`.
 * @module
 */
import { parseArgs } from "node:util";
import { type NativeCore, nativeCore } from "#native/index.ts";
import { cryptoRows } from "./native-crypto.ts";
import { proverRows } from "./native-prover.ts";
import { setupRows } from "./native-setup.ts";
import { type Row, report } from "./report.ts";

const RUNS = 5;
const POWER = 17;
const PHASES = ["choose", "prepare", "fill", "reduce"] as const;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const several = <T>(work: () => T): T[] => Array.from({ length: RUNS }, work);
const below = (what: string, value: number, most: number): Row => ({
  what,
  value: value.toFixed(2),
  target: `< ${most}`,
  ok: value < most,
});

function fieldRows(core: NativeCore): Row[] {
  const vectors = core.hasIfma();
  const scalar = median(several(() => core.timeProducts(false, 2_000_000)));
  const rows = [below("field multiplication, one core, ns", scalar, 14)];
  if (vectors) {
    rows.push(
      below(
        "field multiplication, eight lanes, amortised, ns",
        median(several(() => core.timeProducts(true, 500_000))),
        2.6,
      ),
    );
  }
  const product = vectors ? median(several(() => core.timeProducts(true, 500_000))) : scalar;
  for (const [group, most] of [
    ["g1", 18],
    ["g2", 50],
  ] as const) {
    const runs = several(() => core.timeSums(group, POWER));
    const phases = PHASES.map((phase) => median(runs.map((run) => run[phase])));
    const inAll = phases.reduce((sum, each) => sum + each, 0);
    const products = median(runs.map(({ processor, additions }) => (1e6 * processor) / additions / product));
    rows.push({ what: `sum of 2^${POWER} multiples in ${group}, ms`, value: inAll.toFixed(1) });
    rows.push(below(`  field multiplications an addition, ${group}`, products, most));
    PHASES.forEach((phase, i) => {
      rows.push({ what: `  phase ${phase}, ms`, value: (phases[i] ?? 0).toFixed(1) });
    });
  }
  return rows;
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "fields,crypto,setup,prover" },
    rapidsnark: { type: "string" },
    gnark: { type: "string" },
    json: { type: "boolean" },
  },
});
const core = nativeCore();
if (!core) throw new Error("there is no native core to measure: npm run build:native");
const { rapidsnark, gnark } = values;
const parts: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  fields: () => fieldRows(core),
  crypto: cryptoRows,
  setup: setupRows,
  prover: () => proverRows({ ...(rapidsnark ? { rapidsnark } : {}), ...(gnark ? { gnark } : {}) }),
};
const rows: Row[] = [];
for (const name of values.only.split(",")) {
  const part = parts[name];
  if (!part) throw new Error(`--only knows ${Object.keys(parts).join(", ")}, not ${name}`);
  rows.push(...(await part()));
}
report("The native core on this machine", rows);

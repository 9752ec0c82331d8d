/**
 * A simulated market as an SVG, drawn by Vega without a browser: price, equity by group, insurance fund, liquidations and bad debt, hour
 * by hour, one above the other.
 * @module
 */
import { type Axis, type GroupMark, type Mark, parse, type Spec, View } from "vega";
import { SCALE } from "#protocol/params.ts";
import { GROUPS, type Group } from "#simulate/population.ts";
import type { Sample } from "#simulate/recorder.ts";

const WIDTH = 860;
const FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
/** Dark enough on white, and apart for the colour-blind. */
const GROUP: Readonly<Record<Exclude<Group, "treasury">, { readonly title: string; readonly color: string }>> = {
  maker: { title: "makers", color: "#1f6fb4" },
  trader: { title: "leveraged traders", color: "#d1495b" },
  seller: { title: "option sellers", color: "#e08e0b" },
  buyer: { title: "option buyers", color: "#3a9d5d" },
  hedger: { title: "hedgers", color: "#7d5ba6" },
  backstop: { title: "backstop", color: "#5d6b78" },
};
const SHOWN = GROUPS.filter((group) => group !== "treasury");
const INK = {
  price: "#30343b",
  fund: "#3a9d5d",
  bars: "#d1495b",
  debt: "#8f2d3b",
  deficit: "#e08e0b",
  shade: "#f1e3c4",
};

type Row = { readonly time: number; readonly value: number };
type Line = { readonly name: string; readonly color: string; readonly rows: readonly Row[]; readonly isStep?: boolean };
type Panel = {
  readonly title: string;
  readonly height: number;
  readonly format: string;
  readonly lines: readonly Line[];
  readonly bars?: readonly Row[];
  readonly zero: boolean;
};

/** The picture of a simulation of `title`. */
export async function simulationSvg(title: string, subtitle: string, samples: readonly Sample[]): Promise<string> {
  const panels = panelsOf(samples);
  const times = samples.map(({ time }) => time * 1000);
  const spec: Spec = {
    background: "white",
    padding: 18,
    layout: { columns: 1, padding: { row: 44, column: 0 }, bounds: "full", align: "each" },
    title: { text: title, subtitle, anchor: "start", offset: 22, subtitlePadding: 5 },
    scales: [
      {
        name: "group",
        type: "ordinal",
        domain: SHOWN.map((group) => GROUP[group].title),
        range: SHOWN.map((group) => GROUP[group].color),
      },
    ],
    legends: [
      {
        stroke: "group",
        symbolType: "stroke",
        orient: "bottom",
        direction: "horizontal",
        offset: 16,
        title: "equity of",
      },
    ],
    config: {
      title: { font: FONT, subtitleFont: FONT, fontSize: 17, subtitleFontSize: 12, subtitleColor: "#555" },
      axis: {
        labelFont: FONT,
        labelFontSize: 11,
        gridColor: "#e3e6ea",
        domainColor: "#888",
        tickColor: "#888",
      },
      legend: {
        labelFont: FONT,
        labelFontSize: 12,
        labelLimit: 0,
        symbolSize: 300,
        symbolStrokeWidth: 3,
        columnPadding: 24,
      },
    },
    marks: panels.map((panel, at) => group(panel, at, times, shadesOf(samples))),
  };
  return new View(parse(spec), { renderer: "none" }).toSVG();
}

const usdc = (cash: bigint): number => Number(cash) / Number(SCALE.cash);

function panelsOf(samples: readonly Sample[]): readonly Panel[] {
  const rows = (of: (sample: Sample) => number): readonly Row[] =>
    samples.map((sample) => ({ time: sample.time * 1000, value: of(sample) }));
  return [
    {
      title: "price of BTC (USD); shaded: the last table waits to be confirmed, positions may only shrink",
      height: 150,
      format: ",.0f",
      zero: false,
      lines: [{ name: "price", color: INK.price, rows: rows(({ spot }) => spot) }],
    },
    {
      title: "equity of each group less what it brought in (USDC)",
      height: 200,
      format: ",.3~s",
      zero: true,
      lines: SHOWN.map((name) => ({ name, color: GROUP[name].color, rows: rows(({ profit }) => usdc(profit[name])) })),
    },
    {
      title: "insurance fund (USDC)",
      height: 90,
      format: ",.3~s",
      zero: true,
      lines: [{ name: "fund", color: INK.fund, rows: rows(({ insurance }) => usdc(insurance)), isStep: true }],
    },
    {
      title: "accounts liquidated in the hour",
      height: 90,
      format: ",.0f",
      zero: true,
      lines: [],
      bars: rows(({ liquidated }) => liquidated),
    },
    {
      title: "bad debt since the start (USDC)",
      height: 90,
      format: ",.3~s",
      zero: true,
      lines: [{ name: "debt", color: INK.debt, rows: rows(({ badDebt }) => usdc(badDebt)), isStep: true }],
    },
  ];
}

/** Upper end of an axis of zeros. */
const LEAST_TOP = 10;

type Shade = { readonly from: number; readonly to: number };
const HALF_HOUR = 1_800_000;
const shadesOf = (samples: readonly Sample[]): readonly Shade[] =>
  samples.flatMap(({ time, wasCloseOnly }) =>
    wasCloseOnly ? [{ from: time * 1000 - HALF_HOUR, to: time * 1000 + HALF_HOUR }] : [],
  );

function group(panel: Panel, at: number, times: readonly number[], shades: readonly Shade[]): GroupMark {
  const { title, height, format, lines, bars, zero } = panel;
  const values = [...lines.flatMap(({ rows }) => rows), ...(bars ?? [])].map(({ value }) => value);
  // Where nothing happened there still is an axis.
  const top = Math.max(...values, ...(zero ? [LEAST_TOP] : []));
  const axes: Axis[] = [
    {
      scale: "x",
      orient: "bottom",
      format: "%d %b %H:%M",
      tickCount: 8,
      grid: true,
      gridScale: "y",
      labelOverlap: true,
    },
    {
      scale: "y",
      orient: "left",
      format,
      tickCount: Math.round(height / 28),
      grid: true,
      gridScale: "x",
      minExtent: 56,
    },
  ];
  return {
    type: "group",
    encode: { update: { width: { value: WIDTH }, height: { value: height } } },
    data: [
      { name: `shades${at}`, values: [...shades] },
      { name: `bars${at}`, values: [...(bars ?? [])] },
      ...lines.map(({ name, rows }) => ({ name: `${name}${at}`, values: [...rows] })),
    ],
    scales: [
      { name: "x", type: "utc", domain: [times[0] ?? 0, times.at(-1) ?? 1], range: [0, WIDTH] },
      {
        name: "y",
        type: "linear",
        domain: [Math.min(...values, ...(zero ? [0] : [])), top],
        range: [height, 0],
        zero: false,
        nice: true,
      },
    ],
    axes,
    marks: [
      ...(at === 0 ? [shading(`shades${at}`, height)] : []),
      heading(title),
      ...(bars ? [bar(`bars${at}`, times)] : []),
      ...lines.map(({ name, color, isStep }) => line(`${name}${at}`, color, isStep === true)),
    ],
  };
}

const heading = (title: string): Mark => ({
  type: "text",
  encode: {
    update: {
      x: { value: 0 },
      y: { value: -10 },
      text: { value: title },
      font: { value: FONT },
      fontSize: { value: 12.5 },
      fontWeight: { value: "bold" },
      fill: { value: "#111" },
    },
  },
});

const shading = (data: string, height: number): Mark => ({
  type: "rect",
  from: { data },
  encode: {
    update: {
      x: { scale: "x", field: "from" },
      x2: { scale: "x", field: "to" },
      y: { value: 0 },
      y2: { value: height },
      fill: { value: INK.shade },
    },
  },
});

const bar = (data: string, times: readonly number[]): Mark => ({
  type: "rect",
  from: { data },
  encode: {
    update: {
      x: { scale: "x", field: "time", offset: -barWidth(times) / 2 },
      width: { value: barWidth(times) },
      y: { scale: "y", field: "value" },
      y2: { scale: "y", value: 0 },
      fill: { value: INK.bars },
    },
  },
});
const barWidth = (times: readonly number[]): number => Math.max(1, (0.8 * WIDTH) / Math.max(1, times.length));

const line = (data: string, color: string, isStep: boolean): Mark => ({
  type: "line",
  from: { data },
  encode: {
    update: {
      x: { scale: "x", field: "time" },
      y: { scale: "y", field: "value" },
      stroke: { value: color },
      strokeWidth: { value: 1.8 },
      interpolate: { value: isStep ? "step-after" : "linear" },
    },
  },
});

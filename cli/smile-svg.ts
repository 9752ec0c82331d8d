/**
 * Volatility smiles as an SVG, drawn by Vega without a browser: a panel per expiry.
 * @module
 */
import { type EncodeEntry, type GroupMark, type Mark, parse, type Spec, View } from "vega";
import type { Smile, StepSmiles } from "#market/smile.ts";

const PANEL = { width: 520, height: 300 } as const;
const COLUMNS = 2;
const FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
/** Dark enough on white, and apart for the colour-blind. */
const LAYER = {
  market: { title: "market, bid to ask", color: "#7f8c9b", shape: "M-0.12,-0.9h0.24v1.8h-0.24z" },
  curve: { title: "surface of the signed report (SVI)", color: "#1f6fb4", shape: "stroke" },
  mark: { title: "proved mark", color: "#d1495b", shape: "diamond" },
} as const;
type Layer = keyof typeof LAYER;

/** The picture of a step. */
export async function smileSvg({ number, time, smiles }: StepSmiles): Promise<string> {
  const layers = (["market", "curve", "mark"] as const).filter((layer) => smiles.some((smile) => has(smile, layer)));
  const names = [...new Set(smiles.map(({ underlying }) => underlying))].join(", ");
  const spec: Spec = {
    background: "white",
    padding: 16,
    layout: {
      columns: Math.min(COLUMNS, smiles.length),
      padding: { row: 56, column: 56 },
      bounds: "full",
      align: "each",
    },
    title: {
      text: `Implied volatility of ${names} options at step ${number}`,
      subtitle: `prices of ${utc(time)}`,
      anchor: "start",
      offset: 14,
    },
    scales: [
      { name: "color", type: "ordinal", domain: layers.map(titleOf), range: layers.map((each) => LAYER[each].color) },
      { name: "shape", type: "ordinal", domain: layers.map(titleOf), range: layers.map((each) => LAYER[each].shape) },
    ],
    legends: [
      { fill: "color", stroke: "color", shape: "shape", orient: "bottom", direction: "horizontal", offset: 18 },
    ],
    config: {
      title: { font: FONT, subtitleFont: FONT, fontSize: 17, subtitleFontSize: 12, subtitleColor: "#555" },
      axis: {
        labelFont: FONT,
        titleFont: FONT,
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: "normal",
        gridColor: "#e3e6ea",
        domainColor: "#888",
        tickColor: "#888",
      },
      legend: { labelFont: FONT, labelFontSize: 12, symbolSize: 130, labelLimit: 0, columnPadding: 28 },
    },
    marks: smiles.map(panel),
  };
  return new View(parse(spec), { renderer: "none" }).toSVG();
}

const titleOf = (layer: Layer): string => LAYER[layer].title;
const has = ({ market, curves, marks }: Smile, layer: Layer): boolean =>
  ({ market, curve: curves, mark: marks })[layer].length > 0;
const utc = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** One expiry: forward, market, curves and marks over strike. */
function panel(smile: Smile, index: number): GroupMark {
  const { underlying, expiry, days, forward, market, curves, marks } = smile;
  const [bars, points] = [`market${index}`, `marks${index}`];
  const lines = curves.map((values, at) => ({ name: `curve${index}-${at}`, values: [...values] }));
  const vols = [...curves.flat(), ...marks].map(({ vol }) => vol).concat(market.flatMap(({ bid, ask }) => [bid, ask]));
  const strikes = [forward, ...[...market, ...curves.flat(), ...marks].map(({ strike }) => strike)];
  const heading = `${underlying}, ${day(expiry)}, ${days.toFixed(days < 10 ? 1 : 0)} days`;
  const label = {
    x: { ...STRIKE, offset: { field: "aside" } },
    y: { ...VOL, offset: -9 },
    text: { field: "label" },
    align: { field: "align" },
  };
  return {
    type: "group",
    encode: { update: { width: { value: PANEL.width }, height: { value: PANEL.height } } },
    data: [
      { name: bars, values: [...market] },
      { name: points, values: marks.map((mark) => ({ ...mark, ...labelOf(mark, curves[0] ?? []) })) },
      ...lines,
    ],
    scales: [
      { name: "x", type: "linear", domain: extent(strikes), range: [0, PANEL.width], zero: false },
      { name: "y", type: "linear", domain: extent(vols), range: [PANEL.height, 0], zero: false, padding: 18 },
    ],
    axes: [
      { scale: "x", orient: "bottom", title: "strike (USDC)", format: ",.0f", tickCount: 7, grid: true },
      { scale: "y", orient: "left", title: "implied volatility (per year)", format: "~%", tickCount: 7, grid: true },
    ],
    marks: [
      text(null, { x: { value: 0 }, y: { value: -12 }, text: { value: heading } }, HEADING),
      ...forwardMarks(forward),
      ranges(bars),
      ...lines.map(({ name }) => curve(name)),
      symbols(points),
      // Twice, so that a line behind does not cross the letters.
      text(points, label, { ...LABEL, stroke: { value: "white" }, strokeWidth: { value: 4 } }),
      text(points, label, LABEL),
    ],
  };
}

const STRIKE = { scale: "x", field: "strike" };
const VOL = { scale: "y", field: "vol" };
const LABEL: EncodeEntry = { fontSize: { value: 11 }, fill: { value: "#333" } };
const HEADING: EncodeEntry = { fontSize: { value: 13 }, fontWeight: { value: "bold" }, fill: { value: "#111" } };

const text = (data: string | null, what: EncodeEntry, style: EncodeEntry): Mark => ({
  type: "text",
  ...(data ? { from: { data } } : {}),
  encode: { update: { ...what, ...style, font: { value: FONT } } },
});

/** A dashed line and what it stands at. */
const forwardMarks = (forward: number): Mark[] => {
  const x = { scale: "x", value: forward };
  const words = `forward ${forward.toLocaleString("en-US", { maximumFractionDigits: 0 })}`;
  const dashed = { stroke: { value: "#999" }, strokeDash: { value: [4, 4] } };
  return [
    { type: "rule", encode: { update: { x, y: { value: 0 }, y2: { value: PANEL.height }, ...dashed } } },
    text(null, { x: { ...x, offset: 5 }, y: { value: 11 }, text: { value: words } }, LABEL),
  ];
};

const ranges = (data: string): Mark => ({
  type: "rule",
  from: { data },
  encode: {
    update: {
      x: STRIKE,
      y: { scale: "y", field: "bid" },
      y2: { scale: "y", field: "ask" },
      stroke: { value: LAYER.market.color },
      strokeWidth: { value: 3 },
    },
  },
});

const curve = (data: string): Mark => ({
  type: "line",
  from: { data },
  encode: { update: { x: STRIKE, y: VOL, stroke: { value: LAYER.curve.color }, strokeWidth: { value: 1.8 } } },
});

const symbols = (data: string): Mark => ({
  type: "symbol",
  from: { data },
  encode: {
    update: {
      x: STRIKE,
      y: VOL,
      shape: { value: LAYER.mark.shape },
      size: { value: 80 },
      fill: { value: LAYER.mark.color },
      stroke: { value: "white" },
    },
  },
});

/** Strike and kind, on the side of the point where the curve is below it. */
function labelOf({ strike, kind, vol }: Smile["marks"][number], curve: Smile["curves"][number]): object {
  const next = curve.find((each) => each.strike > strike);
  const isFalling = next === undefined || next.vol < vol;
  const text = { label: `${strike}-${kind === "put" ? "P" : "C"}` };
  return isFalling ? { ...text, align: "left", aside: 5 } : { ...text, align: "right", aside: -5 };
}

const extent = (values: readonly number[]): [number, number] =>
  values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];

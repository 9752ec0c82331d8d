/**
 * Baby Jubjub: 168700 x² + y² = 1 + 168696 x² y² over the BN254 scalar field, of order 8 l.
 * `a` is a square and `d` is not, so the addition law below is complete: no case is exceptional.
 * Not constant time: the secret of a trader is used on the trader's own machine.
 * @module
 */
import { invert, toField } from "./field.ts";
import { FIELD } from "./params.ts";

export type Point = { readonly x: bigint; readonly y: bigint };

export const CURVE = { a: 168700n, d: 168696n } as const;
/** Order `l` of the prime subgroup; the cofactor is 8. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;
export const IDENTITY: Point = { x: 0n, y: 1n };
/** circomlib's generator of the prime subgroup. */
export const BASE8: Point = {
  x: 5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  y: 16950150798460657717958625567821834550301663161624707787222815936182638968203n,
};

/** Projective (X : Y : Z), so that a multiplication needs one inversion. */
type Projective = readonly [x: bigint, y: bigint, z: bigint];
const NEUTRAL: Projective = [0n, 1n, 1n];

function add([x1, y1, z1]: Projective, [x2, y2, z2]: Projective): Projective {
  const a = (z1 * z2) % FIELD;
  const b = (a * a) % FIELD;
  const c = (x1 * x2) % FIELD;
  const d = (y1 * y2) % FIELD;
  const e = (CURVE.d * c * d) % FIELD;
  const [f, g] = [b - e, b + e];
  return [
    (((a * f) % FIELD) * ((x1 + y1) * (x2 + y2) - c - d)) % FIELD,
    (((a * g) % FIELD) * (d - CURVE.a * c)) % FIELD,
    (f * g) % FIELD,
  ];
}

function double([x, y, z]: Projective): Projective {
  const b = ((x + y) * (x + y)) % FIELD;
  const c = (x * x) % FIELD;
  const d = (y * y) % FIELD;
  const e = CURVE.a * c;
  const f = (e + d) % FIELD;
  const j = (f - 2n * z * z) % FIELD;
  return [((b - c - d) * j) % FIELD, (f * ((e - d) % FIELD)) % FIELD, (f * j) % FIELD];
}

const WINDOW = 4n;

/** 0, P, 2P, … 15P. */
function multiples(point: Projective): Projective[] {
  const table = [NEUTRAL];
  for (let i = 1; i < 1 << Number(WINDOW); i++) table.push(add(table[i - 1] as Projective, point));
  return table;
}

const projective = ({ x, y }: Point): Projective => [x, y, 1n];
function affine([x, y, z]: Projective): Point {
  const inverse = invert(z);
  return { x: toField(x * inverse), y: toField(y * inverse) };
}

/** Complete addition. */
export const addPoints = (p: Point, q: Point): Point => affine(add(projective(p), projective(q)));

/** `scalar` times any point of the curve; `scalar` is not reduced, so the cofactor is honoured. */
export function multiplyPoint(point: Point, scalar: bigint): Point {
  if (scalar < 0n) throw new RangeError("negative scalar");
  const table = multiples(projective(point));
  let sum = NEUTRAL;
  for (const digit of scalar.toString(1 << Number(WINDOW))) {
    for (let i = 0n; i < WINDOW; i++) sum = double(sum);
    sum = add(sum, table[Number.parseInt(digit, 16)] as Projective);
  }
  return affine(sum);
}

let baseTables: Projective[][] | undefined;

/** `scalar` times `BASE8`, from a table of every digit's multiples. */
export function multiplyBase(scalar: bigint): Point {
  const reduced = ((scalar % SUBGROUP_ORDER) + SUBGROUP_ORDER) % SUBGROUP_ORDER;
  baseTables ??= Array.from({ length: 63 }, (_, i) =>
    multiples(projective(multiplyPoint(BASE8, 1n << (WINDOW * BigInt(i))))),
  );
  let sum = NEUTRAL;
  for (let i = 0, rest = reduced; rest > 0n; i++, rest >>= WINDOW) {
    sum = add(sum, (baseTables[i] as Projective[])[Number(rest & 15n)] as Projective);
  }
  return affine(sum);
}

export const samePoint = (p: Point, q: Point): boolean => p.x === q.x && p.y === q.y;

/** Coordinates are canonical and satisfy the curve's equation. */
export function isOnCurve({ x, y }: Point): boolean {
  if (x < 0n || x >= FIELD || y < 0n || y >= FIELD) return false;
  const [xx, yy] = [x * x, y * y];
  return (CURVE.a * xx + yy - 1n - CURVE.d * xx * yy) % FIELD === 0n;
}

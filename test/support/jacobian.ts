/**
 * Which wires of a witness can move together, to first order, while the inputs stay: the kernel of the constraints'
 * derivative. A finer sieve than changing one wire at a time.
 * @module
 */
import { invert, toField } from "#protocol/field.ts";
import type { Constraint } from "./r1cs.ts";

type Row = Map<number, bigint>;

/** Differential of a b - c at `witness`; a wire in `fixed` does not move. */
function differential({ a, b, c }: Constraint, witness: readonly bigint[], fixed: (wire: number) => boolean): Row {
  const row: Row = new Map();
  const value = (terms: Constraint["a"]) =>
    toField(terms.reduce((sum, { wire, factor }) => sum + factor * (witness[wire] as bigint), 0n));
  const add = (terms: Constraint["a"], scale: bigint) => {
    for (const { wire, factor } of terms)
      if (!fixed(wire)) row.set(wire, toField((row.get(wire) ?? 0n) + factor * scale));
  };
  add(a, value(b));
  add(b, value(a));
  add(c, -1n);
  for (const [wire, factor] of row) if (factor === 0n) row.delete(wire);
  return row;
}

/**
 * Wires that some direction of the kernel moves. A constraint that is a square of what still moves has no derivative where it
 * holds, yet says that its root is 0: such roots count as constraints.
 */
export function movable(
  constraints: readonly Constraint[],
  witness: readonly bigint[],
  isHeld: (wire: number) => boolean,
): number[] {
  const rows = constraints.map((constraint) => differential(constraint, witness, isHeld));
  const roots = new Map<Constraint, Row>();
  for (;;) {
    const copies = [...rows, ...roots.values()].map((row) => new Map(row));
    const still = propagate(copies);
    const free = eliminate(copies, (wire) => still.has(wire), witness.length, isHeld);
    const isFree = new Set(free);
    const before = roots.size;
    for (const constraint of free.length === 0 ? [] : constraints) {
      const root = roots.has(constraint) ? null : rootOf(constraint, witness, isFree);
      if (root) roots.set(constraint, root);
    }
    if (roots.size === before) return free;
  }
}

/** The left factor over the wires that move, if the constraint is its square times a constant; else null. */
function rootOf({ a, b, c }: Constraint, witness: readonly bigint[], isFree: ReadonlySet<number>): Row | null {
  const [left, right, product] = [a, b, c].map((terms) => {
    const row: Row = new Map();
    let value = 0n;
    for (const { wire, factor } of terms) {
      value += factor * (witness[wire] as bigint);
      if (isFree.has(wire)) row.set(wire, factor);
    }
    return { row, value: toField(value) };
  }) as [Side, Side, Side];
  const [lead] = left.row;
  if (lead === undefined || left.value !== 0n || right.value !== 0n || product.row.size > 0) return null;
  const scale = toField((right.row.get(lead[0]) ?? 0n) * invert(lead[1]));
  const isMultiple = [...left.row].every(([wire, factor]) => right.row.get(wire) === toField(factor * scale));
  return scale !== 0n && isMultiple && right.row.size === left.row.size ? left.row : null;
}
type Side = { readonly row: Row; readonly value: bigint };

/** Wires held by a row in which nothing else can move, and so on: nearly all of them. Their columns leave the rows. */
function propagate(rows: readonly Row[]): Set<number> {
  const still = new Set<number>();
  const rowsOf = new Map<number, Row[]>();
  for (const row of rows) for (const wire of row.keys()) rowsOf.set(wire, [...(rowsOf.get(wire) ?? []), row]);
  const ready = rows.filter((row) => row.size === 1);
  for (let row = ready.pop(); row !== undefined; row = ready.pop()) {
    const [wire] = row.keys();
    if (wire === undefined) continue;
    still.add(wire);
    for (const other of rowsOf.get(wire) ?? []) {
      other.delete(wire);
      if (other.size === 1) ready.push(other);
    }
  }
  return still;
}

/** Gauss-Jordan on what is left. A wire moves if it has no pivot, or if its pivot's row still names such a wire. */
function eliminate(
  rows: readonly Row[],
  isStill: (wire: number) => boolean,
  wires: number,
  isHeld: (wire: number) => boolean,
): number[] {
  const pivots = new Map<number, Row>();
  const subtract = (row: Row, wire: number, pivot: Row) => {
    const scale = row.get(wire) as bigint;
    for (const [column, factor] of pivot) {
      const left = toField((row.get(column) ?? 0n) - scale * factor);
      if (left === 0n) row.delete(column);
      else row.set(column, left);
    }
  };
  for (const row of rows) {
    for (const [wire, pivot] of pivots) if (row.has(wire)) subtract(row, wire, pivot);
    const [lead] = row;
    if (lead === undefined) continue;
    const scale = invert(lead[1]);
    const normal: Row = new Map([...row].map(([wire, factor]) => [wire, toField(factor * scale)]));
    for (const other of pivots.values()) if (other.has(lead[0])) subtract(other, lead[0], normal);
    pivots.set(lead[0], normal);
  }
  return Array.from({ length: wires }, (_, wire) => wire).filter((wire) => {
    if (isHeld(wire) || isStill(wire)) return false;
    const pivot = pivots.get(wire);
    return pivot === undefined || pivot.size > 1;
  });
}

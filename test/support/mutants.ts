/**
 * Mutants of a circuit: each lacks one constraint. A mutant is killed if a second witness of the same inputs is found for it, that
 * is if the constraint was needed: what is deleted without anybody noticing is either redundant or held by no test.
 *
 * A lie about the inputs kills a mutant too, if the whole circuit refuses it and the mutant does not.
 *
 * The search lies about one wire of the deleted constraint and repairs what that breaks: a violated constraint is solved for a wire
 * that has not moved yet, and a range is spelt anew in its bits.
 * @module
 */
import { invert, toField } from "#protocol/field.ts";
import { FIELD } from "#protocol/params.ts";
import { movable } from "./jacobian.ts";
import { type Constraint, holds } from "./r1cs.ts";

export type System = {
  readonly constraints: readonly Constraint[];
  /** Wire 0 and the inputs: a forger may not choose them. */
  readonly isHeld: (wire: number) => boolean;
  readonly isOutput: (wire: number) => boolean;
};
type Terms = Constraint["a"];
type Line = { readonly constant: bigint; readonly slope: bigint };

/** Repairs tried from one lie, and wires that one forgery may move. */
const [REPAIRS, MOVES] = [400, 3_000];

const line = (terms: Terms, wire: number, witness: readonly bigint[]): Line => {
  let [constant, slope] = [0n, 0n];
  for (const term of terms) {
    if (term.wire === wire) slope += term.factor;
    else constant += term.factor * (witness[term.wire] as bigint);
  }
  return { constant: toField(constant), slope: toField(slope) };
};

/** Square root modulo the field, by Tonelli and Shanks; null if there is none. */
export function fieldRoot(square: bigint): bigint | null {
  const power = (base: bigint, exponent: bigint): bigint => {
    let [result, factor] = [1n, toField(base)];
    for (let left = exponent; left > 0n; left >>= 1n) {
      if (left & 1n) result = (result * factor) % FIELD;
      factor = (factor * factor) % FIELD;
    }
    return result;
  };
  if (square === 0n) return 0n;
  const half = (FIELD - 1n) / 2n;
  if (power(square, half) !== 1n) return null;
  let [odd, twos] = [FIELD - 1n, 0];
  while (odd % 2n === 0n) [odd, twos] = [odd / 2n, twos + 1];
  let generator = 2n;
  while (power(generator, half) === 1n) generator++;
  let [order, c, t, root] = [twos, power(generator, odd), power(square, odd), power(square, (odd + 1n) / 2n)];
  while (t !== 1n) {
    let [i, squared] = [0, t];
    while (squared !== 1n) [squared, i] = [(squared * squared) % FIELD, i + 1];
    const b = power(c, 1n << BigInt(order - i - 1));
    [order, c, t, root] = [i, (b * b) % FIELD, (t * b * b) % FIELD, (root * b) % FIELD];
  }
  return root;
}

/** Values of `wire` that satisfy a constraint while all others stay. */
function solutions({ a, b, c }: Constraint, wire: number, witness: readonly bigint[]): bigint[] {
  const [left, right, product] = [a, b, c].map((terms) => line(terms, wire, witness)) as [Line, Line, Line];
  const two = toField(left.slope * right.slope);
  const one = toField(left.slope * right.constant + left.constant * right.slope - product.slope);
  const zero = toField(left.constant * right.constant - product.constant);
  if (two === 0n) return one === 0n ? [] : [toField(-zero * invert(one))];
  const root = fieldRoot(toField(one * one - 4n * two * zero));
  if (root === null) return [];
  const half = invert(2n * two);
  return [toField((root - one) * half), toField((-root - one) * half)];
}

/** Wires that a constraint b (b - 1) = 0, or b (b - something) = 0, keeps at 0 or 1 by itself. */
const bitOf = ({ a, b, c }: Constraint): number | null => {
  if (c.length > 0) return null;
  const alone = (one: Terms, other: Terms): number | null => {
    const [only] = one;
    return one.length === 1 && only && other.some(({ wire }) => wire === only.wire) ? only.wire : null;
  };
  return alone(a, b) ?? alone(b, a);
};

/** Finds second witnesses. Built once per circuit. */
export class Forger {
  readonly #system: System;
  readonly #touching = new Map<number, number[]>();
  readonly #bits = new Set<number>();
  readonly #idle = new WeakMap<readonly bigint[], ReadonlySet<number>>();

  constructor(system: System) {
    this.#system = system;
    system.constraints.forEach((constraint, at) => {
      for (const wire of wiresOf(constraint)) this.#touching.set(wire, [...(this.#touching.get(wire) ?? []), at]);
      const bit = bitOf(constraint);
      if (bit !== null) this.#bits.add(bit);
    });
  }

  /**
   * Whether some witness other than `honest` satisfies all constraints but the one at `deleted`. What decides nothing does not make
   * it another: wires that are free in the whole circuit, and those but outputs that no constraint names any more.
   */
  isForged(honest: readonly bigint[], deleted: number): boolean {
    const { constraints, isHeld, isOutput } = this.#system;
    const constraint = constraints[deleted] as Constraint;
    const idle = this.#idleIn(honest);
    const isIdle = (wire: number): boolean => idle.has(wire) || (!isOutput(wire) && this.#degree(wire) === 1);
    const wires = [...wiresOf(constraint)].filter((wire) => !isHeld(wire) && !isIdle(wire));
    for (const wire of wires) {
      const value = honest[wire] as bigint;
      const others = (this.#touching.get(wire) ?? []).filter((at) => at !== deleted);
      const roots = others.slice(0, 8).flatMap((at) => solutions(constraints[at] as Constraint, wire, honest));
      const lies = [value + 1n, value - 1n, 1n - value, value + 2n, 2n * value + 7n, ...roots].map(toField);
      for (const lie of new Set(lies)) {
        if (lie === value) continue;
        const forged = [...honest];
        forged[wire] = lie;
        const budget = { left: REPAIRS };
        if (this.#repaired(forged, new Set([wire]), new Set(this.#touching.get(wire)), deleted, budget)) return true;
      }
    }
    const named = wiresOf(constraint);
    return movable(constraints.toSpliced(deleted, 1), honest, isHeld).some(
      (wire) => !idle.has(wire) && !(named.has(wire) && isIdle(wire)),
    );
  }

  /** Wires that are free in the whole circuit. */
  #idleIn(honest: readonly bigint[]): ReadonlySet<number> {
    const { constraints, isHeld } = this.#system;
    const idle = this.#idle.get(honest) ?? new Set(movable(constraints, honest, isHeld));
    this.#idle.set(honest, idle);
    return idle;
  }

  /**
   * Whether `inputs`, which the whole circuit refuses, have a witness without the constraint at `deleted`. What they leave open
   * is solved for, one wire of one constraint at a time, then range by range; what nothing determines stays 0.
   */
  isAccepted(inputs: ReadonlyMap<number, bigint>, deleted: number): boolean {
    const { constraints } = this.#system;
    const kept = constraints.filter((_, at) => at !== deleted);
    const wires = Math.max(...this.#touching.keys()) + 1;
    const witness = Array.from({ length: wires }, (_, wire) => (wire === 0 ? 1n : (inputs.get(wire) ?? 0n)));
    const open = new Set([...this.#touching.keys()].filter((wire) => !inputs.has(wire)));
    for (let isStuck = false; !isStuck; ) {
      isStuck = true;
      for (const constraint of kept) {
        const [wire, ...others] = [...wiresOf(constraint)].filter((each) => open.has(each));
        if (wire === undefined || others.length > 0 || bitOf(constraint) === wire) continue;
        const [value] = solutions(constraint, wire, witness);
        if (value === undefined) {
          if (holds(constraint, witness)) continue;
          return false;
        }
        witness[wire] = value;
        open.delete(wire);
        isStuck = false;
      }
      if (isStuck) isStuck = !this.#isSpelt(kept, witness, open);
    }
    return kept.every((constraint) => holds(constraint, witness));
  }

  /** Spells in bits every range of which nothing else is open; false if there is none. */
  #isSpelt(kept: readonly Constraint[], witness: bigint[], open: Set<number>): boolean {
    const before = open.size;
    for (const constraint of kept) {
      const bits = [...wiresOf(constraint)].filter((wire) => open.has(wire));
      if (constraint.c.length > 0 || bits.length === 0 || bitOf(constraint) !== null) continue;
      if (!bits.every((wire) => this.#bits.has(wire))) continue;
      const power = sizeOf(toField(constantOf(constraint.a) - constantOf(constraint.b)));
      const [spelling] = [constraint.a, constraint.b].flatMap((top) => [...spelt(top, bits, witness, power)]);
      for (const [wire, value] of spelling ?? []) {
        witness[wire] = value;
        open.delete(wire);
      }
    }
    return open.size < before;
  }

  /** Repairs `witness`, of which `moved` may not move again, where `suspects` may be violated. */
  #repaired(
    witness: bigint[],
    moved: ReadonlySet<number>,
    suspects: ReadonlySet<number>,
    deleted: number,
    budget: { left: number },
  ): boolean {
    const { constraints } = this.#system;
    const open = [...suspects].filter((at) => at !== deleted && !holds(constraints[at] as Constraint, witness));
    if (open.length === 0) return true;
    if (--budget.left < 0 || moved.size > MOVES) return false;
    const at = open[0] as number;
    for (const change of this.#repairs(constraints[at] as Constraint, witness, moved)) {
      const next = [...witness];
      const touched = new Set(open);
      for (const [wire, value] of change) {
        next[wire] = value;
        for (const each of this.#touching.get(wire) ?? []) touched.add(each);
      }
      if (!holds(constraints[at] as Constraint, next)) continue;
      if (this.#repaired(next, new Set([...moved, ...change.keys()]), touched, deleted, budget)) return true;
    }
    return false;
  }

  /** Constraints that name a wire: the fewer, the less a repair breaks. */
  #degree(wire: number): number {
    return this.#touching.get(wire)?.length ?? 0;
  }

  /** Ways to make a violated constraint hold: its bits spelt anew, or one wire solved for. */
  *#repairs(
    constraint: Constraint,
    witness: readonly bigint[],
    moved: ReadonlySet<number>,
  ): Generator<ReadonlyMap<number, bigint>> {
    const free = [...wiresOf(constraint)].filter((wire) => !this.#system.isHeld(wire) && !moved.has(wire));
    const bits = free.filter((wire) => this.#bits.has(wire));
    if (bits.length > 0 && constraint.c.length === 0)
      for (const top of [constraint.a, constraint.b])
        yield* spelt(
          top,
          bits.toSorted((x, y) => this.#degree(x) - this.#degree(y)),
          witness,
          sizeOf(toField(constantOf(constraint.a) - constantOf(constraint.b))),
        );
    const others = free
      .filter((wire) => !this.#bits.has(wire))
      // Of equals the last computed: the others decide it.
      .sort((x, y) => rank(constraint, x) - rank(constraint, y) || this.#degree(x) - this.#degree(y) || y - x);
    for (const wire of others.slice(0, 3)) {
      for (const value of solutions(constraint, wire, witness)) yield new Map([[wire, value]]);
    }
    for (const wire of bits.slice(0, 2)) yield new Map([[wire, 1n - (witness[wire] as bigint)]]);
  }
}

/** A wire that stands alone on the product's side is what the constraint computes. */
const rank = ({ a, b, c }: Constraint, wire: number): number => {
  const isIn = (terms: Terms) => terms.some((term) => term.wire === wire);
  return isIn(c) && !isIn(a) && !isIn(b) ? 0 : 1;
};

const wiresOf = ({ a, b, c }: Constraint): Set<number> => {
  const wires = new Set<number>();
  for (const terms of [a, b, c]) for (const { wire } of terms) wires.add(wire);
  wires.delete(0);
  return wires;
};

const constantOf = (terms: Terms): bigint => terms.find(({ wire }) => wire === 0)?.factor ?? 0n;

/**
 * The bits of a range, the likeliest first, such that top (top - power) = 0: what `top` leaves is 0, or one more power of two.
 * `power` is 0 if it is no constant.
 */
function* spelt(
  top: Terms,
  bits: readonly number[],
  witness: readonly bigint[],
  power: bigint,
): Generator<ReadonlyMap<number, bigint>> {
  // Bits stand with -2^i or with 2^i, times a common factor; booleans of another weight, or of one taken, are no part of the range.
  const factors = new Map(top.map(({ wire, factor }) => [wire, factor]));
  const [lowest] = bits
    .filter((wire) => factors.has(wire))
    .map((wire) => sizeOf(factors.get(wire) as bigint))
    .sort((x, y) => (x < y ? -1 : 1));
  if (lowest === undefined) return;
  const range = new Map<bigint, number>();
  for (const wire of bits) {
    const size = sizeOf(factors.get(wire) ?? 0n);
    const times = size / lowest;
    if (power !== 0n && size >= power) continue;
    if (size !== 0n && size % lowest === 0n && (times & (times - 1n)) === 0n && !range.has(times))
      range.set(times, wire);
  }
  const parts = new Set(range.values());
  const isPart = (wire: number): boolean => parts.has(wire);
  const sign = top.some(({ wire, factor }) => isPart(wire) && factor > FIELD / 2n) ? 1n : -1n;
  const rest = top.reduce(
    (sum, { wire, factor }) => (isPart(wire) ? sum : sum + factor * (witness[wire] as bigint)),
    0n,
  );
  const total = toField(sign * rest * invert(lowest));
  if (total >> BigInt(range.size + 1) !== 0n) return;
  yield new Map([...range].map(([times, wire]) => [wire, (total / times) % 2n]));
}
/** Magnitude of a factor. */
const sizeOf = (factor: bigint): bigint => (factor < FIELD / 2n ? factor : FIELD - factor);

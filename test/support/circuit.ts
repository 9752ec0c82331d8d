/**
 * A template under test: compiled once per source text, its witness calculator kept warm.
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIELD } from "#protocol/params.ts";
import { type CircuitInput, type WitnessCalculator, witnessAt, witnessCalculator } from "#prover/calculator.ts";
import { type Compilation, compile, REPOSITORY, sourceHash } from "#prover/compile.ts";
import { ProverError } from "#prover/errors.ts";
import { movable } from "./jacobian.ts";
import type { System } from "./mutants.ts";
import { type Constraint, holds, parseR1cs, parseSym, type R1cs } from "./r1cs.ts";

const CACHE = join(REPOSITORY, ".provega", "circuits");

export type Parameter = bigint | number | readonly Parameter[];
export type Options = {
  /** circom text before `component main`: a harness template, for instance one that tags its inputs. */
  readonly source?: string;
  /** Further files to include. */
  readonly include?: readonly string[];
  /** Accept what `circom --inspect` warns of. */
  readonly warnings?: "allow";
};
export type Value = bigint | Value[] | { [field: string]: Value };

/** Compiles `template(...params)` of `circuits/<file>` or of `options.source`. Fails on a compiler warning. */
export async function circuit(
  file: string,
  template: string,
  params: readonly Parameter[],
  options: Options = {},
): Promise<Circuit> {
  const main = [
    "pragma circom 2.2.2;",
    ...[file, ...(options.include ?? [])].map((path) => `include "${path}";`),
    options.source ?? "",
    `component main = ${template}(${params.map(literal).join(", ")});`,
    "",
  ].join("\n");
  const { compilation, folder } = await cached(template, main);
  if (options.warnings !== "allow") assert.deepEqual(compilation.warnings, [], `circom warns of ${template}`);
  const at = (name: string) => readFileSync(join(folder, name));
  return new Circuit(
    template,
    compilation,
    at(compilation.r1cs),
    at(compilation.sym).toString(),
    await witnessCalculator(at(compilation.wasm)),
  );
}

function literal(parameter: Parameter): string {
  if (typeof parameter === "object") return `[${parameter.map(literal).join(", ")}]`;
  const value = BigInt(parameter);
  return String(value < 0n ? value + FIELD : value);
}

/** Paths of the result are relative to `folder`. */
async function cached(template: string, main: string): Promise<{ compilation: Compilation; folder: string }> {
  const building = join(CACHE, `${process.pid}-${createHash("sha256").update(main).digest("hex").slice(0, 16)}`);
  mkdirSync(building, { recursive: true });
  try {
    const file = join(building, `${template}.circom`);
    writeFileSync(file, main);
    const folder = join(CACHE, sourceHash(file).slice(0, 32));
    const record = join(folder, "compilation.json");
    if (!existsSync(record)) {
      const built = await compile(file, building);
      const relative = {
        ...built,
        r1cs: `${template}.r1cs`,
        sym: `${template}.sym`,
        wasm: join(`${template}_js`, `${template}.wasm`),
      };
      writeFileSync(join(building, "compilation.json"), JSON.stringify(relative));
      // Another run may have built the same meanwhile; either copy will do.
      if (!existsSync(folder)) renameSync(building, folder);
    }
    return { compilation: JSON.parse(readFileSync(record, "utf8")) as Compilation, folder };
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

export class Circuit {
  readonly constraints: { readonly nonLinear: number; readonly linear: number };
  readonly #template: string;
  readonly #r1csBytes: Uint8Array;
  #parsed: R1cs | undefined;
  readonly #wires: ReadonlyMap<string, number>;
  readonly #calculator: WitnessCalculator;

  constructor(
    template: string,
    compilation: Compilation,
    r1cs: Uint8Array,
    sym: string,
    calculator: WitnessCalculator,
  ) {
    this.constraints = compilation.constraints;
    this.#template = template;
    this.#r1csBytes = r1cs;
    this.#wires = parseSym(sym);
    this.#calculator = calculator;
  }

  /** The honest witness: wire by wire, wire 0 being 1. */
  witness(input: CircuitInput): bigint[] {
    const bytes = this.#calculator.calculate(input);
    return Array.from({ length: this.#calculator.wires }, (_, wire) => witnessAt(bytes, wire));
  }

  /** Values of the named signals of the template, nested as they are declared. */
  read<const Name extends string>(input: CircuitInput, names: readonly Name[]): { [K in Name]: Value } {
    const bytes = this.#calculator.calculate(input);
    const entries = names.map((name) => [name, this.#valueOf(name, (wire) => witnessAt(bytes, wire))]);
    return Object.fromEntries(entries) as { [K in Name]: Value };
  }

  /**
   * Asserts that a constraint refuses `input`, and that it stands in one of `templates`: the innermost template of the
   * failure, or with "Outer/Inner" the end of the chain of templates that led there.
   */
  rejects(input: CircuitInput, ...templates: readonly [string, ...string[]]): void {
    let refusal: unknown;
    try {
      this.#calculator.calculate(input);
    } catch (error) {
      refusal = error;
    }
    assert(refusal !== undefined, `${this.#template} accepts ${show(input)}`);
    if (!(refusal instanceof ProverError && refusal.code === "WitnessRefused")) throw refusal;
    const chain = [...refusal.message.matchAll(/^Error in template (\w+)_\d+ line/gm)]
      .map(([, name]) => name)
      .reverse();
    const named = templates.some((path) => `/${chain.join("/")}`.endsWith(`/${path}`));
    assert(named, `${this.#template} is refused by ${chain.join("/")}, not by ${templates.join(" or ")}`);
  }

  /** Whether every constraint holds. */
  satisfied(witness: readonly bigint[]): boolean {
    return this.#r1cs.constraints.every((constraint) => holds(constraint, witness));
  }

  /**
   * Names of the wires that can be rewritten, one at a time, in the honest witness of `input` without any constraint
   * noticing. The template's own inputs are left out: they are the caller's choice.
   */
  loose(input: CircuitInput): string[] {
    const witness = this.witness(input);
    assert(this.satisfied(witness), `the honest witness of ${this.#template} does not satisfy it`);
    const held = this.#held();
    const touching = this.#touching();
    return witness.flatMap((honest, wire) => {
      if (held.has(wire)) return [];
      const unnoticed = [honest + 1n, FIELD - honest, 1n - honest, honest + FIELD / 3n].some((forged) => {
        if ((forged - honest) % FIELD === 0n) return false;
        witness[wire] = forged;
        return (touching.get(wire) ?? []).every((constraint) => holds(constraint, witness));
      });
      witness[wire] = honest;
      return unnoticed ? [this.#nameOf(wire)] : [];
    });
  }

  /**
   * Names of the wires that can move together, to first order, in the honest witness of `input` while the template's own
   * inputs stay: advice that more than one value would satisfy.
   */
  movable(input: CircuitInput): string[] {
    const { constraints, isHeld } = this.system();
    return movable(constraints, this.witness(input), isHeld).map((wire) => this.#nameOf(wire));
  }

  /** Its constraints, the wires that a prover may not choose, and the outputs. */
  system(): System {
    const { constraints, outputs } = this.#r1cs;
    const held = this.#held();
    return {
      constraints,
      isHeld: (wire) => held.has(wire),
      isOutput: (wire) => wire > 0 && wire <= outputs,
    };
  }

  /** Wires of an input's values, each of which needs one of its own: an output that equals it would take its place. */
  placed(input: CircuitInput): ReadonlyMap<number, bigint> {
    const place = (name: string, value: CircuitInput[string]): [number, bigint][] =>
      Array.isArray(value)
        ? value.flatMap((each, at) => place(`${name}[${at}]`, each as CircuitInput[string]))
        : [[this.#wireOf(name), BigInt(value as bigint)]];
    return new Map(Object.entries(input).flatMap(([name, value]) => place(name, value)));
  }

  /** Names of a constraint's signals. */
  signals(at: number): readonly string[] {
    const { a = [], b = [], c = [] } = this.#r1cs.constraints[at] ?? {};
    const wires = new Set([...a, ...b, ...c].map(({ wire }) => wire));
    return [...wires].filter((wire) => wire > 0).map((wire) => this.#nameOf(wire));
  }

  /** A constraint in words: the names of its wires. */
  wording(at: number): string {
    const side = (terms: Constraint["a"]) =>
      `[${terms.map(({ wire }) => (wire ? this.#nameOf(wire) : "1")).join(" + ")}]`;
    const constraint = this.#r1cs.constraints[at];
    return constraint ? `${side(constraint.a)} ${side(constraint.b)} = ${side(constraint.c)}` : `no constraint ${at}`;
  }

  /** Parsed when first asked for: most tests only calculate witnesses. */
  get #r1cs(): R1cs {
    this.#parsed ??= parseR1cs(this.#r1csBytes);
    return this.#parsed;
  }

  /** Wire 0 and those of the inputs. One that no constraint names, or that an output equals, has none, yet the r1cs counts it. */
  #held(): ReadonlySet<number> {
    const { outputs, inputs } = this.#r1cs;
    return new Set([0, ...[...this.#wires.values()].slice(outputs, outputs + inputs)]);
  }

  #wireOf(name: string): number {
    const wire = this.#wires.get(name) ?? -1;
    assert(wire > 0, `${this.#template} has no wire for ${name}`);
    return wire;
  }

  #nameOf(wire: number): string {
    return [...this.#wires].find(([, at]) => at === wire)?.[0] ?? `wire ${wire}`;
  }

  #touching(): Map<number, Constraint[]> {
    const touching = new Map<number, Constraint[]>();
    for (const constraint of this.#r1cs.constraints) {
      const wires = new Set([...constraint.a, ...constraint.b, ...constraint.c].map(({ wire }) => wire));
      for (const wire of wires) {
        const list = touching.get(wire);
        if (list) list.push(constraint);
        else touching.set(wire, [constraint]);
      }
    }
    return touching;
  }

  #valueOf(name: string, at: (wire: number) => bigint): Value {
    const wire = this.#wires.get(name);
    if (wire !== undefined) {
      if (wire < 0) throw new RangeError(`${name} was optimised away; read it through an output`);
      return at(wire);
    }
    if (this.#has(`${name}[0]`)) {
      const items: Value[] = [];
      for (let i = 0; this.#has(`${name}[${i}]`); i++) items.push(this.#valueOf(`${name}[${i}]`, at));
      return items;
    }
    const fields = [...this.#wires.keys()]
      .filter((key) => key.startsWith(`${name}.`))
      .map((key) => key.slice(name.length + 1).split(/[.[]/)[0] as string);
    if (fields.length === 0) throw new RangeError(`${this.#template} has no signal ${name}`);
    return Object.fromEntries([...new Set(fields)].map((field) => [field, this.#valueOf(`${name}.${field}`, at)]));
  }

  #has(name: string): boolean {
    return (
      this.#wires.has(name) ||
      [...this.#wires.keys()].some((key) => key.startsWith(`${name}[`) || key.startsWith(`${name}.`))
    );
  }
}

const show = (input: CircuitInput): string =>
  JSON.stringify(input, (_, value) => (typeof value === "bigint" ? String(value) : value));

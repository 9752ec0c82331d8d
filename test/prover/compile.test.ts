import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { witnessAt, witnessCalculator } from "#prover/calculator.ts";
import { compile, REPOSITORY, sourceHash, sourcesOf } from "#prover/compile.ts";
import { ProverError } from "#prover/errors.ts";

const SQUARE = "template Square() { signal input a; signal output b <== a * a; b * (b - 4) === 0; }";

describe("compile", () => {
  let folder: string;
  const file = (name: string, ...lines: string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, ["pragma circom 2.2.2;", ...lines].join("\n"));
    return path;
  };
  const refusal = (pattern: RegExp) => (error: unknown) =>
    error instanceof ProverError && error.code === "CompileFailed" && pattern.test(error.message);

  before(() => {
    mkdirSync(join(REPOSITORY, ".provega"), { recursive: true });
    folder = mkdtempSync(join(REPOSITORY, ".provega", "compile-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("counts constraints and yields a witness calculator", async () => {
    const built = await compile(file("square.circom", SQUARE, "component main = Square();"), folder);
    assert.deepEqual([built.constraints, built.wires, built.warnings], [{ nonLinear: 2, linear: 0 }, 3, []]);
    const calculator = await witnessCalculator(readFileSync(built.wasm));
    assert.equal(witnessAt(calculator.calculate({ a: -2n }), 1), 4n);
    assert.throws(
      () => calculator.calculate({ a: 3n }),
      (error) => error instanceof ProverError && error.code === "WitnessRefused",
    );
    for (const bad of [{}, { a: 2n, b: 4n }, { b: 2n }, { a: [2n, 2n] }]) {
      assert.throws(
        () => calculator.calculate(bad),
        (error) => error instanceof ProverError && error.code === "BadInput",
      );
    }
    assert.equal(witnessAt(calculator.calculate({ a: 2n }), 1), 4n);
  });

  it("passes on what the compiler says", async () => {
    const broken = file(
      "broken.circom",
      "template Broken() { signal input a; a * a * a === 1; }",
      "component main = Broken();",
    );
    await assert.rejects(compile(broken, folder), refusal(/broken\.circom[\s\S]*Non quadratic constraints/));
    await assert.rejects(compile(join(folder, "absent.circom"), folder), refusal(/absent\.circom/));
    const unused = file(
      "unused.circom",
      "template Unused() { signal input a, c; signal output b <== a * a; }",
      "component main = Unused();",
    );
    const { warnings } = await compile(unused, folder);
    assert.match(warnings.join(), /Local signal c does not appear/);
  });

  it("hashes a file together with all it includes", () => {
    const leaf = file("leaf.circom", SQUARE);
    const main = file("main.circom", 'include "leaf.circom";', "component main = Square();");
    assert.deepEqual(sourcesOf(main), [main, leaf]);
    const before = sourceHash(main);
    assert.equal(sourceHash(main), before);
    file("leaf.circom", SQUARE.replace("- 4", "- 9"));
    assert.notEqual(sourceHash(main), before);
    assert.throws(
      () => sourceHash(file("lost.circom", 'include "nowhere.circom";')),
      refusal(/nowhere\.circom, which does not exist/),
    );
  });
});

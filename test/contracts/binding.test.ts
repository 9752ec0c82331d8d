/**
 * L1's public inputs against the specification's, which evaluates the full vector word by word.
 * @module
 */
import assert from "node:assert/strict";
import type { BaseContract } from "ethers";
import fc from "fast-check";
import {
  BOUND_KINDS,
  type BoundKind,
  calldataWords,
  deploymentDomain,
  publicInputs,
  sections,
} from "#protocol/binding.ts";
import { FIELD, PROFILE, type ProfileName, STEP_KIND } from "#protocol/params.ts";
import { connect, world } from "./fixtures/world.ts";

const element = fc.oneof(fc.bigInt({ min: 0n, max: FIELD - 1n }), fc.constantFrom(0n, 1n, FIELD - 1n));
const bits40 = fc.bigInt({ min: 0n, max: 2n ** 40n - 1n });

/** Words of a step with any counts that its sections allow. */
const step = (kind: BoundKind, name: ProfileName) =>
  fc.record({
    header: fc.record({
      kind: fc.constant(kind),
      timestamp: bits40,
      number: bits40,
      oldRoot: element,
      newRoot: element,
      domain: element,
    }),
    entries: fc.tuple(
      ...sections(kind, PROFILE[name]).map(({ capacity, entryWords }) =>
        fc.array(fc.array(element, { minLength: entryWords, maxLength: entryWords }), { maxLength: capacity }),
      ),
    ),
  });

describe("DataBinding", () => {
  let harness: BaseContract;
  before(async () => {
    harness = await (await connect()).ethers.deployContract("Harness");
  });

  for (const name of ["tiny", "devnet", "mainnet"] as const) {
    for (const kind of BOUND_KINDS) {
      it(`computes the public inputs of ${kind} steps as the specification does (${name})`, async () => {
        await fc.assert(
          fc.asyncProperty(step(kind, name), async (drawn) => {
            const words = calldataWords(PROFILE[name], drawn);
            const { c, z, y } = publicInputs(words);
            const bound = await harness.getFunction("bind")(
              drawn.header.domain,
              STEP_KIND[kind],
              PROFILE[name].code,
              c,
              words,
            );
            assert.deepEqual([...bound], [z, y]);
          }),
          { numRuns: name === "mainnet" ? 15 : 40 },
        );
      });
    }
  }

  it("knows its deployment by the specification's domain", async () => {
    const w = await world();
    const domain = deploymentDomain(31337n, BigInt(w.deployment.rollup));
    assert.deepEqual([await w.view("domain"), w.deployment.domain], [domain, domain]);
  });
});

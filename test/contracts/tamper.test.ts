/**
 * A valid submission with anything changed is refused: every byte of it, and every word of a step.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FIELD } from "#protocol/params.ts";
import { revertOf, type Step, USDC, type World, world } from "./fixtures/world.ts";

const uint256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

describe("a valid submission, altered (attacks 2, 3, 4)", () => {
  let w: World;
  let steps: Step[];
  before(async () => {
    w = await world();
    const requests = [await w.register(w.alice, 1, 5n * USDC), await w.deposit(w.bob, 0, USDC)];
    const trade = {
      requests,
      lanes: [
        { account: 0, payout: USDC },
        { account: 0, payout: 7n },
      ],
    };
    steps = await w.chain([{ kind: "marks" }, trade, { kind: "board" }]);
    await w.refuses(w.rollup.getFunction("submit").staticCall([]), "NoSteps");
    await w.rollup.getFunction("submit").staticCall(steps);
  });
  const call = (data: string) => w.operator.call({ to: w.deployment.rollup, data });
  const refused = async (changed: readonly Step[]) =>
    (await revertOf(call(w.rollup.interface.encodeFunctionData("submit", [changed])))).name;

  it("is refused for every byte of its calldata", async () => {
    const data = Buffer.from(w.rollup.interface.encodeFunctionData("submit", [steps]).slice(2), "hex");
    const accepted: number[] = [];
    for (let at = 4; at < data.length; at++) {
      const byte = data[at] as number;
      data[at] = byte ^ (1 << (at % 8));
      await call(`0x${data.toString("hex")}`).then(
        () => accepted.push(at),
        (error: { data?: unknown }) => assert.equal(typeof error.data, "string", `byte ${at} failed without reverting`),
      );
      data[at] = byte;
    }
    assert.deepEqual(accepted, []);
    await call(`0x${data.toString("hex")}`);
  });

  it("is refused for any other word, commitment or proof word", async () => {
    const places = steps.flatMap(({ words, proof }, step) => [
      { step, part: "commitment" as const, at: 0 },
      ...words.map((_, at) => ({ step, part: "words" as const, at })),
      ...proof.map((_, at) => ({ step, part: "proof" as const, at })),
    ]);
    const change = fc.record({
      place: fc.constantFrom(...places),
      value: fc.oneof(uint256, fc.constantFrom(0n, 1n, FIELD - 1n, FIELD, 2n ** 256n - 1n)),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ place: { step, part, at }, value }) => {
        const old = steps[step] as Step;
        fc.pre((part === "commitment" ? old.commitment : old[part][at]) !== value);
        const changed =
          part === "commitment" ? { ...old, commitment: value } : { ...old, [part]: old[part].with(at, value) };
        assert((await refused(steps.with(step, changed))).length > 0);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused with its steps in another order, one left out or one repeated", async () => {
    const [marks, trade] = steps as [Step, Step];
    const arrangements = [[trade, marks], [trade], [marks, marks], [marks, trade, trade]];
    for (const arrangement of arrangements) assert.equal(await refused(arrangement), "StaleRoot");
  });

  it("is accepted as it was", async () => {
    await w.submit(steps);
    assert.equal(await w.view("root"), steps.at(-1)?.words[2]);
  });
});

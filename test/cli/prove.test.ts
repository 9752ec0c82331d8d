import assert from "node:assert/strict";
import { join } from "node:path";
import { publicInputs } from "#protocol/binding.ts";
import { MemoryProver, openVenue, removeFolder, temporaryFolder, type Venue } from "#test/node/support/venue.ts";
import { cli } from "./support.ts";

describe("provega prove", () => {
  let venue: Venue;
  const folder = temporaryFolder();
  // The proofs themselves are tested with the prover; here it answers with the public inputs of what it was asked.
  const openProver = async () => ({
    artifacts: {},
    prover: {
      prove: (request: object) => new MemoryProver().prove(request as never) as never,
      verify: async () => true,
      close() {},
    },
    close() {},
  });

  before(async () => {
    venue = await openVenue({ folder });
    await venue.fund(2);
    await venue.publish();
    await venue.settled();
  });
  after(() => removeFolder(folder));

  it("refuses while the node runs", async () => {
    const { code, stderr } = await cli(["prove", "--step", "1", "--data", folder], {}, { openProver });
    assert.equal(code, 1);
    assert.match(stderr, /AlreadyRunning/);
    await venue.close();
  });

  it("proves any sealed step from the journal", async () => {
    const height = venue.sequencer.steps.height;
    assert.ok(height >= 2);
    for (let step = 1; step <= height; step++) {
      const { code, stdout, stderr } = await cli(
        ["prove", "--step", String(step), "--data", folder],
        {},
        { openProver },
      );
      assert.equal(code, 0, stderr);
      const result = JSON.parse(stdout);
      const { sealed } = venue.sequencer.steps.get(step) ?? assert.fail();
      const { c, z, y } = publicInputs(sealed.words);
      assert.deepEqual(result.words, sealed.words.map(String));
      assert.deepEqual(result.publicInputs, [c, z, y].map(String));
      assert.equal(result.kind, sealed.kind);
    }
  });

  it("refuses steps and journals that are not there, and a proof of something else", async () => {
    const beyond = await cli(["prove", "--step", "99", "--data", folder], {}, { openProver });
    assert.match(beyond.stderr, /UnknownStep: the journal has no step 99; its newest is \d/);
    const missing = await cli(["prove", "--step", "1", "--data", join(folder, "nowhere")], {}, { openProver });
    assert.match(missing.stderr, /JournalMissing/);
    const lying = async () => ({
      ...(await openProver()),
      prover: {
        prove: async () => ({
          proof: [],
          publicSignals: [1n, 2n, 3n],
          timings: { witnessMs: 0, proveMs: 0, verifyMs: 0 },
        }),
        verify: async () => true,
        close() {},
      },
    });
    const other = await cli(["prove", "--step", "1", "--data", folder], {}, { openProver: lying });
    assert.match(other.stderr, /ProofInvalid/);
    for (const { code } of [beyond, missing, other]) assert.equal(code, 1);
  });
});

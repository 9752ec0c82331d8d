import assert from "node:assert/strict";
import { PROFILE } from "#protocol/params.ts";
import { remembered } from "#protocol/remember.ts";

describe("remembered", () => {
  it("works a digest out once per object and profile", () => {
    const asked: number[] = [];
    const digestOf = remembered((profile, { value }: { readonly value: number }) => {
      asked.push(value);
      return BigInt(value * profile.series);
    });
    const [one, same] = [{ value: 1 }, { value: 1 }];
    assert.equal(digestOf(PROFILE.tiny, one), 4n);
    assert.equal(digestOf(PROFILE.tiny, one), 4n);
    assert.equal(asked.length, 1);
    assert.equal(digestOf(PROFILE.tiny, same), 4n);
    assert.equal(digestOf(PROFILE.devnet, one), 8n);
    assert.equal(asked.length, 3);
  });
});

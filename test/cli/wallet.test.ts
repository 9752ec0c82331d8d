import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { intentMessage, type Withdraw } from "#protocol/intent.ts";
import { inPrimeSubgroup, verify } from "#protocol/signature.ts";
import { createWallet, openWallet } from "#scripts/wallet.ts";
import { cli, scratch } from "./support.ts";

describe("wallet", () => {
  it("is made with fresh keys, for its owner's eyes only, and never replaced", async () => {
    const path = scratch();
    const made = await cli(["key", "new", "--wallet", path, "--json"]);
    assert.equal(made.code, 0);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const text = readFileSync(path, "utf8");
    const { secret, ownerKey } = JSON.parse(text);
    assert.ok(!made.stdout.includes(secret) && !made.stdout.includes(ownerKey), "secrets are not printed");
    const again = await cli(["key", "new", "--wallet", path]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /WalletExists/);
    assert.equal(readFileSync(path, "utf8"), text);
  });

  it("takes an L1 key from the environment only", async () => {
    const key = `0x${"01".repeat(32)}`;
    const made = await cli(
      ["key", "new", "--wallet", scratch(), "--owner-key-env", "KEY", "--json"],
      {},
      { env: { KEY: key } },
    );
    assert.equal(JSON.parse(made.stdout).owner, "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1");
    const missing = await cli(["key", "new", "--wallet", scratch(), "--owner-key-env", "KEY"]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /0x and 64 hexadecimal digits/);
  });

  it("signs what the account's key verifies", () => {
    const wallet = createWallet(scratch());
    const intent: Withdraw = {
      kind: "withdraw",
      account: 3,
      epoch: 0n,
      nonce: wallet.takeNonce(),
      validUntil: 9n,
      amount: 5n,
    };
    const { signature } = wallet.sign(77n, intent);
    assert.ok(inPrimeSubgroup(wallet.key));
    assert.ok(verify(wallet.key, intentMessage(77n, intent), signature));
    assert.ok(!verify(wallet.key, intentMessage(78n, intent), signature));
  });

  it("never gives a nonce twice, also after reopening and around cancels", () => {
    const path = scratch();
    const wallet = createWallet(path);
    assert.deepEqual([wallet.takeNonce(), wallet.takeNonce()], [1n, 2n]);
    wallet.spend(4n);
    const reopened = openWallet(path);
    assert.deepEqual([reopened.takeNonce(), reopened.takeNonce(), reopened.takeNonce()], [3n, 5n, 6n]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("remembers its account", () => {
    const path = scratch();
    const wallet = createWallet(path);
    assert.throws(() => wallet.registered(), { code: "WalletUnregistered" });
    wallet.setAccount(7);
    assert.equal(wallet.registered(), 7);
    assert.equal(openWallet(path).registered(), 7);
  });

  it("refuses missing and broken files without quoting their secrets", async () => {
    const path = scratch();
    assert.throws(() => openWallet(path), { code: "WalletMissing" });
    createWallet(path);
    const file = JSON.parse(readFileSync(path, "utf8"));
    for (const text of [
      "{",
      JSON.stringify({ ...file, nextNonce: 0 }),
      JSON.stringify({ ...file, extra: 1 }),
      JSON.stringify({ ...file, secret: `${file.secret}00` }),
    ]) {
      writeFileSync(path, text);
      const { code, stderr } = await cli(["account", "--wallet", path]);
      assert.equal(code, 1);
      assert.match(stderr, /WalletInvalid/);
      assert.ok(!stderr.includes(file.secret) && !stderr.includes(file.ownerKey));
    }
  });
});

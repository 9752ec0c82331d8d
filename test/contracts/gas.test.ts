/**
 * Gas of everything a user or the operator pays for, with real proofs; `gas.json` is the committed table.
 * Execution is gas without the 21,000 of a transaction and without calldata: it does not depend on the proof's bytes.
 * `UPDATE_GAS=1` writes the table anew.
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { ContractTransactionReceipt } from "ethers";
import { parametersHash } from "#protocol/board-step.ts";
import type { Request } from "#protocol/request.ts";
import { type Draft, genesisOf, keyPoint, USDC, type World, world } from "./fixtures/world.ts";

const TABLE = "test/contracts/gas.json";
const TRANSACTION = 21_000;
/** Per step beside calldata, as promised. */
const STEP_LIMIT = 330_000;

const calldataGas = (data: string): number =>
  Buffer.from(data.slice(2), "hex").reduce((gas, byte) => gas + (byte === 0 ? 4 : 16), 0);

describe("gas", () => {
  let w: World;
  const measured: Record<string, number> = {};
  const execution = async (name: string, receipt: ContractTransactionReceipt): Promise<number> => {
    const { data } = await receipt.getTransaction();
    measured[name] = Number(receipt.gasUsed) - TRANSACTION - calldataGas(data);
    return measured[name];
  };
  const submit = async (name: string, drafts: readonly Draft[]) =>
    execution(name, await w.submit(await w.chain(drafts)));
  const lanes = (count: number) => Array.from({ length: count }, (_, i) => ({ account: i % 2 }));

  before(async () => {
    w = await world("devnet");
    const requests: Request[] = [await w.register(w.alice, 1, 9n * USDC), await w.register(w.bob, 2, USDC)];
    for (let i = 0; i < 5; i++) requests.push(await w.deposit(w.alice, 0, 1n));
    await w.submit([await w.step({ requests: requests.slice(0, 3) })]);
    await submit("trade, 2 lanes", [{ lanes: lanes(2) }]);
    await submit("trade, 4 lanes", [{ lanes: lanes(4) }]);
    await submit("trade, 4 lanes, 4 requests", [{ lanes: lanes(4), requests: requests.slice(3) }]);
    await submit("trade, 4 lanes, 1 first payout", [{ lanes: [{ account: 0, payout: 1n }, ...lanes(3)] }]);
    await submit("marks", [{ kind: "marks" }]);
    await submit("board", [{ kind: "board" }]);
    await submit("marks and trade together", [{ kind: "marks" }, { lanes: lanes(4) }]);
    for (const count of [2, 4, 8])
      await submit(
        `trade, 4 lanes, ${count} steps together`,
        Array.from({ length: count }, () => ({ lanes: lanes(4) })),
      );
    await w.fund(w.alice, 2n);
    const { x, y } = keyPoint(5);
    await execution("register with deposit", await w.send(w.alice, "register", x, y, 1));
    await execution("deposit", await w.send(w.alice, "deposit", 0, 1));
    await execution("stop", await w.send(w.alice, "stop", 0));
    await execution("set key", await w.send(w.alice, "setKey", 0, 1, x, y, 1n));
    const { parameters } = genesisOf("devnet");
    const hash = `0x${parametersHash(w.profile, parameters).toString(16).padStart(64, "0")}`;
    await execution("announce parameters", await w.send(w.operator, "announceParameters", hash));
    await w.connection.networkHelpers.time.increase(7 * 86_400);
    await submit("board, new parameters", [{ kind: "board", parameters }]);
    await execution("claim", await w.send(w.alice, "claim", await w.alice.getAddress()));
  });

  it("of one step is within its limit, whatever it carries", () => {
    for (const name of [
      "trade, 2 lanes",
      "trade, 4 lanes",
      "trade, 4 lanes, 4 requests",
      "trade, 4 lanes, 1 first payout",
      "marks",
      "board",
      "board, new parameters",
    ]) {
      assert((measured[name] as number) + TRANSACTION < STEP_LIMIT, `${name}: ${measured[name]}`);
    }
  });

  it("falls per step when steps go together", () => {
    const [two, four, eight] = [2, 4, 8].map(
      (count) => (measured[`trade, 4 lanes, ${count} steps together`] as number) / count,
    );
    assert(two && four && eight && two > four && four > eight);
    assert(
      (measured["marks and trade together"] as number) <
        (measured["marks"] as number) + (measured["trade, 4 lanes"] as number),
    );
  });

  it("is what the committed table says", () => {
    if (process.env["UPDATE_GAS"]) writeFileSync(TABLE, `${JSON.stringify(measured, null, 2)}\n`);
    assert.deepEqual(measured, JSON.parse(readFileSync(TABLE, "utf8")));
  });
});

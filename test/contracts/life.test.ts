/**
 * What the owner of an account may ask of L1 beside money, and how parameters change.
 * @module
 */
import assert from "node:assert/strict";
import type { ContractTransactionReceipt } from "ethers";
import { parametersHash } from "#protocol/board-step.ts";
import { LAYOUT, pack } from "#protocol/layout.ts";
import { BOARD_OPERATION, FIELD } from "#protocol/params.ts";
import { parseRequest, type Request, requestWords } from "#protocol/request.ts";
import type { Parameters } from "#protocol/state.ts";
import { genesisOf, keyPoint, USDC, type World, world } from "./fixtures/world.ts";

const DELAY = 7 * 86_400;
const LIMITS = { underlyings: 1n, validUntil: 1_800_000_000n, maxSize: 50_000n };
const NO_LIMITS = 0n;

describe("Rollup, what an owner may ask for", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
    await w.register(w.alice, 1, 5n * USDC);
    await w.register(w.bob, 2);
  });
  const queued = (receipt: ContractTransactionReceipt): readonly bigint[] => {
    const [log, ...others] = receipt.logs.map((each) => w.rollup.interface.parseLog(each));
    assert(log?.name === "RequestQueued" && others.length === 0);
    return [...log.args.getValue("words")];
  };
  const session = pack(LAYOUT.session, LIMITS);

  it("queues stops, closes and keys in the words that a step must carry", async () => {
    const b = keyPoint(9);
    const none = { underlyings: 0n, validUntil: 0n, maxSize: 0n };
    const asked: readonly (readonly [Request, string, readonly unknown[]])[] = [
      [{ kind: "stop", account: 0 }, "stop", [0]],
      [{ kind: "close", account: 0 }, "close", [0]],
      [{ kind: "key", account: 0, place: 0, b, limits: none }, "setKey", [0, 0, b.x, b.y, NO_LIMITS]],
      [{ kind: "key", account: 0, place: 1, b, limits: LIMITS }, "setKey", [0, 1, b.x, b.y, session]],
      [{ kind: "key", account: 0, place: 4, b, limits: none }, "setKey", [0, 4, b.x, b.y, NO_LIMITS]],
    ];
    for (const [request, method, args] of asked) {
      const words = queued(await w.send(w.alice, method, ...args));
      assert.deepEqual(words, requestWords(request));
      assert.deepEqual(parseRequest(words), request);
    }
    assert.equal(await w.view("requestCount"), 7n);
  });

  it("brings them to a step in the order in which they came, and takes none with other words", async () => {
    const b = keyPoint(9);
    await w.send(w.alice, "stop", 0);
    await w.send(w.alice, "setKey", 0, 2, b.x, b.y, session);
    await w.submit([await w.step({ requests: await registered() })]);
    const stop: Request = { kind: "stop", account: 0 };
    const key: Request = { kind: "key", account: 0, place: 2, b, limits: LIMITS };
    const wrong: readonly Request[] = [
      { kind: "close", account: 0 },
      { kind: "stop", account: 1 },
      key,
      { kind: "deposit", account: 0, amount: 1n },
    ];
    for (const each of wrong) await w.refuses(w.submit([await w.step({ requests: [each] })]), "RequestMismatch", 2n);
    for (const each of [
      { ...key, place: 1 },
      { ...key, b: keyPoint(8) },
      { ...key, limits: { ...LIMITS, maxSize: 50_001n } },
    ])
      await w.refuses(w.submit([await w.step({ requests: [stop, each] })]), "RequestMismatch", 2n);
    await w.submit([await w.step({ requests: [stop, key] })]);
    assert.equal((await w.view<{ consumed: bigint }>("head")).consumed, 4n);
  });

  it("refuses anybody else than the owner (attack 36)", async () => {
    const { x, y } = keyPoint(9);
    for (const from of [w.bob, w.operator, w.stranger]) {
      const address = await from.getAddress();
      const refused = async (method: string, ...args: readonly unknown[]) =>
        w.refuses(w.send(from, method, ...args), "NotAccountOwner", address, 0n);
      await refused("stop", 0);
      await refused("close", 0);
      await refused("setKey", 0, 0, x, y, NO_LIMITS);
      await refused("setKey", 0, 1, x, y, session);
    }
    await w.refuses(w.send(w.alice, "stop", 2), "UnknownAccount", 2n);
    await w.refuses(w.send(w.alice, "close", 2), "UnknownAccount", 2n);
    await w.refuses(w.send(w.alice, "setKey", 2, 0, x, y, NO_LIMITS), "UnknownAccount", 2n);
    assert.equal(await w.view("requestCount"), 2n);
  });

  it("refuses keys of no use to anyone, places that there are not, and a limited master (attack 28)", async () => {
    const { x, y } = keyPoint(9);
    const bad = [
      [0n, 1n],
      [0n, FIELD - 1n],
      [x, y + 1n],
      [x + FIELD, y],
      [x, y + FIELD],
      [0n, 0n],
    ] as const;
    for (const place of [0, 1, 4]) {
      const limits = place === 0 ? NO_LIMITS : session;
      for (const [bx, by] of bad)
        await w.refuses(w.send(w.alice, "setKey", 0, place, bx, by, limits), "InvalidKey", bx, by);
    }
    await w.refuses(w.send(w.alice, "setKey", 0, 5, x, y, session), "UnknownKeyPlace", 5n);
    await w.refuses(w.send(w.alice, "setKey", 0, 255, x, y, session), "UnknownKeyPlace", 255n);
    await w.refuses(w.send(w.alice, "setKey", 0, 0, x, y, 1n), "MasterKeyWithLimits", 1n);
    const widest = (1n << 88n) - 1n;
    assert.equal(queued(await w.send(w.alice, "setKey", 0, 3, x, y, widest))[1], widest);
  });

  const registered = async (): Promise<readonly Request[]> => {
    const owner = async (of: World["alice"]) => BigInt(await of.getAddress());
    return [
      { kind: "register", account: 0, owner: await owner(w.alice), b: keyPoint(1), amount: 5n * USDC },
      { kind: "register", account: 1, owner: await owner(w.bob), b: keyPoint(2), amount: 0n },
    ];
  };
});

describe("Rollup, change of parameters", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });
  const changed = (change: Partial<Parameters> = { sizePpm: 77n }): Parameters => ({
    ...genesisOf("tiny").parameters,
    ...change,
  });
  const hashOf = (parameters: Parameters): string =>
    `0x${parametersHash(w.profile, parameters).toString(16).padStart(64, "0")}`;
  const announce = (parameters: Parameters, from = w.operator) =>
    w.send(from, "announceParameters", hashOf(parameters));
  const bring = (parameters: Parameters) => w.step({ kind: "board", parameters });
  const pass = (seconds: number) => w.connection.networkHelpers.time.increase(seconds);

  it("takes an announcement and a week, and works once (attack 67)", async () => {
    const parameters = changed();
    const receipt = await announce(parameters);
    const at = BigInt((await receipt.getBlock()).timestamp + DELAY);
    const [log] = receipt.logs.map((each) => w.rollup.interface.parseLog(each));
    assert.deepEqual([log?.name, ...(log?.args ?? [])], ["ParametersAnnounced", hashOf(parameters), at]);
    assert.deepEqual(
      [await w.view("announcedParameters"), await w.view("parametersAdmittedFrom"), await w.view("PARAMETER_DELAY")],
      [hashOf(parameters), at, BigInt(DELAY)],
    );

    await w.refuses(w.submit([await bring(parameters)]), "ParametersTooEarly", at);
    const { setNextBlockTimestamp } = w.connection.networkHelpers.time;
    const early = await w.step({ kind: "board", parameters, timestamp: at - 1n });
    await setNextBlockTimestamp(Number(at) - 1);
    await w.refuses(w.submit([early]), "ParametersTooEarly", at);
    const due = await w.step({ kind: "board", parameters, timestamp: at });
    await setNextBlockTimestamp(Number(at));
    const accepted = await w.submit([due]);
    const names = accepted.logs.map((each) => w.rollup.interface.parseLog(each)?.name);
    assert.deepEqual(names, ["ParametersChanged", "StepAccepted"]);
    assert.equal(await w.view("root"), due.words[2]);
    assert.deepEqual(
      [await w.view("announcedParameters"), await w.view("parametersAdmittedFrom")],
      [hashOfNothing, 0n],
    );

    await w.refuses(w.submit([await bring(parameters)]), "ParametersNotAnnounced", hashOf(parameters));
  });

  it("takes the parameters that were announced, every word of them, and the last announcement", async () => {
    const parameters = changed();
    await w.refuses(w.submit([await bring(parameters)]), "ParametersNotAnnounced", hashOf(parameters));
    await announce(parameters);
    await pass(DELAY);
    const words = await w.words({ kind: "board", parameters });
    for (let at = 6; at < words.length; at++) {
      const other = await w.prove(words.with(at, (words[at] as bigint) + 1n), "board");
      await w.refuses(w.submit([other]), "ParametersNotAnnounced");
    }
    await announce(changed({ sizePpm: 78n }));
    await w.refuses(w.submit([await bring(parameters)]), "ParametersNotAnnounced", hashOf(parameters));
    await w.refuses(w.submit([await bring(changed({ sizePpm: 78n }))]), "ParametersTooEarly");
  });

  it("lets no series trade until a step could land after its expiry", async () => {
    const short = changed({ expiryGuard: 1_799n });
    await announce(short);
    await pass(DELAY);
    await w.refuses(w.submit([await bring(short)]), "ExpiryGuardTooShort", 1_799n, 1_800n);
    const least = changed({ expiryGuard: 1_800n });
    await announce(least);
    await pass(DELAY);
    await w.submit([await bring(least)]);
  });

  it("is announced by the operator", async () => {
    for (const from of [w.alice, w.stranger])
      await w.refuses(announce(changed(), from), "OnlyOperator", await from.getAddress());
  });

  it("holds back no other step of the board, but whatever carries parameters", async () => {
    await w.submit(await w.chain([{ kind: "board" }, {}, { kind: "marks" }, { kind: "board" }]));
    const words = await w.words({ kind: "board", parameters: changed() });
    // No circuit would prove another operation with parameters in its words.
    const head = pack(LAYOUT.board, {
      operation: BigInt(BOARD_OPERATION.settle),
      slot: 0n,
      value: 0n,
      source: 0n,
    });
    await w.refuses(w.submit([await w.prove(words.with(4, head), "board")]), "ParametersNotAnnounced");
    const bare = await w.words({ kind: "board" });
    const meta = (bare[0] as bigint) - (1n << 104n);
    await w.refuses(w.submit([await w.prove([meta, ...bare.slice(1, 4)], "board")]), "NoOperation");
  });
});

const hashOfNothing = `0x${"0".repeat(64)}`;

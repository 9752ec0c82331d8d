/**
 * Bad input at the API: every refusal has its own code and changes nothing.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { getAddress, verifyMessage } from "ethers";
import { BASE8, IDENTITY, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import { intentMessage, type SignedIntent } from "#protocol/intent.ts";
import { FIELD } from "#protocol/params.ts";
import { registrationPoint } from "#protocol/signature.ts";
import { Admission, type Admitted, receiptDigest } from "#rollup-node/admission.ts";
import { RpcError, submitParams, wireIntent, wireReport } from "#rollup-node/client.ts";
import { isRefused, REFUSAL, type Refused } from "#rollup-node/errors.ts";
import type { AdmissionFunctions, VerifiedIntent } from "#rollup-node/workers/admission.ts";
import type { WorkerOf } from "#rollup-node/workers/worker.ts";
import { DOMAIN, EXPIRY, NOW, ORACLE_SECRETS, trader } from "#test/support/world.ts";
import { openVenue, quorumReports, removeFolder, until, type Venue } from "./support/venue.ts";

type Wire = { intent: Record<string, unknown>; signature: Record<string, unknown>; clientOrderId: unknown };
const codeOf = (answer: Admitted | Refused) => (isRefused(answer) ? answer.code : null);

describe("API", () => {
  let venue: Venue;
  before(async function () {
    this.timeout(60_000);
    // Nothing is sealed while the tests look: what changed is what a call changed.
    venue = await openVenue({ sealDelayMs: 3_600_000 });
    await venue.fund(3);
    await venue.publish();
    await venue.settled();
    await venue.quiet();
  });
  after(async () => {
    await venue.close();
    removeFolder(venue.folder);
  });

  const post = async (body: string, type = "application/json") => {
    const response = await fetch(venue.node.url, { method: "POST", body, headers: { "content-type": type } });
    return {
      status: response.status,
      body: (await response.json()) as {
        error?: { code: number; message: string; data: { code: string } };
        result?: unknown;
        id: unknown;
      },
    };
  };
  const call = (method: string, params: unknown) => post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  /** The call is refused with exactly this code, and the journal did not move. */
  const refuses = async (code: keyof typeof REFUSAL, answer: () => Promise<Awaited<ReturnType<typeof post>>>) => {
    const height = venue.sequencer.height;
    const state = venue.sequencer.engine;
    const { body } = await answer();
    assert.equal(body.error?.data.code, code, JSON.stringify(body));
    assert.equal(body.error?.code, REFUSAL[code]);
    assert.ok((body.error?.message.length ?? 0) > 0);
    assert.equal(venue.sequencer.height, height);
    assert.equal(venue.sequencer.engine, state);
  };
  const submission = (nonce: bigint, bend: (wire: Wire) => void = () => undefined, terms = {}) => {
    const intent = venue.order(0, nonce, terms);
    const wire = structuredClone(
      submitParams(venue.signed(intent), `order-${nonce}`, venue.nameOf(intent)),
    ) as unknown as Wire;
    bend(wire);
    return wire;
  };
  const refusesSubmit = (code: keyof typeof REFUSAL, bend: (wire: Wire) => void, terms = {}) =>
    refuses(code, () => call("provega_submitIntent", submission(1_000n, bend, terms)));

  describe("refuses what is not a call", () => {
    const bodies: readonly (readonly [keyof typeof REFUSAL, string, string])[] = [
      ["MalformedJson", "not JSON", "{"],
      ["MalformedJson", "nothing", ""],
      ["MalformedJson", "NaN", '{"jsonrpc":"2.0","id":1,"method":"provega_status","params":NaN}'],
      ["DuplicateKey", "a key twice", '{"jsonrpc":"2.0","id":1,"id":2,"method":"provega_status"}'],
      ["DuplicateKey", "a key twice, once escaped", '{"jsonrpc":"2.0","id":1,"\\u0069d":2,"method":"provega_status"}'],
      [
        "ForbiddenKey",
        "__proto__",
        '{"jsonrpc":"2.0","id":1,"method":"provega_status","params":{"__proto__":{"x":1}}}',
      ],
      ["ForbiddenKey", "constructor", '{"jsonrpc":"2.0","id":1,"method":"provega_status","params":{"constructor":1}}'],
      ["InvalidRequest", "another version", '{"jsonrpc":"1.0","id":1,"method":"provega_status"}'],
      ["InvalidRequest", "no method", '{"jsonrpc":"2.0","id":1}'],
      ["InvalidRequest", "an empty batch", "[]"],
      ["InvalidRequest", "a number", "7"],
      ["InvalidRequest", "too deep", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
      ["BatchTooLarge", "too many calls", JSON.stringify(Array.from({ length: 33 }, () => 1))],
      ["UnknownField", "a stray member", '{"jsonrpc":"2.0","id":1,"method":"provega_status","extra":1}'],
      ["UnknownMethod", "a method of nobody", '{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction"}'],
      ["UnknownMethod", "a method of Object", '{"jsonrpc":"2.0","id":1,"method":"toString"}'],
    ];
    for (const [code, what, body] of bodies) it(`${code}: ${what}`, () => refuses(code, () => post(body)));
    it("BodyTooLarge", () => refuses("BodyTooLarge", () => post(JSON.stringify({ pad: "x".repeat(70_000) }))));
    it("UnsupportedMediaType", () => refuses("UnsupportedMediaType", () => post("{}", "text/plain")));
    it("a colon in a string is no second key", async () => {
      const { body } = await call("provega_book", { series: 'a:b\\:"c' });
      assert.equal(body.error?.data.code, "UnknownSeries");
    });
    it("a client that never finishes does not hold up another", async () => {
      const socket = connect(venue.node.port, "127.0.0.1");
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
      assert.equal((await call("provega_status", {})).status, 200);
      socket.destroy();
    });
    it("answers a batch and nothing to a notification", async () => {
      const status = { jsonrpc: "2.0", method: "provega_status", params: {} };
      const response = await fetch(venue.node.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([{ ...status, id: 7 }, status]),
      });
      const answers = (await response.json()) as { id: number }[];
      assert.deepEqual(
        answers.map(({ id }) => id),
        [7],
      );
    });
  });

  describe("refuses malformed intents", () => {
    const set = (field: string, value: unknown) => (wire: Wire) => {
      wire.intent[field] = value;
    };
    const cases: readonly (readonly [keyof typeof REFUSAL, string, (wire: Wire) => void])[] = [
      ["NotADecimalString", "a JSON number", set("size", 100)],
      ["NotADecimalString", "a float", set("price", "1.5")],
      ["NotADecimalString", "an exponent", set("price", "1e400")],
      ["NotADecimalString", "hexadecimal", set("price", "0x10")],
      ["NotADecimalString", "a leading zero", set("price", "0100")],
      ["NotADecimalString", "a sign", set("size", "-1")],
      ["NotADecimalString", "Arabic digits", set("size", "١٢")],
      ["NotADecimalString", "nothing", set("size", "")],
      ["WrongType", "a string for an account", set("account", "0")],
      ["WrongType", "null", set("size", null)],
      ["WrongType", "a list", set("price", ["1"])],
      ["WrongType", "a string for a flag", set("ioc", "true")],
      ["OutOfRange", "a size beyond its width", set("size", (1n << 40n).toString())],
      ["OutOfRange", "a nonce of 0", set("nonce", "0")],
      ["OutOfRange", "an account beyond the tree", set("account", 2 ** 24)],
      ["OutOfRange", "an endless number", set("price", "9".repeat(100))],
      ["UnknownField", "a field of nobody", set("leverage", "5")],
      ["UnknownField", "an amount in an order", set("amount", "5")],
      ["MissingField", "no price", (wire) => delete wire.intent["price"]],
      ["MissingField", "no signature", (wire) => delete (wire as Partial<Wire>).signature],
      ["InvalidParams", "a kind of nobody", set("kind", "liquidate")],
      ["InvalidParams", "a side of nobody", set("side", "both")],
      [
        "InvalidParams",
        "a client order id with spaces",
        (wire) => {
          wire.clientOrderId = "a b";
        },
      ],
      ["UnknownSeries", "a series that is not listed", set("series", "BTC-27FEB26-1-C")],
      ["ReducingOnly", "reduce-only without a position", set("reduceOnly", true)],
      [
        "OutOfRange",
        "S of the field's order",
        (wire) => {
          wire.signature["s"] = FIELD.toString();
        },
      ],
    ];
    for (const [code, what, bend] of cases) it(`${code}: ${what}`, () => refusesSubmit(code, bend));
  });

  describe("refuses signatures that are not the owner's over this very intent", () => {
    it("MalformedSignature: R8 off the curve", () =>
      refusesSubmit("MalformedSignature", ({ signature }) => {
        signature["r8"] = ["1", "1"];
      }));
    it("MalformedSignature: S + l", () =>
      refusesSubmit("MalformedSignature", ({ signature }) => {
        signature["s"] = (BigInt(String(signature["s"])) + SUBGROUP_ORDER).toString();
      }));
    it("BadSignature: another price than was signed", () =>
      refusesSubmit("BadSignature", ({ intent }) => {
        intent["price"] = "310000";
      }));
    it("BadSignature: another account's key", () =>
      refuses("BadSignature", () => {
        const intent = venue.order(0, 1_000n);
        return call("provega_submitIntent", submitParams(venue.signed(intent, 1), "x", venue.nameOf(intent)));
      }));
    it("BadSignature: replayed on another account with the same terms", () =>
      refusesSubmit("BadSignature", ({ intent }) => {
        intent["account"] = 1;
      }));
    it("BadSignature: signed for another deployment", () =>
      refuses("BadSignature", () => {
        const intent = venue.order(0, 1_000n);
        return call(
          "provega_submitIntent",
          submitParams(venue.signed(intent, 0, DOMAIN + 1n), "x", venue.nameOf(intent)),
        );
      }));
    it("a foreign cancel", () =>
      refuses("BadSignature", () => {
        const intent = { kind: "cancelAll", account: 0, epoch: 0n, nonce: 1n, validUntil: NOW + 600n } as const;
        return call("provega_submitIntent", submitParams(venue.signed(intent, 2), "x"));
      }));
  });

  describe("refuses what the engine refuses", () => {
    it("UnknownAccount", () =>
      refusesSubmit("UnknownAccount", ({ intent }) => {
        intent["account"] = 9;
      }));
    it("WrongEpoch", () => refusesSubmit("WrongEpoch", () => undefined, { epoch: 3n }));
    it("IntentExpired", () => refusesSubmit("IntentExpired", () => undefined, { validUntil: NOW - 10n }));
    it("ExpiresTooSoon", () => refusesSubmit("ExpiresTooSoon", () => undefined, { validUntil: NOW + 50n }));
    it("OffTick", () => refusesSubmit("OffTick", () => undefined, { price: 300_050n }));
    it("SizeZero", () => refusesSubmit("SizeZero", () => undefined, { size: 0n }));
    it("InsufficientMargin", () =>
      refusesSubmit("InsufficientMargin", () => undefined, { side: "sell", size: 1_000_000n }));
    it("UnsupportedFlags: post-only and IOC", () =>
      refusesSubmit("UnsupportedFlags", () => undefined, { postOnly: true, ioc: true }));
    it("Replayed and StaleNonce", async () => {
      await venue.submit(venue.order(1, 50n));
      const again = venue.order(1, 50n);
      await refuses("Replayed", () =>
        call("provega_submitIntent", submitParams(venue.signed(again), "another", venue.nameOf(again))),
      );
      const older = venue.order(1, 46n);
      await refuses("StaleNonce", () =>
        call("provega_submitIntent", submitParams(venue.signed(older), "older", venue.nameOf(older))),
      );
    });
    it("Busy: as many signatures wait as may", async () => {
      const waiting: (() => void)[] = [];
      const verifyLater = (_name: string, { domain, intent }: SignedIntent & { readonly domain: bigint }) =>
        new Promise<VerifiedIntent>((resolve) =>
          waiting.push(() => resolve({ message: intentMessage(domain, intent), signer: 0 })),
        );
      const admission = new Admission({
        sequencer: venue.sequencer,
        worker: {
          call: verifyLater as WorkerOf<AdmissionFunctions>["call"],
          get waiting() {
            return waiting.length;
          },
          close: async () => undefined,
        },
        operator: { address: venue.l1.operator, sign: (digest) => venue.l1.signDigest(digest) },
        maxWaiting: 2,
      });
      const answers = [60n, 61n, 62n].map((nonce) => {
        const { intent, signature } = venue.signed(venue.order(1, nonce, { price: 200_000n }));
        return admission.submit({ intent, signature, clientOrderId: `held-${nonce}` });
      });
      const { height } = venue.sequencer;
      assert.equal(codeOf(await (answers[2] as Promise<Admitted | Refused>)), "Busy");
      assert.equal(venue.sequencer.height, height);
      for (const answer of waiting) answer();
      assert.deepEqual((await Promise.all(answers)).map(codeOf), [null, null, "Busy"]);
      assert.equal(venue.sequencer.height, height + 2);
    });
    it("DuplicateClientOrderId", async () => {
      await venue.submit(venue.order(1, 51n), "mine");
      const other = venue.order(1, 52n);
      await refuses("DuplicateClientOrderId", () =>
        call("provega_submitIntent", submitParams(venue.signed(other), "mine", venue.nameOf(other))),
      );
    });
  });

  describe("refuses what else may be asked of it", () => {
    const time = () => venue.l1.timestamp.toString();
    const control = (change: object = {}) => ({
      control: { action: "kill", account: 0, subject: 0, time: time(), ...change },
      signature: { r8: ["0", "1"], s: "0" },
    });
    const sum = (change: object = {}) => ({
      sums: [
        {
          spotSum: { underlying: 0, timestamp: (EXPIRY - 1_800n).toString(), sum: "1", ...change },
          signature: { r8: ["0", "1"], s: "0" },
        },
      ],
    });
    const spread = (change: object) => ({
      ...submission(1_000n),
      intent: {
        kind: "spread",
        account: 0,
        epoch: "0",
        nonce: "1000",
        validUntil: (NOW + 600n).toString(),
        size: "1",
        price: "-5",
        feePerLot: "1000",
        fok: true,
        legs: [
          { series: venue.names[0], ratio: "1" },
          { series: venue.names[1], ratio: "-1" },
        ],
        ...change,
      },
    });
    const submit = (params: object) => call("provega_submitIntent", params);
    const cases: readonly (readonly [keyof typeof REFUSAL, string, () => ReturnType<typeof post>])[] = [
      ["UnknownField", "a stray member of a control", () => call("provega_control", control({ force: true }))],
      ["InvalidParams", "an action of nobody", () => call("provega_control", control({ action: "liquidate" }))],
      ["StaleControl", "a control of another time", () => call("provega_control", control({ time: "1" }))],
      ["UnknownAccount", "a control of nobody's account", () => call("provega_control", control({ account: 77 }))],
      ["BadSignature", "a control that nobody signed", () => call("provega_control", control())],
      ["UnwantedSum", "a spot sum that settles nothing", () => call("provega_publishSums", sum({ timestamp: "5" }))],
      ["FutureReport", "a spot sum of tomorrow", () => call("provega_publishSums", sum())],
      ["UnknownField", "a stray member of a spot sum", () => call("provega_publishSums", sum({ spot: "1" }))],
      [
        "InvalidParams",
        "an order of the board that is no JSON",
        () => call("provega_board", { operation: "list it", signature: `0x${"00".repeat(65)}` }),
      ],
      [
        "NotOperator",
        "an order of the board by a stranger",
        () =>
          call("provega_board", {
            operation: JSON.stringify({ kind: "list", series: "BTC-27MAR26-70000-C", cap: "1", time: time() }),
            signature: `0x${"11".repeat(65)}`,
          }),
      ],
      ["OutOfRange", "a spread of one leg", () => submit(spread({ legs: [{ series: venue.names[0], ratio: "1" }] }))],
      [
        "OutOfRange",
        "a ratio beyond its width",
        () => submit(spread({ legs: [{ series: venue.names[0], ratio: "2048" }] })),
      ],
      ["UnknownField", "a side in a spread", () => submit(spread({ side: "buy" }))],
      [
        "UnknownSeries",
        "a leg that is not listed",
        () =>
          submit(
            spread({
              legs: [
                { series: venue.names[0], ratio: "1" },
                { series: "BTC-27FEB26-1-C", ratio: "1" },
              ],
            }),
          ),
      ],
      ["BadSignature", "a spread that nobody signed", () => submit(spread({}))],
      [
        "BadBulkPath",
        "a path that does not lead up from the intent",
        () => submit({ ...submission(1_000n), bulk: { index: 0, children: [["1", "2", "3", "4"]] } }),
      ],
      [
        "UnknownAsk",
        "a quote for nobody",
        () => call("provega_quote", { ...submission(1_000n, () => undefined, { postOnly: false }), ask: 99 }),
      ],
      [
        "InvalidParams",
        "intents of two accounts under one signature",
        () => {
          const [one, other] = [0, 1].map((account) =>
            wireIntent(venue.order(account, 1_000n), () => venue.names[0] ?? ""),
          );
          return call("provega_massQuote", {
            intents: [one, other],
            signature: { r8: ["0", "1"], s: "0" },
            clientOrderId: "two",
          });
        },
      ],
    ];
    for (const [code, what, ask] of cases) it(`${code}: ${what}`, () => refuses(code, ask));
  });

  describe("refuses reads of what is not there", () => {
    it("UnknownAccount", () => refuses("UnknownAccount", () => call("provega_account", { account: 77 })));
    it("UnknownSeries", () => refuses("UnknownSeries", () => call("provega_book", { series: "nothing" })));
    it("UnknownSeries of trades", () => refuses("UnknownSeries", () => call("provega_trades", { series: "nothing" })));
    it("UnknownStep", () => refuses("UnknownStep", () => call("provega_step", { number: 77 })));
    it("UnknownOrder", () => refuses("UnknownOrder", () => call("provega_order", { id: "1:2:3" })));
    it("UnknownField", () => refuses("UnknownField", () => call("provega_status", { verbose: true })));
  });

  describe("registration points", () => {
    it("gives B with 8 B = A", async () => {
      const { key } = trader(0);
      const { b } = await venue.client.call("provega_registration", { key: [key.x.toString(), key.y.toString()] });
      const { x, y } = registrationPoint(key);
      assert.deepEqual(b, [x.toString(), y.toString()]);
    });
    const points: readonly (readonly [string, readonly [bigint, bigint]])[] = [
      ["the identity", [IDENTITY.x, IDENTITY.y]],
      ["a point of order 2", [0n, FIELD - 1n]],
      ["a point of mixed order", [FIELD - BASE8.x, FIELD - BASE8.y]],
      ["no point of the curve", [1n, 1n]],
    ];
    for (const [what, [x, y]] of points) {
      it(`BadKey: ${what}`, () =>
        refuses("BadKey", () => call("provega_registration", { key: [x.toString(), y.toString()] })));
    }
  });

  describe("refuses reports", () => {
    type Loose = {
      report: Record<string, unknown> & { expiries: { svi: Record<string, string> }[] };
      signature: object;
    };
    const wires = (timestamp: bigint, spot = 64_000n, secrets?: readonly Uint8Array[]): Loose[] =>
      structuredClone(quorumReports("tiny", timestamp, spot, secrets).map(wireReport)) as unknown as Loose[];
    const post = (reports: readonly Loose[]) => call("provega_publishMarks", { reports });
    /** The last of three reports, changed: the others are taken no more than it. */
    const spoilt = (spoil: (last: Loose) => void) => {
      const reports = wires(venue.l1.timestamp);
      reports.slice(-1).forEach(spoil);
      return post(reports);
    };
    const stranger = new Uint8Array(32).fill(1);
    before(async () => {
      venue.l1.mine(10n);
      await until(() => venue.sequencer.engine.time === venue.l1.timestamp);
    });

    it("StaleReport: not newer than the marks in force", () => refuses("StaleReport", () => post(wires(NOW - 1n))));
    it("StaleReport: older than a step may carry", () => refuses("StaleReport", () => post(wires(NOW - 50_000n))));
    it("FutureReport: ahead of L1's time", () => refuses("FutureReport", () => post(wires(NOW + 5_000n))));
    it("BadSignature: an oracle of nobody among others", () =>
      refuses("BadSignature", () =>
        post(wires(venue.l1.timestamp, 64_000n, [...ORACLE_SECRETS.slice(0, 2), stranger])),
      ));
    it("BadSignature: signed for another report", () =>
      refuses("BadSignature", () => spoilt(({ report }) => Object.assign(report, { spot: "6400000000001" }))));
    it("BadSignature: a signature that only a key of small order would verify", () =>
      refuses("BadSignature", () =>
        spoilt((last) => Object.assign(last, { signature: { r8: ["0", (FIELD - 1n).toString()], s: "0" } })),
      ));
    it("DuplicateReport: one oracle twice in a call", () =>
      refuses("DuplicateReport", () => {
        const [secret = assert.fail()] = ORACLE_SECRETS;
        return post([...wires(venue.l1.timestamp), ...wires(venue.l1.timestamp - 1n, 64_000n, [secret])]);
      }));
    it("BadReport: a spot of nothing", () =>
      refuses("BadReport", () => spoilt(({ report }) => Object.assign(report, { spot: "0" }))));
    it("BadReport: an underlying that the profile does not have", () =>
      refuses("BadReport", () => spoilt(({ report }) => Object.assign(report, { underlying: 1 }))));
    it("BadReport: without an expiry that the board trades", () =>
      refuses("BadReport", () => spoilt(({ report }) => Object.assign(report, { expiries: [] }))));
    it("BadSurface: a wing steeper than any surface", () =>
      refuses("BadSurface", () =>
        spoilt(({ report: { expiries } }) => {
          for (const { svi } of expiries) svi["b"] = (1n << 50n).toString();
        }),
      ));
    it("BadSurface: a negative variance", () =>
      refuses("BadSurface", () =>
        spoilt(({ report: { expiries } }) => {
          for (const { svi } of expiries) svi["a"] = "-1";
        }),
      ));
    it("ChainDown: L1 cannot be asked for the time", async () => {
      venue.l1.isDown = true;
      try {
        await refuses("ChainDown", () => post(wires(NOW + 1n)));
      } finally {
        venue.l1.isDown = false;
      }
      await until(async () => (await venue.client.call("provega_status", {})).health === "ok");
    });
    it("OutOfRange: a spot beyond its width", () =>
      refuses("OutOfRange", () => spoilt(({ report }) => Object.assign(report, { spot: (1n << 64n).toString() }))));
  });

  describe("accepts", () => {
    it("the same call again with the same receipt, however often and however many at once", async () => {
      const intent = venue.order(2, 1n);
      const height = venue.sequencer.height;
      const wire = submitParams(venue.signed(intent), "once", venue.nameOf(intent));
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => venue.client.call("provega_submitIntent", wire)),
      );
      for (const { receipt } of answers) assert.deepEqual(receipt, answers[0]?.receipt);
      assert.equal(venue.sequencer.height, height + 1);
    });

    it("with a receipt that the operator signed over the journal's head", async () => {
      const { receipt } = await venue.submit(venue.order(2, 2n));
      const digest = receiptDigest(DOMAIN, receipt.sequence, BigInt(receipt.intentHash), receipt.journalHash);
      assert.equal(verifyMessage(digest, receipt.signature), getAddress(receipt.operator));
    });

    it("previews what an order would do, and what would refuse it, without a trace", async () => {
      const height = venue.sequencer.height;
      const terms = { account: 2, series: venue.names[0] ?? "", side: "sell", price: "470000" } as const;
      const small = await venue.client.call("provega_previewOrder", { ...terms, size: "100" });
      assert.equal(small.refusal, null);
      assert.ok(BigInt(small.after.initial) > BigInt(small.before.initial));
      const large = await venue.client.call("provega_previewOrder", { ...terms, size: "1000000" });
      assert.equal(large.refusal?.code, "InsufficientMargin");
      assert.equal(large.after.isHealthy, false);
      assert.equal(venue.sequencer.height, height);
    });

    it("and reports health", async () => {
      const response = await fetch(`${venue.node.url}/health`);
      assert.equal(response.status, 200);
      const { health, reason, heights } = await venue.client.call("provega_status", {});
      assert.deepEqual({ health, reason }, { health: "ok", reason: null });
      assert.equal(heights.journal, venue.sequencer.height);
    });
  });

  it("the client throws refusals with their code", async () => {
    await assert.rejects(
      () => venue.client.call("provega_account", { account: 99 }),
      (error) =>
        error instanceof RpcError && error.code === "UnknownAccount" && error.number === REFUSAL.UnknownAccount,
    );
  });
});

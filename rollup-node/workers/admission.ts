/**
 * The admission worker: signatures of intents, and the pricing of reports, which cost milliseconds each.
 * @module
 */
import "#native/install.ts";
import { isOnCurve, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import type { Board } from "#protocol/board.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { genesisState } from "#protocol/genesis.ts";
import {
  type BulkPath,
  bulkOf,
  type Intent,
  intentMessage,
  type SignedIntent,
  signedMessage,
} from "#protocol/intent.ts";
import type { Marks } from "#protocol/marks.ts";
import { applyMarks, type MarksStep } from "#protocol/marks-step.ts";
import { PROFILE, type ProfileName } from "#protocol/params.ts";
import { type SignedReport, signerOf } from "#protocol/report.ts";
import { type Point, registrationPoint, type Signature, verify } from "#protocol/signature.ts";
import { type SignedSpotSum, spotSumMessage } from "#protocol/spot-sum.ts";
import type { Parameters } from "#protocol/state.ts";
import type { Table } from "../engine/types.ts";
import { NodeError } from "../errors.ts";
import { serve } from "./worker.ts";

/** What prices follow from beside the reports. */
export type Pricing = {
  readonly profile: ProfileName;
  readonly domain: bigint;
  readonly parameters: Parameters;
  readonly board: Board;
  readonly marks: Marks;
  /** L1 block time. */
  readonly time: bigint;
  readonly reports: MarksStep["reports"];
};

/** Reports, and whose signatures count. */
export type Signed = {
  readonly profile: ProfileName;
  readonly domain: bigint;
  readonly oracles: readonly Point[];
  readonly reports: readonly SignedReport[];
};

/** Whose signature counts: an account's keys, the master's first. */
type Keys = { readonly profile: ProfileName; readonly domain: bigint; readonly keys: readonly Point[] };
export type VerifiedIntent = {
  /** Of the intent alone, signed or below what is signed. */
  readonly message: bigint;
  /** Index of the key. */
  readonly signer: number;
};
export type VerifiedIntents = {
  readonly messages: readonly bigint[];
  readonly signer: number;
  readonly paths: readonly BulkPath[];
};

/** Index of the key that has signed `message`. Throws `MalformedSignature` or `BadSignature`. */
function signerAmong(keys: readonly Point[], message: bigint, signature: Signature): number {
  if (!isOnCurve(signature.r8) || signature.s >= SUBGROUP_ORDER) {
    throw new NodeError("MalformedSignature", "R8 is not a point of the curve, or S is not below the subgroup's order");
  }
  const signer = keys.findIndex((key) => verify(key, message, signature));
  if (signer >= 0) return signer;
  throw new ProtocolError(
    "BadSignature",
    "the signature is by none of the account's keys over this on this deployment",
  );
}

const functions = {
  /** Who has signed an intent, alone or among others. Throws `MalformedSignature`, `BadSignature`, `BadBulkPath` or `OutOfRange`. */
  verifyIntent({ profile, domain, keys, ...signed }: SignedIntent & Keys): VerifiedIntent {
    const message = intentMessage(domain, signed.intent);
    const whole = signed.bulk ? signedMessage(PROFILE[profile], domain, signed) : message;
    return { message, signer: signerAmong(keys, whole, signed.signature) };
  },

  /** Who has signed all of `intents` at once. Throws as `verifyIntent` does. */
  verifyIntents({
    profile,
    domain,
    keys,
    intents,
    signature,
  }: Keys & { readonly intents: readonly Intent[]; readonly signature: Signature }): VerifiedIntents {
    const messages = intents.map((intent) => intentMessage(domain, intent));
    const { root, paths } = bulkOf(PROFILE[profile], messages);
    return { messages, paths, signer: signerAmong(keys, root, signature) };
  },

  /** Index of the key that has signed a message. Throws `MalformedSignature` or `BadSignature`. */
  verifyMessage: ({
    keys,
    message,
    signature,
  }: {
    readonly keys: readonly Point[];
    readonly message: bigint;
    readonly signature: Signature;
  }): number => signerAmong(keys, message, signature),

  /** Indices of the oracles that have signed, -1 for a sum that none has. */
  sumSigners: ({
    domain,
    oracles,
    sums,
  }: {
    readonly domain: bigint;
    readonly oracles: readonly Point[];
    readonly sums: readonly SignedSpotSum[];
  }): readonly number[] =>
    sums.map(({ spotSum, signature }) =>
      oracles.findIndex((key) => verify(key, spotSumMessage(domain, spotSum), signature)),
    ),

  /** Indices of the oracles that have signed, -1 for a report that none has. */
  signers: ({ profile, domain, oracles, reports }: Signed): readonly number[] =>
    reports.map((each) => signerOf(PROFILE[profile], domain, oracles, each)),

  /** The table that reports price. Accounts do not matter to it. Throws whatever `applyMarks` throws. */
  price({ profile, domain, parameters, board, marks, time, reports }: Pricing): Table {
    const empty = genesisState({ profile, series: [], cap: 0n, parameters }, domain);
    const { state } = applyMarks(
      { ...empty, board, marks, globals: { ...empty.globals, timestamp: time } },
      { kind: "marks", timestamp: time, reports },
    );
    return { marks: state.marks, statuses: state.board.map(({ status }) => status) };
  },

  /** The point to register for a key. Throws `BadKey`. */
  registration: (key: Point): Point => registrationPoint(key),
};
export type AdmissionFunctions = typeof functions;

serve(functions);

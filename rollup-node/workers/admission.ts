/**
 * The admission worker: signatures of intents, and the pricing of reports, which cost milliseconds each.
 * @module
 */
import "#native/install.ts";
import { isOnCurve, SUBGROUP_ORDER } from "#protocol/babyjub.ts";
import type { Board } from "#protocol/board.ts";
import { ProtocolError } from "#protocol/errors.ts";
import { genesisState } from "#protocol/genesis.ts";
import { intentMessage, type SignedIntent } from "#protocol/intent.ts";
import type { Marks } from "#protocol/marks.ts";
import { applyMarks } from "#protocol/marks-step.ts";
import type { ProfileName } from "#protocol/params.ts";
import type { SignedReport } from "#protocol/report.ts";
import { type Point, registrationPoint, verify } from "#protocol/signature.ts";
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
  readonly reports: readonly SignedReport[];
};

const functions = {
  /** The message that an intent signs. Throws `MalformedSignature`, `BadSignature` or `OutOfRange`. */
  verifyIntent({
    domain,
    key,
    intent,
    signature,
  }: SignedIntent & { readonly domain: bigint; readonly key: Point }): bigint {
    if (!isOnCurve(signature.r8) || signature.s >= SUBGROUP_ORDER) {
      throw new NodeError(
        "MalformedSignature",
        "R8 is not a point of the curve, or S is not below the subgroup's order",
      );
    }
    const message = intentMessage(domain, intent);
    if (!verify(key, message, signature)) {
      throw new ProtocolError(
        "BadSignature",
        `the signature is not one of account ${intent.account}'s key over this intent on this deployment`,
      );
    }
    return message;
  },

  /** The table that reports price. Accounts do not matter to it. Throws whatever `applyMarks` throws. */
  price({ profile, domain, parameters, board, marks, time, reports }: Pricing): Table {
    const empty = genesisState({ profile, series: [], parameters }, domain);
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

/**
 * What the circuits of every kind of step take alike.
 * @module
 */
import { accrualHash } from "#protocol/board.ts";
import { toField } from "#protocol/field.ts";
import { riskValues, type State } from "#protocol/state.ts";
import type { CircuitInput } from "./calculator.ts";

export const bit = (value: boolean): bigint => (value ? 1n : 0n);
/** Bits of `value`, least significant first. */
export const bits = (value: bigint, width: number): bigint[] =>
  Array.from({ length: width }, (_, at) => (value >> BigInt(at)) & 1n);
/** 1 at place `at`, 0 elsewhere; all 0 if there is no such place. */
export const oneHot = (at: number, length: number): bigint[] => Array.from({ length }, (_, each) => bit(each === at));

/** The part of the state before a step that both circuits open. */
export function stateInput({ globals, accountTree, domain, parameters, board }: State): CircuitInput {
  return {
    domain,
    accountsRoot: accountTree.root,
    number: globals.number,
    timestampBefore: globals.timestamp,
    feePot: globals.feePot,
    insurance: toField(globals.insurance),
    clearing: toField(globals.clearing),
    deficit: globals.deficit,
    totalCash: globals.totalCash,
    requestCursor: globals.requestCursor,
    risk: riskValues(parameters),
    accrualHash: accrualHash(board),
  };
}

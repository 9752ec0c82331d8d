/**
 * How long-running work tells a terminal how far it is.
 * @module
 */

/** `done` of `total` units of the phase named; `total` may be 0 while it is not known. */
export type Progress = (phase: string, done: number, total: number) => void;

/** For callers that show nothing. */
export const silent: Progress = () => {};

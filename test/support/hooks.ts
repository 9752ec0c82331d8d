/**
 * Root hooks of the test run, which uses the native core where it is, like everything else.
 * @module
 */
import "#native/install.ts";

declare global {
  /** The curve snarkjs caches, with its worker threads. */
  var curve_bn128: { terminate(): Promise<void> } | undefined;
}

export const mochaHooks = {
  /** Without this the workers of the cached curve keep the process alive for ever. */
  async afterAll(): Promise<void> {
    await globalThis.curve_bn128?.terminate();
  },
};

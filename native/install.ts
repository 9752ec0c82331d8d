/**
 * Imported first by whatever is started: from then on the protocol hashes and multiplies with the native core, where it is.
 * @module
 */
import { installCrypto } from "#protocol/crypto.ts";
import { nativeCrypto } from "./crypto.ts";
import { nativeCore } from "./index.ts";

const core = nativeCore();
if (core) installCrypto(nativeCrypto(core));

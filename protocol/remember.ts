/**
 * Digests of objects that never change, worked out once: every step names the root that it starts from, which is the one that
 * the step before led to.
 * @module
 */
import type { Profile } from "./params.ts";

/** `digestOf` remembered per object, and per profile if it depends on one. */
export function remembered<K extends object>(
  digestOf: (profile: Profile, of: K) => bigint,
): (profile: Profile, of: K) => bigint {
  const known = new WeakMap<K, { readonly profile: Profile; readonly digest: bigint }>();
  return (profile, of) => {
    const before = known.get(of);
    if (before?.profile === profile) return before.digest;
    const digest = digestOf(profile, of);
    known.set(of, { profile, digest });
    return digest;
  };
}

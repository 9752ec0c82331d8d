/**
 * Records as text: JSON with bigints as `{"$":"123"}`. Strict schemas at the API keep such objects out of user data.
 * @module
 */
const isTagged = (value: unknown): value is { $: string } =>
  typeof value === "object" && value !== null && "$" in value && typeof value.$ === "string";

export const encode = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? { $: item.toString() } : item));

/** Inverse of `encode`, for text whose checksum was verified: the caller names the type. */
export const decode = <T>(text: string): T =>
  JSON.parse(text, (_, item: unknown) => (isTagged(item) ? BigInt(item.$) : item)) as T;

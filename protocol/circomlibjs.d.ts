/** The part of circomlibjs that we use; the package has no types. */
declare module "circomlibjs" {
  /** Montgomery form, 32 bytes. */
  type Element = Uint8Array;
  type Field = { e(value: bigint | number | string): Element; toObject(element: Element): bigint };
  type Poseidon = ((inputs: readonly bigint[], initialState?: bigint) => Element) & { readonly F: Field };
  type CurvePoint = [Element, Element];
  type Eddsa = {
    readonly F: Field;
    prv2pub(secret: Uint8Array): CurvePoint;
    signPoseidon(secret: Uint8Array, message: Element): { R8: CurvePoint; S: bigint };
    verifyPoseidon(message: Element, signature: { R8: CurvePoint; S: bigint }, key: CurvePoint): boolean;
  };
  export function buildPoseidon(): Promise<Poseidon>;
  export function buildEddsa(): Promise<Eddsa>;
}

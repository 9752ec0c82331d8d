/** The prebuilt BN254 module of wasmcurves; the package has no types. */
declare module "wasmcurves/build/bn128_wasm.js" {
  /** Base64 of the module. Its memory is imported as `env.memory`; word 0 points at its first free byte. */
  export const code: string;
  /** Where the module keeps the generators, Jacobian and in Montgomery form. */
  export const pG1gen: number;
  export const pG2gen: number;
}

/** The part of WebAssembly that we use: the compiler knows it only together with the whole DOM. */
declare namespace WebAssembly {
  type Instance = { readonly exports: Readonly<Record<string, unknown>> };
  function instantiate(
    bytes: Uint8Array<ArrayBuffer>,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<{ readonly instance: Instance }>;
}

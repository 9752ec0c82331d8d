/** The part of cli-progress that we use; the package has no types of its own. */
declare module "cli-progress" {
  export class SingleBar {
    constructor(options: { readonly format: string; readonly clearOnComplete: boolean; readonly hideCursor: boolean });
    start(total: number, startValue: number): void;
    update(value: number): void;
    stop(): void;
  }
}

/**
 * The spec reporter, with a last line that a script can read: `N passed, N failed`.
 * @module
 */
import Mocha from "mocha";

class ClosingLine extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    // A run cut short by a failed root hook must not look empty, so failures are what mocha counted, hooks included.
    console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`);
  }
}

// Mocha loads its reporter with `require`, which takes this export for the module itself.
export { ClosingLine as "module.exports" };

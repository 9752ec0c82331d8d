/**
 * Accounts by number.
 * @module
 */
export class Accounts<T> {
  readonly #all: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }
  get(id: number): T | undefined {
    return this.#all[id];
  }
  add(id: number, account: T): void {
    while (this.#all.length < id) this.#all.push(undefined);
    if (this.#all[id] === undefined) this.#size++;
    this.#all[id] = account;
  }
  *entries(): Generator<[number, T]> {
    for (const [id, account] of this.#all.entries()) if (account !== undefined) yield [id, account];
  }
}

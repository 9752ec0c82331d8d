/**
 * A persistent array: `set` copies one page and the directory, so that a state of many accounts stays a value.
 * @module
 */
const PAGE = 64;

export class Pages<T> {
  readonly #pages: readonly (readonly (T | undefined)[])[];
  /** Entries set. */
  readonly size: number;

  private constructor(pages: readonly (readonly (T | undefined)[])[], size: number) {
    this.#pages = pages;
    this.size = size;
  }

  static empty<T>(): Pages<T> {
    return new Pages<T>([], 0);
  }

  get(index: number): T | undefined {
    return this.#pages[Math.floor(index / PAGE)]?.[index % PAGE];
  }

  set(index: number, value: T): Pages<T> {
    const at = Math.floor(index / PAGE);
    const page = (this.#pages[at] ?? []).slice();
    const isNew = page[index % PAGE] === undefined;
    page[index % PAGE] = value;
    const pages = this.#pages.slice();
    while (pages.length < at) pages.push([]);
    pages[at] = page;
    return new Pages(pages, this.size + (isNew ? 1 : 0));
  }

  *entries(): Generator<[number, T]> {
    for (const [at, page] of this.#pages.entries()) {
      for (const [offset, value] of page.entries()) if (value !== undefined) yield [at * PAGE + offset, value];
    }
  }
}

/** Things with a number, smallest first. */
export class Heap<T extends { readonly seq: number }> {
  #items: T[];

  /** @param items sorted by their number */
  constructor(items: T[] = []) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || parent.seq <= item.seq) {
        break;
      }
      items[place] = parent;
      place = above;
    }
    items[place] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      this.#sink(last);
    }
    return first;
  }

  /** Puts an item at the top and lets it find its place. */
  #sink(item: T): void {
    const items = this.#items;
    let place = 0;
    for (;;) {
      const left = items[2 * place + 1];
      const right = items[2 * place + 2];
      const isRight = right !== undefined && left !== undefined && right.seq < left.seq;
      const smaller = isRight ? right : left;
      if (smaller === undefined || item.seq <= smaller.seq) {
        break;
      }
      items[place] = smaller;
      place = 2 * place + (isRight ? 2 : 1);
    }
    items[place] = item;
  }
}

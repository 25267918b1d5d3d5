const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Of a text, so many bytes are looked at one by one; the end of a longer one is found faster by a search. */
const SHORT = 32;

/**
 * Reads a list as it comes and gives its items one at a time, so that neither the page's text (10 MB for 500 large
 * objects) nor all of its objects are ever in memory together.
 */
export class PageReader {
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #isItems = false;
  /** Of the item that the last chunk ended in. */
  #pieces: Uint8Array[] = [];
  /** All but the items. */
  #rest = '';

  /** @returns the items that end in this chunk, parsed */
  *read(chunk: Uint8Array): Generator<unknown, void, undefined> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#isString) {
        at = this.#skip(chunk, at);
      } else if (byte === QUOTE) {
        this.#isString = true;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#depth += 1;
        if (this.#isItems && this.#depth === 3) {
          start = at;
        } else if (!this.#isItems && this.#depth === 2 && byte === OPEN_ARRAY) {
          const head = this.#rest + text(chunk.subarray(start, at + 1));
          if (/"items"\s*:\s*\[$/.test(head)) {
            this.#isItems = true;
            this.#rest = head;
          }
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth -= 1;
        if (this.#isItems && this.#depth === 2) {
          this.#pieces.push(chunk.subarray(start, at + 1));
          yield this.#item();
        } else if (this.#isItems && this.#depth === 1) {
          this.#isItems = false;
          start = at;
        }
      }
    }
    if (this.#isItems && this.#depth >= 3) {
      this.#pieces.push(chunk.subarray(start));
    } else if (!this.#isItems) {
      this.#rest += text(chunk.subarray(start));
    }
  }

  /**
   * What stands around the items, once all chunks were read.
   * @throws SyntaxError when the list was cut off
   */
  envelope(): unknown {
    return JSON.parse(this.#rest);
  }

  /** Goes on in a text. @returns where it ends, or the place before one from which to go on */
  #skip(chunk: Uint8Array, from: number): number {
    const end = Math.min(chunk.length, from + SHORT);
    for (let at = from; at < end; at += 1) {
      const byte = chunk[at];
      if (this.#isEscaped) {
        this.#isEscaped = false;
      } else if (byte === BACKSLASH) {
        this.#isEscaped = true;
      } else if (byte === QUOTE) {
        this.#isString = false;
        return at;
      }
    }
    if (this.#isEscaped) {
      return end - 1;
    }
    // Up to the next quote only backslashes matter, and those right before it alone.
    const found = chunk.indexOf(QUOTE, end);
    const quote = found === -1 ? chunk.length : found;
    let backslashes = 0;
    while (quote - backslashes > end && chunk[quote - backslashes - 1] === BACKSLASH) {
      backslashes += 1;
    }
    this.#isEscaped = backslashes % 2 === 1;
    return quote - 1;
  }

  #item(): unknown {
    const pieces = this.#pieces;
    this.#pieces = [];
    const [only] = pieces;
    return JSON.parse(text(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)));
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

import { limits } from '../../core/contract/fields.ts';
import { KiteError } from '../../core/errors.ts';

/**
 * Parses a JSON text that means one thing only: `JSON.parse` quietly takes the last of two members with
 * the same name, and any depth.
 *
 * @throws KiteError `invalid_json`
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const sentence = text.trim() === '' ? 'The body is empty; send a JSON object.' : undefined;
    throw new KiteError('invalid_json', { ...(sentence === undefined ? {} : { message: sentence }), cause });
  }
  if (!isPlain(text, value)) {
    refuseAmbiguity(text);
  }
  return value;
}

const [quote, colon, leftBracket, rightBracket, leftBrace, rightBrace] = [0x22, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether a text is surely unambiguous: it names no more members than the value has, so none was named twice. A third
 * of the cost of looking at each name.
 */
function isPlain(text: string, value: unknown): boolean {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
    } else if (code === colon) {
      members += 1;
    } else if (code === leftBrace || code === leftBracket) {
      depth += 1;
      if (depth > limits.jsonDepth) {
        return false;
      }
    } else if (code === rightBrace || code === rightBracket) {
      depth -= 1;
    }
  }
  return members === countMembers(value);
}

/** How many members the objects in a value have; NaN where one is called as no member may be. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) {
    return 0;
  }
  if (Array.isArray(value)) {
    let members = 0;
    for (const inner of value) {
      members += countMembers(inner);
    }
    return members;
  }
  const entries = Object.entries(value);
  let members = entries.length;
  for (const [name, inner] of entries) {
    members += name === '__proto__' ? Number.NaN : countMembers(inner);
  }
  return members;
}

/** Walks over the tokens of a text that is known to be JSON. */
function refuseAmbiguity(text: string): void {
  /** The names seen in each object that is open; null for an array. */
  const open: (Set<string> | null)[] = [];
  let nameExpected = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
      case '[':
        nameExpected = text[at] === '{';
        open.push(nameExpected ? new Set() : null);
        if (open.length > limits.jsonDepth) {
          throw new KiteError('invalid_json', {
            message: `The body is nested more than ${limits.jsonDepth} levels deep; send it flatter.`,
          });
        }
        break;
      case '}':
      case ']':
        open.pop();
        nameExpected = false;
        break;
      case ',':
        nameExpected = open.at(-1) instanceof Set;
        break;
      case '"': {
        const end = endOfString(text, at);
        const names = open.at(-1);
        if (nameExpected && names instanceof Set) {
          const name: unknown = JSON.parse(text.slice(at, end + 1));
          if (name === '__proto__') {
            throw new KiteError('invalid_json', {
              message: 'The body has a key __proto__; name it otherwise.',
            });
          }
          if (names.has(String(name))) {
            throw new KiteError('invalid_json', {
              message: 'The body has the same key twice in one object; send each key once.',
            });
          }
          names.add(String(name));
          nameExpected = false;
        }
        at = end;
        break;
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') {
      backslashes += 1;
    }
    if (backslashes % 2 === 0) {
      return end;
    }
  }
}

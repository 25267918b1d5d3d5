import { limits } from '../../core/contract/fields.ts';
import { KiteError } from '../../core/errors.ts';

/**
 * Parses a JSON text that means one thing only: `JSON.parse` quietly takes the last of two members with
 * the same name, and any depth. One pass over the text, before it is parsed.
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
  refuseAmbiguity(text);
  return value;
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

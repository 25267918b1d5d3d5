import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from '../../../../operator/runtime/cluster/lines.ts';
import { PageReader } from '../../../../operator/runtime/cluster/pages.ts';

/** The bytes in pieces of these lengths, again and again. */
function pieces(text: string, lengths: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const found: Uint8Array[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const end = start + (lengths[turn % lengths.length] ?? 1);
    found.push(bytes.subarray(start, end));
    start = end;
  }
  return found;
}

const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
/** Long texts with all that JSON has to escape, such as JSON within JSON. */
const long = fc.string({ unit: fc.constantFrom('"', '\\', 'a', 'ü', '\n', '{', ']'), size: 'large' });
const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.oneof(fc.jsonValue(), long));

test('a page is read as a whole would be, however it is cut into pieces', () => {
  const property = fc.property(
    fc.array(object),
    fc.dictionary(fc.string(), fc.string()),
    lengths,
    fc.nat({ max: 2 }),
    (items, metadata, cuts, indent) => {
      const first = { kind: 'List', metadata: { ...metadata, note: '"items":[' }, items };
      const last = { items, kind: 'List', metadata };
      for (const page of [first, last]) {
        const reader = new PageReader();
        const found = pieces(JSON.stringify(page, null, indent), cuts).flatMap((piece) => [
          ...reader.read(piece),
        ]);
        expect(JSON.stringify(found)).toBe(JSON.stringify(items));
        expect(reader.envelope()).toMatchObject({ kind: 'List', metadata, items: [] });
      }
    },
  );
  fc.assert(property);
});

test('a page that was cut off is no page', () => {
  const reader = new PageReader();
  expect([...reader.read(Buffer.from('{"items":[{"a":1},{"b"'))]).toStrictEqual([{ a: 1 }]);
  expect(() => reader.envelope()).toThrow(SyntaxError);
});

test('a page without items has none', () => {
  const reader = new PageReader();
  expect([...reader.read(Buffer.from('{"items":null,"metadata":{}}'))]).toStrictEqual([]);
  expect(reader.envelope()).toStrictEqual({ items: null, metadata: {} });
});

test('lines are the same however they are cut; what has no end is left out', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map((line) => JSON.stringify(line))),
    fc.string({ unit: 'grapheme-ascii' }).map((text) => text.replaceAll('\n', '')),
    lengths,
    async (lines, rest, cuts) => {
      const text = `${lines.map((line) => `${line}\n`).join('')}${rest}`;
      const chunks = (async function* () {
        yield* pieces(text, cuts);
      })();
      const found: string[] = [];
      for await (const line of linesOf(chunks)) {
        found.push(line);
      }
      expect(found).toStrictEqual(lines);
    },
  );
  await fc.assert(property);
});

/** Fields that are missing or of another type than documented: all named at once, by path, and nothing is written. */
import { beforeAll, describe, expect, it } from 'vitest';
import { failing } from '../../support/bodies.ts';
import { expectError, namedPaths, useKite } from '../../support/kite.ts';
import {
  allWrites,
  fieldsOf,
  issueToWrite,
  type Path,
  pathOf,
  report,
  reportOf,
  type Write,
  withValue,
  writes,
} from '../../support/writes.ts';

const kite = useKite();
let id: string;

beforeAll(async () => {
  id = await issueToWrite(kite);
});

function sendBody(write: Write, body: unknown) {
  return kite.ask(write.method, pathOf(write, id), { body });
}

/** Values of every JSON type but that of the example. */
function otherTypes(example: unknown): readonly unknown[] {
  const all: readonly unknown[] = ['text', 7, true, { x: 1 }, [7]];
  return all.filter((value) => kindOf(value) !== kindOf(example));
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Whether details name this field, or something inside or around it. */
function isNamed(paths: readonly string[], path: Path): boolean {
  const place = path.join('.');
  return paths.some(
    (named) => named === place || named.startsWith(`${place}.`) || place.startsWith(`${named}.`),
  );
}

describe.each(allWrites.filter((write) => write.required.length > 0))('$name', (write) => {
  it('names every missing field at once', async () => {
    const before = await kite.stored();
    const top = new Set(write.required.map((path) => path.split('.')[0] ?? path));
    const error = expectError(await sendBody(write, {}), 400);
    expect(namedPaths(error)).toEqual([...top].sort());
    if (top.has('scope')) {
      const inner = expectError(await sendBody(write, { scope: {} }), 400);
      expect(namedPaths(inner)).toEqual([...write.required].sort());
    }
    expect(await kite.stored()).toBe(before);
  });

  it('names each required field that is missing or null, and no other', async () => {
    const before = await kite.stored();
    for (const path of write.required) {
      for (const value of [undefined, null]) {
        const body = withValue(write.full('any'), path.split('.'), value);
        expect(namedPaths(expectError(await sendBody(write, body), 400))).toEqual([path]);
      }
    }
    expect(await kite.stored()).toBe(before);
  });
});

describe.each(allWrites)('$name', (write) => {
  it('refuses every field, at any depth, whose type is another, and names it', async () => {
    const before = await kite.stored();
    const body = write.full('any');
    const fields = write === report ? fieldsOf(body).slice(0, 1) : fieldsOf(body);
    for (const { path, value } of fields) {
      for (const other of otherTypes(value)) {
        const error = expectError(await sendBody(write, withValue(body, path, other)), 400);
        expect(isNamed(namedPaths(error), path), `${path.join('.')}: ${error.message}`).toBe(true);
      }
    }
    expect(await kite.stored()).toBe(before);
  });

  it('takes fields that it does not know, and ignores them', async () => {
    const answer = await sendBody(write, {
      ...write.full('unknown-fields'),
      extra: { deep: [1, null] },
      id: 7,
    });
    expect(answer.status, answer.text).toBe(write.status);
  });
});

describe('words that are not among the known', () => {
  it.each(
    writes.flatMap((write) =>
      ['severity', 'issueType', 'state', 'type']
        .filter((field) => Object.hasOwn(write.full('any'), field))
        .map((field) => ({ write, name: write.name, field })),
    ),
  )('$name refuses them in $field', async ({ write, field }) => {
    const before = await kite.stored();
    // A webhook takes an empty text for a field left out: today's clients send both.
    const isOptional = write.name === 'webhooks.pipeline-failure' && field === 'severity';
    for (const word of ['bogus', ...(isOptional ? [] : ['']), 'MAJOR', 'active', 'Error', 'toString']) {
      const body = { ...write.full('any'), [field]: word };
      expect(namedPaths(expectError(await sendBody(write, body), 400))).toEqual([field]);
    }
    expect(await kite.stored()).toBe(before);
  });
});

describe('a report of a batch', () => {
  it('is rejected by itself for any field whose type is another', async () => {
    const before = await kite.stored();
    const whole = reportOf('any');
    const wrong = fieldsOf(whole).flatMap(({ path, value }) =>
      otherTypes(value).map((other) => withValue(whole, path, other)),
    );
    const results = await kite.reports(wrong);
    for (const result of results) {
      expect(result).toMatchObject({
        status: 'rejected',
        error: { code: 'invalid_request', message: expect.stringMatching(/\S/), retryable: false },
      });
      expect(result.issueId).toBeUndefined();
    }
    expect(await kite.stored()).toBe(before);
  });

  it('is rejected with every missing field named', async () => {
    const [failed, passed, none] = await kite.reports([{ outcome: 'failing' }, { outcome: 'passing' }, {}]);
    for (const field of ['namespace', 'scope', 'issueType', 'source', 'title', 'description', 'severity']) {
      expect(JSON.stringify(failed?.error)).toContain(field);
    }
    for (const field of ['namespace', 'scope', 'issueType', 'source']) {
      expect(JSON.stringify(passed?.error)).toContain(field);
    }
    expect(JSON.stringify(none?.error)).toContain('outcome');
  });

  it('is rejected when it is no object', async () => {
    const results = await kite.reports([null, 7, 'text', [], true, [failing('any', 0)]]);
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['rejected']));
  });

  it.each([
    ['outcome', 'broken'],
    ['severity', 'medium'],
    ['severity', 'bogus'],
    ['issueType', 'bogus'],
    ['source', 'user'],
    ['source', ''],
    ['source', ' '],
  ])('is rejected for %s "%s"', async (field, value) => {
    const before = await kite.stored();
    expect(await kite.statuses(failing('any', 0, { [field]: value }))).toEqual(['rejected']);
    expect(await kite.stored()).toBe(before);
  });
});

describe('a batch', () => {
  it('holds 1 to 500 reports, or is refused as a whole', async () => {
    const before = await kite.stored();
    expectError(await kite.post('/reports', { reports: [] }), 400);
    const reports = Array.from({ length: 501 }, (_, index) => failing('any', index));
    expectError(await kite.post('/reports', { reports }), 400);
    expect(await kite.stored()).toBe(before);
    expect(await kite.reports(reports.slice(1))).toHaveLength(500);
  });
});

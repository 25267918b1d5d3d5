/** What an index or a time of the database cannot hold is refused with 400, and what is taken fits: never a 5xx. */
import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../core/contract/fields.ts';
import { freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, namedPaths, useKite } from '../../support/kite.ts';
import { allWrites, fieldsOf, issueToWrite, pathOf, withValue } from '../../support/writes.ts';

const kite = useKite();
const namespace = 'checkout-tenant';

/** So many bytes of characters of `width` bytes each, in an order that does not compress, and the rest in ASCII. */
function text(bytes: number, width: 3 | 4, salt: number): string {
  const [first, range] = width === 3 ? [0x4e00, 20_000] : [0x20000, 40_000];
  let state = salt;
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return first + (Math.floor(state / 64) % range);
  };
  const characters = Array.from({ length: Math.floor(bytes / width) }, () => String.fromCodePoint(next()));
  return characters.join('') + 'x'.repeat(bytes % width);
}

describe.each([3, 4] as const)('names of characters of %s bytes', (width) => {
  it('are taken up to the limits in bytes, all of them together, and not one byte more', async () => {
    const scope = {
      resourceType: text(limits.kindBytes, width, 1),
      resourceName: text(limits.nameBytes, width, 2),
      resourceNamespace: text(limits.namespace, width, 3),
    };
    const longest = issueBody(text(limits.namespaceBytes, width, 4), {
      scope,
      cluster: text(limits.name, width, 5),
      eventId: text(limits.eventId * 4, 4, 6),
      run: { name: text(limits.name * 4, 4, 7), uid: text(limits.name * 4, 4, 8) },
      labels: {
        application: text(limits.labelValue * 4, 4, 9),
        component: text(limits.labelValue * 4, 4, 10),
      },
    });
    bodyOf(await kite.post('/issues', longest), 201);
    for (const path of [['namespace'], ['scope', 'resourceType'], ['scope', 'resourceName']]) {
      const field = fieldsOf(longest).find((one) => one.path.join() === path.join());
      const body = withValue(longest, path, `${String(field?.value)}x`);
      expect(namedPaths(expectError(await kite.post('/issues', body), 400))).toEqual([path.join('.')]);
    }
  });

  it('are taken for an application and a component, which are labels too', async () => {
    for (const resourceType of ['application', 'component']) {
      const scope = { resourceType, resourceName: text(limits.nameBytes, width, 11) };
      const body = issueBody(text(limits.namespaceBytes, width, 12), { scope });
      bodyOf(await kite.post('/issues', body), 201);
    }
  });

  it.each(allWrites)('$name answers no 5xx, whichever of its texts are so long', async (write) => {
    const id = await issueToWrite(kite);
    const whole = write.full(freshNamespace());
    const texts = fieldsOf(whole).filter(({ value }) => typeof value === 'string');
    const long = texts.filter(({ value }) => !/^\d{4}-|^https?:/.test(String(value)));
    const everywhere = long.reduce<unknown>(
      (body, { path }) => withValue(body, path, text(500 * width, width, 13)),
      whole,
    );
    const each = long.map(({ path }) => withValue(whole, path, text(500 * width, width, 14)));
    for (const body of [everywhere, ...each]) {
      const answer = await kite.ask(write.method, pathOf(write, id), { body });
      expect(answer.status, answer.text).toBeLessThan(500);
    }
  });
});

describe('a cursor that nobody was given', () => {
  const id = '018f3c1e-7b2a-4c3d-9e4f-5a6b7c8d9e0f';
  const cursor = (...place: unknown[]): string => Buffer.from(JSON.stringify(place)).toString('base64url');
  const sorts = ['detectedAt', 'lastSeenAt', 'severity', 'dueAt'];
  const numbers = [
    [],
    [0],
    [0, 0],
    [0, 0, 0],
    [-1],
    [8.64e15],
    [-8.64e15],
    [1e15],
    [3, 8.64e15],
    [3, -8.64e15],
    [1e9, 1],
  ];

  beforeAll(async () => {
    await kite.create(issueBody(namespace));
  });

  it.each(sorts)('is refused or stands for a place in the list by %s', async (sort) => {
    for (const values of numbers) {
      const answer = await kite.get('/issues', { namespace, sort, cursor: cursor(sort, values, id) });
      expect([200, 400], JSON.stringify(values)).toContain(answer.status);
    }
  });

  it.each(sorts)('is refused with values that no issue has, by %s', async (sort) => {
    for (const values of [[], [-1], [-8.64e15], [1e15], [3, 8.64e15], [3, -8.64e15]]) {
      expectError(await kite.get('/issues', { namespace, sort, cursor: cursor(sort, values, id) }), 400);
    }
  });
});

describe('a list of nothing', () => {
  it.each(['severity', 'issueType', 'state'])('counts as absent: %s=,', async (name) => {
    const { total } = await kite.list({ namespace });
    expect(total).toBeGreaterThan(0);
    expect((await kite.list({ namespace, [name]: [',', ''] })).total).toBe(total);
  });
});

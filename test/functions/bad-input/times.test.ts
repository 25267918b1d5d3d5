/** Times that are none, or that would pin an issue: refused with 400, and nothing is written. The server's clock stands still. */
import { describe, expect, it } from 'vitest';
import { component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, namedPaths, useKite, wholeIssue } from '../../support/kite.ts';
import { type Write, writes } from '../../support/writes.ts';

const now = Math.floor(Date.now() / 1000) * 1000;
const kite = useKite({ clock: () => now });
const minutes = 60_000;
const reporting = writes.filter((write) => Object.hasOwn(write.full('any'), 'observedAt'));

/** The moment so many milliseconds after the server's now. */
function fromNow(milliseconds: number): string {
  return new Date(now + milliseconds).toISOString();
}

function sendTimes(write: Write, times: object) {
  const {
    observedAt: _o,
    subjectCreatedAt: _s,
    dueAt: _d,
    eventId: _e,
    runId: _r,
    ...body
  } = write.full('any');
  return kite.ask(write.method, write.path, { body: { ...body, ...times } });
}

const impossible = [
  '0000-01-01T00:00:00Z',
  '99999-01-01T00:00:00Z',
  '+099999-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-10T00:00:00Z',
  '2026-01-32T00:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:61:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+99:00',
  '2026-01-01',
  'Thu, 01 Jan 2026 00:00:00 GMT',
  'yesterday',
  'now()',
  '1767225600',
  'infinity',
  'NaN',
];

describe.each(reporting)('$name', (write) => {
  it('refuses what is not a moment in the years that can be kept, and names the field', async () => {
    const before = await kite.stored();
    for (const field of ['observedAt', 'subjectCreatedAt', 'dueAt']) {
      for (const value of impossible) {
        const error = expectError(await sendTimes(write, { [field]: value }), 400);
        expect(namedPaths(error), value).toEqual([field]);
      }
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses an observedAt more than five minutes ahead of the clock, and takes one of five minutes', async () => {
    const before = await kite.stored();
    for (const ahead of [5 * minutes + 1, 24 * 60 * minutes]) {
      const error = expectError(await sendTimes(write, { observedAt: fromNow(ahead) }), 400);
      expect(namedPaths(error)).toContain('observedAt');
    }
    expect(await kite.stored()).toBe(before);
    expect((await sendTimes(write, { observedAt: fromNow(5 * minutes) })).status).toBe(write.status);
  });

  it('refuses a subjectCreatedAt more than five minutes ahead of the clock, even where the observation is not', async () => {
    const before = await kite.stored();
    const times = { observedAt: fromNow(0), subjectCreatedAt: fromNow(5 * minutes + 1) };
    expect(namedPaths(expectError(await sendTimes(write, times), 400))).toContain('subjectCreatedAt');
    const alone = { subjectCreatedAt: fromNow(6 * minutes) };
    expect(namedPaths(expectError(await sendTimes(write, alone), 400))).toContain('subjectCreatedAt');
    expect(await kite.stored()).toBe(before);
  });

  it('refuses a subjectCreatedAt more than five minutes after its observedAt, and takes one of five minutes', async () => {
    const before = await kite.stored();
    const observedAt = fromNow(-60 * minutes);
    const late = { observedAt, subjectCreatedAt: fromNow(-55 * minutes + 1) };
    expect(namedPaths(expectError(await sendTimes(write, late), 400))).toContain('subjectCreatedAt');
    expect(await kite.stored()).toBe(before);
    const taken = { observedAt, subjectCreatedAt: fromNow(-55 * minutes) };
    expect((await sendTimes(write, taken)).status).toBe(write.status);
  });
});

describe('a report of a batch', () => {
  it('is rejected for the same times, failing or passing', async () => {
    const before = await kite.stored();
    const bad = [
      ...impossible.map((observedAt) => ({ observedAt })),
      ...impossible.map((subjectCreatedAt) => ({ subjectCreatedAt })),
      { observedAt: fromNow(5 * minutes + 1) },
      { observedAt: fromNow(0), subjectCreatedAt: fromNow(5 * minutes + 1) },
      { observedAt: fromNow(-60 * minutes), subjectCreatedAt: fromNow(-54 * minutes) },
    ];
    const results = await kite.reports(
      bad.flatMap((times) => [failing('any', 0, times), passing('any', 0, times)]),
    );
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['rejected']));
    expect(await kite.stored()).toBe(before);
  });
});

describe('times that are taken', () => {
  it.each([
    ['2026-01-31T09:30:00+02:00', '2026-01-31T07:30:00.000Z'],
    ['2026-01-31T07:30:00.5Z', '2026-01-31T07:30:00.500Z'],
    ['2026-01-31T07:30:00.123999Z', '2026-01-31T07:30:00.123Z'],
    ['2024-02-29T00:00:00-11:30', '2024-02-29T11:30:00.000Z'],
  ])('%s is kept as %s: in UTC, cut to whole milliseconds', async (dueAt, kept) => {
    const created = await kite.create(issueBody(freshNamespace(), { dueAt }));
    expect(created.dueAt).toBe(kept);
  });

  it('are cut the same for observedAt, so that what differs by less is the same moment', async () => {
    const namespace = freshNamespace();
    const second = fromNow(-minutes).slice(0, 19);
    const created = await kite.create(issueBody(namespace, { observedAt: `${second}.1239Z` }));
    expect(created.detectedAt).toBe(`${second}.123Z`);
  });

  it('may lie far in the future where something is due, which is no observation', async () => {
    const created = await kite.create(issueBody(freshNamespace(), { dueAt: '9999-12-31T23:59:59.999Z' }));
    expect(created.dueAt).toBe('9999-12-31T23:59:59.999Z');
  });

  it('are the clock’s where a reporter gives none', async () => {
    const created = await kite.create(issueBody(freshNamespace(), component('timeless')));
    expect(created).toMatchObject({ detectedAt: fromNow(0), firstSeenAt: fromNow(0), createdAt: fromNow(0) });
    const failure = { pipelineName: 'timeless', namespace: freshNamespace(), failureReason: 'Failed' };
    expect((await kite.failure('pipeline-failure', failure)).detectedAt).toBe(fromNow(0));
  });

  it('older than the history is kept change nothing, and say so', async () => {
    const namespace = freshNamespace();
    const day = 24 * 60 * minutes;
    const created = await kite.create(issueBody(namespace, { observedAt: fromNow(-179 * day) }));
    expect(await kite.statuses(failing(namespace, 0, { observedAt: fromNow(-181 * day) }))).toEqual([
      'stale',
    ]);
    expect(
      await kite.statuses(
        passing(namespace, 0, { observedAt: fromNow(0), subjectCreatedAt: fromNow(-181 * day) }),
      ),
    ).toEqual(['stale']);
    const again = await kite.post(
      '/issues/',
      issueBody(namespace, { observedAt: fromNow(-200 * day), title: 'Old' }),
    );
    expect(wholeIssue(bodyOf(again, 201))).toEqual(created);
    const failure = {
      pipelineName: 'old',
      namespace,
      failureReason: 'Failed',
      observedAt: '1970-01-01T00:00:00Z',
    };
    expect(bodyOf(await kite.post('/webhooks/pipeline-failure', failure), 201)).toEqual({
      status: 'success',
      issue: null,
    });
    expect((await kite.list({ namespace })).data).toEqual([created]);
  });
});

describe('PUT', () => {
  it('refuses a dueAt that is no moment, and ignores a resolvedAt whatever it is', async () => {
    const { id } = await kite.create(issueBody(freshNamespace()));
    for (const dueAt of impossible) {
      expectError(await kite.ask('PUT', `/issues/${id}`, { body: { dueAt } }), 400);
    }
    for (const resolvedAt of ['yesterday', fromNow(0), null, 7, {}]) {
      const answer = await kite.ask('PUT', `/issues/${id}`, { body: { resolvedAt } });
      expect(wholeIssue(bodyOf(answer, 200))).toMatchObject({ state: 'ACTIVE', resolvedAt: null });
    }
  });
});

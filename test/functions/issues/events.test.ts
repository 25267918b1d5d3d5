/** `GET /issues/:id/events`: every report and every action is one row of the timeline, newest first. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventPage, type IssueEvent } from '../../../core/contract/issue.ts';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'falcon-tenant';
let id: string;

/** Four reports out of order, one of them twice, an edit, a link, a resolve and a reopen. */
beforeAll(async () => {
  const first = failing(namespace, 60, { eventId: 'event-2', run: { name: 'run-2', uid: 'uid-2' } });
  const [opened] = await kite.reports([first]);
  id = opened?.issueId ?? '';
  await kite.reports([passing(namespace, 180, { eventId: 'event-4', subjectCreatedAt: at(120) })]);
  await kite.reports([failing(namespace, 0, { eventId: 'event-1', source: 'ci' }), first]);
  await kite.create(issueBody(namespace, { observedAt: at(240), eventId: 'event-5' }));
  await kite.ask('PUT', `/issues/${id}`, { body: { title: 'Edited' } });
  await kite.post(`/issues/${id}/links`, { title: 'Ticket', url: 'https://tickets.example/1' });
  await kite.ask('POST', `/issues/${id}/resolve`);
  await kite.ask('POST', `/issues/${id}/reopen`);
  await kite.reports([failing(namespace, 0, component('other'))]);
});

describe('GET /issues/:id/events', () => {
  it('has every distinct report with what it said and when, newest in the order first', async () => {
    const events = await kite.events(id);
    const reports = events.filter((event) => event.source !== 'user');
    expect(reports).toMatchObject([
      { source: 'api', eventId: 'event-5', outcome: 'failing', observedAt: at(240), subjectCreatedAt: null },
      {
        source: 'operator/pipelinerun',
        eventId: 'event-4',
        outcome: 'passing',
        observedAt: at(180),
        subjectCreatedAt: at(120),
      },
      {
        source: 'operator/pipelinerun',
        eventId: 'event-2',
        outcome: 'failing',
        run: { name: 'run-2', uid: 'uid-2' },
      },
      { source: 'ci', eventId: 'event-1', outcome: 'failing', observedAt: at(0) },
    ]);
  });

  it('has every action of people: edit, link, resolve, reopen', async () => {
    const events = await kite.events(id);
    const actions = events.filter((event) => event.source === 'user');
    expect(actions).toHaveLength(4);
    expect(actions.filter((event) => event.outcome === 'passing')).toHaveLength(1);
    expect(actions.filter((event) => event.outcome === 'failing')).toHaveLength(1);
    expect(actions.filter((event) => event.outcome === null)).toHaveLength(2);
  });

  it('says what each did to the issue when it came', async () => {
    const effects = new Map((await kite.events(id)).map((event) => [event.eventId, event.effect]));
    expect(effects.get('event-2')).toBe('opened');
    expect(effects.get('event-4')).toBe('resolved');
    expect(effects.get('event-1')).toBe('recorded');
    expect(effects.get('event-5')).toBe('reopened');
  });

  it('is paged by limit and cursor without loss or repetition', async () => {
    const whole = await kite.events(id);
    for (const limit of ['1', '3', '8', '9']) {
      const walked: IssueEvent[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = eventPage.parse(bodyOf(await kite.get(`/issues/${id}/events/`, { limit, cursor }), 200));
        expect(page.data.length).toBeLessThanOrEqual(Number(limit));
        walked.push(...page.data);
        cursor = page.nextCursor;
      }
      expect(walked).toEqual(whole);
    }
  });

  it('is 50 at most when no limit is given, and says where to go on', async () => {
    const crowded = freshNamespace();
    const reports = Array.from({ length: 60 }, (_, index) =>
      failing(crowded, index, { eventId: `event-${index}` }),
    );
    const [first] = await kite.reports(reports);
    const page = eventPage.parse(bodyOf(await kite.get(`/issues/${first?.issueId}/events`), 200));
    expect(page.data.map((event) => event.eventId)).toEqual(
      Array.from({ length: 50 }, (_, index) => `event-${59 - index}`),
    );
    const rest = await kite.events(first?.issueId ?? '', { cursor: page.nextCursor ?? '' });
    expect(rest).toHaveLength(10);
  });

  it('begins with the passes that came before there was an issue', async () => {
    const calm = freshNamespace();
    await kite.reports([passing(calm, 0, { eventId: 'pass' })]);
    const [opened] = await kite.reports([failing(calm, 60, { eventId: 'fail' })]);
    const events = await kite.events(opened?.issueId ?? '');
    expect(events.map((event) => event.eventId)).toEqual(['fail', 'pass']);
  });

  it('is refused with 403 for another namespace and with 404 for no issue', async () => {
    expectError(await kite.get(`/issues/${id}/events`, { namespace: 'other' }), 403);
    expectError(await kite.get(`/issues/${randomUUID()}/events`), 404);
    bodyOf(await kite.get(`/issues/${id}/events`, { namespace }), 200);
  });
});

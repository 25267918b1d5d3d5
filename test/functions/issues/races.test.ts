/** Whatever callers do at once, each gets a proper answer, and what is left is what the last of them meant. */
import { describe, expect, it } from 'vitest';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { type Answer, type Kite, useKite } from '../../support/kite.ts';

const kite = useKite();
const rounds = Array.from({ length: 12 }, (_, index) => index);

/** Statuses of answers, each once. */
async function statusesOf(answers: readonly Promise<Answer>[]): Promise<readonly number[]> {
  return [...new Set((await Promise.all(answers)).map((answer) => answer.status))].sort();
}

/** One of everything that a caller can do to an issue, and to the one beside it. */
function deeds(
  on: Kite,
  namespace: string,
  id: string,
  other: string,
  round: number,
): readonly Promise<Answer>[] {
  const link = { title: 'Logs', url: `https://logs.example/${round}` };
  const logs = { pipelineId: 'push', namespace, type: 'error', logs: ['one'], observedAt: at(round) };
  const pipeline = { pipelineName: 'push', namespace, observedAt: at(round) };
  return [
    on.post('/issues/', issueBody(namespace, { observedAt: at(round), links: [link] })),
    on.post('/reports', {
      reports: [failing(namespace, round), passing(namespace, round, component('other'))],
    }),
    on.post('/reports', {
      reports: [failing(namespace, round, component('other')), passing(namespace, round)],
    }),
    on.ask('PUT', `/issues/${id}`, { body: { title: `Edit ${round}`, state: 'RESOLVED', links: [link] } }),
    on.ask('POST', `/issues/${id}/resolve`),
    on.ask('POST', `/issues/${other}/reopen`),
    on.post(`/issues/${id}/links`, link),
    on.post(`/issues/${id}/related`, { relatedId: other }),
    on.post(`/issues/${other}/related`, { relatedId: id }),
    on.ask('DELETE', `/issues/${id}/related/${other}`),
    on.post('/webhooks/mintmaker-custom', logs),
    on.post('/webhooks/pipeline-failure', { ...pipeline, failureReason: 'Failed' }),
    on.post('/webhooks/pipeline-success', pipeline),
    on.get('/issues/', { namespace }),
    on.get(`/issues/${id}/events`),
  ];
}

describe('at once', () => {
  it('reports, edits, actions, links and relations all succeed: no deadlock reaches a caller', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace, { observedAt: at(0) }));
    const other = await kite.create(issueBody(namespace, { observedAt: at(0), ...component('other') }));
    const answers = rounds.flatMap((round) => deeds(kite, namespace, id, other.id, round));
    const allowed = [200, 201, 204, 404, 409];
    for (const status of await statusesOf(answers)) expect(allowed).toContain(status);
    expect((await kite.issue(id)).occurrences).toBe(1 + 2 * rounds.length);
  });

  it('deletions and reports leave no half of an issue: every answer is a success or 404', async () => {
    for (const round of rounds) {
      const namespace = freshNamespace();
      const { id } = await kite.create(issueBody(namespace, { observedAt: at(0) }));
      const other = await kite.create(issueBody(namespace, { observedAt: at(0), ...component('other') }));
      const answers = [
        ...deeds(kite, namespace, id, other.id, 10 + round),
        kite.ask('DELETE', `/issues/${id}`),
        kite.ask('DELETE', `/issues/${other.id}`),
        ...deeds(kite, namespace, id, other.id, 30 + round),
      ];
      for (const status of await statusesOf(answers)) expect([200, 201, 204, 404, 409]).toContain(status);
      await kite.list({ namespace });
      const [opened] = await kite.reports([failing(namespace, 3600)]);
      expect((await kite.issue(opened?.issueId ?? '')).state).toBe('ACTIVE');
    }
  });

  it('of many deletions one says 204 and the rest 404', async () => {
    const { id } = await kite.create(issueBody(freshNamespace()));
    const answers = await Promise.all(rounds.map(() => kite.ask('DELETE', `/issues/${id}`)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, ...rounds.slice(1).map(() => 404)]);
  });

  it('of many edits the issue is left as one of them wrote it, whole', async () => {
    const { id } = await kite.create(issueBody(freshNamespace()));
    await Promise.all(
      rounds.map((round) =>
        kite.ask('PUT', `/issues/${id}`, { body: { title: `t${round}`, description: `d${round}` } }),
      ),
    );
    const { title, description } = await kite.issue(id);
    expect(description).toBe(title.replace('t', 'd'));
    expect(await kite.events(id)).toHaveLength(1 + rounds.length);
  });

  it('ends of runs and logs of MintMaker end in what their order says', async () => {
    for (const _ of rounds) {
      const namespace = freshNamespace();
      const logs = (seconds: number) => ({
        pipelineId: 'push',
        namespace,
        type: 'error',
        logs: ['a'],
        observedAt: at(seconds),
      });
      const end = (seconds: number, runId: string) => ({
        pipelineName: 'push',
        namespace,
        runId,
        observedAt: at(seconds),
      });
      const answers = await Promise.all([
        kite.post('/webhooks/pipeline-success', end(20, 'run-2')),
        kite.post('/webhooks/mintmaker-custom', logs(0)),
        kite.post('/webhooks/pipeline-success', end(10, 'run-1')),
        kite.post('/webhooks/mintmaker-custom', logs(30)),
        kite.post('/webhooks/pipeline-failure', { ...end(40, 'run-3'), failureReason: 'Failed' }),
        kite.post('/webhooks/pipeline-success', end(50, 'run-4')),
      ]);
      for (const { status, text } of answers) expect([200, 201], text).toContain(status);
      const { data } = await kite.list({ namespace, issueType: 'dependency' });
      expect(data).toMatchObject([
        { state: 'RESOLVED', reopened: 1, detectedAt: at(30), resolvedAt: at(50), occurrences: 2 },
      ]);
    }
  });
});

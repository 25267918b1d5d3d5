/**
 * MintMaker: `pipeline-success` and `-failure` of an id are the ends of its runs. A `mintmaker-*` issue is RESOLVED
 * when at least two of them are newer than its newest failing report: the first ends the run that reported it.
 */
import { describe, expect, it } from 'vitest';
import { at, freshNamespace } from '../../support/bodies.ts';
import { bodyOf, useKite } from '../../support/kite.ts';

const kite = useKite();
const id = 'github.com/konflux-ci_checkout@main';

/** A namespace of its own, with what MintMaker says about the one repository in it. */
function mintmaker(namespace = freshNamespace()) {
  return {
    namespace,
    logs: (seconds: number, fields: object = {}) =>
      kite.failure('mintmaker-custom', {
        pipelineId: id,
        namespace,
        type: 'error',
        logs: ['registry answered 502'],
        observedAt: at(seconds),
        ...fields,
      }),
    success: (seconds: number, fields: object = {}) =>
      kite.success('pipeline-success', { pipelineName: id, namespace, observedAt: at(seconds), ...fields }),
    failure: (seconds: number, fields: object = {}) =>
      kite.failure('pipeline-failure', {
        pipelineName: id,
        namespace,
        failureReason: 'Renovate exited with 1',
        observedAt: at(seconds),
        ...fields,
      }),
    issue: async (type = 'error') => {
      const { data } = await kite.list({ namespace, resourceType: `mintmaker-${type}` });
      expect(data).toHaveLength(1);
      return data[0];
    },
  };
}

describe('mintmaker-custom', () => {
  it('writes nothing for empty logs and answers 200 with the sentence of the contract', async () => {
    const before = await kite.stored();
    const body = { pipelineId: id, namespace: 'any', type: 'error', logs: [] };
    const answer = await kite.post('/webhooks/mintmaker-custom/', body);
    expect(bodyOf(answer, 200)).toEqual({ info: 'No logs provided, no issue created' });
    expect(await kite.stored()).toBe(before);
  });

  it('each type is an issue of its own; the same type again updates title, count and description', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.logs(0, { type: 'warning' });
    const issue = await repository.logs(60, { logs: ['one', 'two', 'three'] });
    expect(issue).toMatchObject({ title: `Mintmaker error(3): ${id}`, occurrences: 2 });
    expect(issue.description.split(/\n-+\n/)).toEqual(['one', 'two', 'three']);
    expect((await kite.list({ namespace: repository.namespace })).total).toBe(2);
  });
});

describe('the ends of runs', () => {
  it('one end leaves the issue active, the second resolves it at the moment it was observed', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.success(10);
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE', resolvedAt: null });
    await repository.success(3600);
    expect(await repository.issue()).toMatchObject({
      state: 'RESOLVED',
      resolvedAt: at(3600),
      occurrences: 1,
    });
    await repository.success(7200);
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(3600) });
  });

  it('a failed run ends too: what it did not log again is over', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.failure(10, { runId: 'run-1' });
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
    await repository.failure(20, { runId: 'run-2' });
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(20) });
    const pipeline = (await kite.list({ namespace: repository.namespace, issueType: 'pipeline' })).data;
    expect(pipeline).toMatchObject([{ state: 'ACTIVE', occurrences: 2 }]);
  });

  it('resolve all types of logs that were not written again', async () => {
    const repository = mintmaker();
    for (const type of ['error', 'warning', 'info']) await repository.logs(0, { type });
    await repository.success(10);
    await repository.logs(3600, { type: 'warning' });
    await repository.success(3610);
    for (const type of ['error', 'info']) {
      expect(await repository.issue(type)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(3610) });
    }
    expect(await repository.issue('warning')).toMatchObject({ state: 'ACTIVE', reopened: 0, occurrences: 2 });
  });

  it('logs of every run keep one episode: one end between them is no resolution', async () => {
    const repository = mintmaker();
    for (let run = 0; run < 4; run += 1) {
      await repository.logs(run * 3600);
      await repository.success(run * 3600 + 10);
      expect(await repository.issue()).toMatchObject({ state: 'ACTIVE', reopened: 0, detectedAt: at(0) });
    }
    expect(await repository.issue()).toMatchObject({ occurrences: 4, episodeOccurrences: 4 });
  });

  it('two ends between logs separate episodes', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.success(10);
    await repository.success(3600);
    const again = await repository.logs(7200);
    expect(again).toMatchObject({
      state: 'ACTIVE',
      resolvedAt: null,
      reopened: 1,
      detectedAt: at(7200),
      episodeOccurrences: 1,
      occurrences: 2,
    });
    await repository.success(7210);
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
    await repository.success(10_800);
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(10_800) });
  });

  it('two successes without an id less than 60 s apart are one end told twice', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.success(10);
    await repository.success(69);
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
    await repository.success(3600);
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(3600) });
  });

  it('two successes without an id 60 s apart are two ends', async () => {
    const repository = mintmaker();
    await repository.logs(0);
    await repository.success(10);
    await repository.success(70);
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(70) });
  });

  it.each([
    ['runId', 'runId'],
    ['eventId', 'eventId'],
  ])(
    'two successes with a %s of their own are two ends however close, and the same one again is none',
    async (_, field) => {
      const repository = mintmaker();
      await repository.logs(0);
      await repository.success(10, { [field]: 'run-1' });
      await repository.success(3600, { [field]: 'run-1' });
      expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
      await repository.success(11, { [field]: 'run-2' });
      expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(11) });
    },
  );

  it('an end from before the logs, or of another id, namespace or cluster, is none of theirs', async () => {
    const repository = mintmaker();
    await repository.success(-3600);
    await repository.success(-10);
    await repository.logs(0);
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
    for (const seconds of [10, 3600]) {
      await repository.success(seconds, { pipelineName: `${id}2` });
      await repository.success(seconds, { namespace: 'elsewhere' });
      await repository.success(seconds, { cluster: 'east' });
    }
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
  });

  it('mean the same whatever order everything arrives in', async () => {
    const forwards = mintmaker();
    const backwards = mintmaker();
    const story = (repository: ReturnType<typeof mintmaker>) => [
      () => repository.logs(0),
      () => repository.success(10),
      () => repository.failure(3600, { runId: 'run-2' }),
      () => repository.logs(7200),
      () => repository.success(7210),
      () => repository.success(7220),
      () => repository.success(7260),
      () => repository.success(10_800),
    ];
    for (const step of story(forwards)) await step();
    for (const step of story(backwards).toReversed()) await step();
    for (const repository of [forwards, backwards]) {
      expect(await repository.issue()).toMatchObject({
        state: 'RESOLVED',
        reopened: 1,
        occurrences: 2,
        detectedAt: at(7200),
        resolvedAt: at(10_800),
      });
    }
  });

  it('by the order of runs: a run that started before the logs were written but ended after them counts by its start', async () => {
    const repository = mintmaker();
    await repository.logs(100, { subjectCreatedAt: at(50) });
    await repository.success(200, { subjectCreatedAt: at(40), runId: 'run-0' });
    await repository.success(300, { subjectCreatedAt: at(50), runId: 'run-1' });
    expect(await repository.issue()).toMatchObject({ state: 'ACTIVE' });
    await repository.success(400, { subjectCreatedAt: at(60), runId: 'run-2' });
    expect(await repository.issue()).toMatchObject({ state: 'RESOLVED', resolvedAt: at(400) });
  });

  it('a person resolves at once, and the next logs reopen', async () => {
    const repository = mintmaker();
    const { id: issueId } = await repository.logs(0);
    await repository.success(10);
    const answer = await kite.ask('POST', `/issues/${issueId}/resolve`);
    expect(bodyOf(answer, 200)).toMatchObject({ state: 'RESOLVED' });
    expect(await repository.logs(3600)).toMatchObject({ id: issueId, state: 'ACTIVE', reopened: 1 });
  });

  it('of other pipelines resolve by a single success, as ever', async () => {
    const repository = mintmaker();
    const { id: issueId } = await repository.failure(0, { runId: 'run-1' });
    expect(await repository.success(10, { runId: 'run-2' })).toBe(`Resolved 1 issue(s) for pipeline ${id}`);
    expect((await kite.issue(issueId)).state).toBe('RESOLVED');
  });
});

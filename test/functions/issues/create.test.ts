/** `POST /issues`: a report of source `api`; one issue per identity, updated and returned, never duplicated. */
import { describe, expect, it } from 'vitest';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite, wholeIssue } from '../../support/kite.ts';

const kite = useKite();

describe('POST /issues', () => {
  it('answers 201 with the whole issue, defaults filled in', async () => {
    const namespace = freshNamespace();
    const link = { title: 'Logs', url: 'https://logs.example/1' };
    const created = await kite.create(issueBody(namespace, { observedAt: at(0), links: [link] }));
    expect(created).toMatchObject({
      title: 'Build of checkout failed',
      description: 'The task build-container exited with 2.',
      severity: 'major',
      issueType: 'build',
      state: 'ACTIVE',
      detectedAt: at(0),
      resolvedAt: null,
      namespace,
      cluster: 'local',
      scope: { resourceType: 'component', resourceName: 'checkout', resourceNamespace: namespace },
      links: [{ ...link, issueId: created.id }],
      relatedFrom: [],
      relatedTo: [],
      labels: { component: 'checkout' },
      lifecycle: null,
      origin: null,
      dueAt: null,
      firstSeenAt: at(0),
      lastSeenAt: at(0),
      occurrences: 1,
      episodeOccurrences: 1,
      reopened: 0,
    });
    expect(await kite.issue(created.id)).toEqual(created);
    expect((await kite.list({ namespace })).data).toEqual([created]);
  });

  it('the same identity again updates the issue and counts the occurrence', async () => {
    const namespace = freshNamespace();
    const first = await kite.create(issueBody(namespace, { observedAt: at(0) }));
    const again = await kite.create(
      issueBody(namespace, {
        observedAt: at(60),
        title: 'Worse',
        description: 'Still.',
        severity: 'critical',
      }),
    );
    expect(again).toMatchObject({
      id: first.id,
      title: 'Worse',
      description: 'Still.',
      severity: 'critical',
      detectedAt: at(0),
      lastSeenAt: at(60),
      occurrences: 2,
      createdAt: first.createdAt,
    });
    expect((await kite.list({ namespace })).total).toBe(1);
  });

  it('an older report counts, and its text changes nothing', async () => {
    const namespace = freshNamespace();
    await kite.create(
      issueBody(namespace, { observedAt: at(60), labels: { team: 'falcon' }, dueAt: at(90) }),
    );
    const late = await kite.create(
      issueBody(namespace, {
        observedAt: at(0),
        title: 'Old',
        severity: 'info',
        labels: { team: 'eagle' },
        dueAt: at(1),
      }),
    );
    expect(late).toMatchObject({
      title: 'Build of checkout failed',
      severity: 'major',
      labels: { team: 'falcon' },
      dueAt: at(90),
      occurrences: 2,
      firstSeenAt: at(0),
      detectedAt: at(0),
      lastSeenAt: at(60),
    });
  });

  it('each part of the identity makes an issue of its own', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'component', resourceName: 'checkout' };
    const bodies = [
      issueBody(namespace),
      issueBody(namespace, { cluster: 'east' }),
      issueBody(namespace, { issueType: 'test' }),
      issueBody(namespace, { scope: { ...scope, resourceType: 'application' } }),
      issueBody(namespace, { scope: { ...scope, resourceName: 'cart' } }),
      issueBody(namespace, { scope: { ...scope, resourceNamespace: 'elsewhere' } }),
    ];
    const ids = new Set<string>();
    for (const body of [...bodies, ...bodies]) ids.add((await kite.create(body)).id);
    expect(ids.size).toBe(bodies.length);
    expect((await kite.list({ namespace })).total).toBe(bodies.length);
    expect((await kite.create(issueBody(`${namespace}-2`))).id).not.toBe([...ids][0]);
  });

  it('resourceType has no case, and is answered in lower case', async () => {
    const namespace = freshNamespace();
    const scoped = (resourceType: string) =>
      issueBody(namespace, { scope: { resourceType, resourceName: 'checkout' } });
    const first = await kite.create(scoped('PipelineRun'));
    expect(first.scope.resourceType).toBe('pipelinerun');
    expect((await kite.create(scoped('pipelinerun'))).id).toBe(first.id);
  });

  it('state RESOLVED is a failure and its resolution in one', async () => {
    const namespace = freshNamespace();
    const solved = await kite.create(issueBody(namespace, { state: 'RESOLVED', observedAt: at(0) }));
    expect(solved).toMatchObject({ state: 'RESOLVED', detectedAt: at(0), occurrences: 1, reopened: 0 });
    expect(solved.resolvedAt).not.toBeNull();
    const again = await kite.create(issueBody(namespace, { observedAt: at(60) }));
    expect(again).toMatchObject({
      id: solved.id,
      state: 'ACTIVE',
      resolvedAt: null,
      reopened: 1,
      occurrences: 2,
    });
  });

  it('state RESOLVED with the same eventId again is one failure and one resolution', async () => {
    const namespace = freshNamespace();
    const body = issueBody(namespace, { state: 'RESOLVED', observedAt: at(0), eventId: 'event-1' });
    const first = await kite.create(body);
    expect(await kite.create(body)).toEqual(first);
    await kite.create(issueBody(namespace, { observedAt: at(60), eventId: 'event-2' }));
    expect(await kite.create(body)).toMatchObject({ state: 'ACTIVE', occurrences: 2 });
  });

  it('state RESOLVED of an old failure does not resolve a newer one', async () => {
    const namespace = freshNamespace();
    await kite.create(issueBody(namespace, { observedAt: at(60) }));
    const late = await kite.create(issueBody(namespace, { state: 'RESOLVED', observedAt: at(0) }));
    expect(late).toMatchObject({ state: 'ACTIVE', resolvedAt: null, occurrences: 2 });
  });

  it('a failure that sorts before a pass without issue is born RESOLVED', async () => {
    const namespace = freshNamespace();
    expect(await kite.statuses(passing(namespace, 60))).toEqual(['recorded']);
    const born = await kite.create(issueBody(namespace, { observedAt: at(0) }));
    expect(born).toMatchObject({ state: 'RESOLVED', detectedAt: at(0), resolvedAt: at(60), occurrences: 1 });
  });

  it('on the same moment the failure wins over the pass, whichever came first', async () => {
    for (const failureFirst of [true, false]) {
      const namespace = freshNamespace();
      const reports = [failing(namespace, 0), passing(namespace, 0)];
      for (const report of failureFirst ? reports : reports.toReversed()) await kite.statuses(report);
      expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(1);
    }
  });

  it('newer means by when the judged thing was created, then by observation', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace, { observedAt: at(500), subjectCreatedAt: at(0) }));
    await kite.statuses(passing(namespace, 400, { subjectCreatedAt: at(100) }));
    // It never says that it was resolved before the failure that it followed was seen.
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(500) });
    const slow = await kite.create(issueBody(namespace, { observedAt: at(900), subjectCreatedAt: at(50) }));
    expect(slow).toMatchObject({ id, state: 'RESOLVED', occurrences: 2, reopened: 0 });
    const next = await kite.create(issueBody(namespace, { observedAt: at(901), subjectCreatedAt: at(200) }));
    expect(next).toMatchObject({
      id,
      state: 'ACTIVE',
      reopened: 1,
      detectedAt: at(901),
      episodeOccurrences: 1,
    });
  });

  it('a resourceNamespace that is empty or null, as Go writes what it does not set, is the issue’s namespace', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'component', resourceName: 'checkout' };
    const ids = new Set<string>();
    for (const resourceNamespace of [undefined, '', null, namespace]) {
      const created = await kite.create(issueBody(namespace, { scope: { ...scope, resourceNamespace } }));
      expect(created.scope.resourceNamespace).toBe(namespace);
      ids.add(created.id);
    }
    expect(ids.size).toBe(1);
  });

  it('labels of the newest failure replace those before; an application or component scope names itself', async () => {
    const namespace = freshNamespace();
    const labels = { application: 'shop', lifecycle: 'production', origin: 'user', team: 'falcon' };
    const first = await kite.create(issueBody(namespace, { observedAt: at(0), labels }));
    expect(first).toMatchObject({
      application: 'shop',
      component: 'checkout',
      lifecycle: 'production',
      origin: 'user',
    });
    const next = await kite.create(issueBody(namespace, { observedAt: at(60), labels: { team: 'eagle' } }));
    expect(next).toMatchObject({ application: null, component: 'checkout', lifecycle: null, origin: null });
    expect(next.labels).toEqual({ team: 'eagle', component: 'checkout' });
    const scope = { resourceType: 'application', resourceName: 'shop' };
    expect(await kite.create(issueBody(namespace, { scope }))).toMatchObject({
      application: 'shop',
      component: null,
    });
  });

  it('links: null, as Go writes an empty list, is no links', async () => {
    expect((await kite.create(issueBody(freshNamespace(), { links: null }))).links).toEqual([]);
  });

  it('refuses a lifecycle that is neither development nor production', async () => {
    const before = await kite.stored();
    expectError(
      await kite.post('/issues/', issueBody(freshNamespace(), { labels: { lifecycle: 'staging' } })),
      400,
    );
    expect(await kite.stored()).toBe(before);
  });

  it('with the namespace in the query too is taken when both are the same', async () => {
    const namespace = freshNamespace();
    const body = issueBody(namespace, component('both'));
    wholeIssue(bodyOf(await kite.post('/issues', body, { query: { namespace } }), 201));
  });
});

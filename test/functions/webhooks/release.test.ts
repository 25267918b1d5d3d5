/** `release-failure` and `release-success`: by application, and by release plan where one is named. */
import { describe, expect, it } from 'vitest';
import { at, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();

function failed(namespace: string, seconds: number, fields: object = {}) {
  const failure = {
    application: 'shop',
    failurePhase: 'verify-conforma',
    release: 'shop-r1',
    observedAt: at(seconds),
  };
  return kite.failure('release-failure', { namespace, ...failure, ...fields });
}
function passed(namespace: string, seconds: number, fields: object = {}) {
  return kite.success('release-success', {
    application: 'shop',
    namespace,
    observedAt: at(seconds),
    ...fields,
  });
}
const resolved = (count: number) => `Resolved ${count} issue(s) for application shop`;

describe('release-failure', () => {
  it('is an issue with the title, description, scope, type and severity of the contract, without a link', async () => {
    const namespace = freshNamespace();
    expect(await failed(namespace, 0)).toMatchObject({
      title: 'Release shop-r1 failed for application shop',
      description: 'The release failed in phase: verify-conforma',
      severity: 'major',
      issueType: 'release',
      state: 'ACTIVE',
      namespace,
      scope: { resourceType: 'application', resourceName: 'shop', resourceNamespace: namespace },
      application: 'shop',
      links: [],
    });
  });

  it('links to the pipeline run, in the description too, when it is told where that is', async () => {
    const url = 'https://console.example/ns/shop/pipelinerun/managed-x7k2p';
    const issue = await failed(freshNamespace(), 0, { pipelineRunUrl: url });
    expect(issue.description).toBe(`The release failed in phase: verify-conforma. Link to logs: ${url}`);
    expect(issue.links).toMatchObject([{ url }]);
  });

  it('of one application again is the same issue, with the newest release in its title', async () => {
    const namespace = freshNamespace();
    const first = await failed(namespace, 0);
    const again = await failed(namespace, 60, { release: 'shop-r2' });
    expect(again).toMatchObject({
      id: first.id,
      title: 'Release shop-r2 failed for application shop',
      occurrences: 2,
    });
  });

  it('with a release plan is an issue of that plan, labelled with its application', async () => {
    const namespace = freshNamespace();
    const plain = await failed(namespace, 0);
    const staging = await failed(namespace, 0, { releasePlan: 'to-staging' });
    const production = await failed(namespace, 0, { releasePlan: 'to-production' });
    expect(staging).toMatchObject({
      issueType: 'release',
      scope: { resourceType: 'releaseplan', resourceName: 'to-staging', resourceNamespace: namespace },
      labels: { application: 'shop' },
      application: 'shop',
    });
    expect(new Set([plain.id, staging.id, production.id]).size).toBe(3);
    expect((await kite.list({ namespace, application: 'shop' })).total).toBe(3);
  });

  it('with an empty release plan has none', async () => {
    const issue = await failed(freshNamespace(), 0, { releasePlan: '' });
    expect(issue.scope).toMatchObject({ resourceType: 'application', resourceName: 'shop' });
  });
});

describe('release-success', () => {
  it('resolves the releases of the application and says how many', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0);
    const other = await failed(namespace, 0, { application: 'billing' });
    expect(await passed(namespace, 60)).toBe(resolved(1));
    expect(await kite.issue(id)).toMatchObject({ state: 'RESOLVED', resolvedAt: at(60) });
    expect((await kite.issue(other.id)).state).toBe('ACTIVE');
    expect(await passed(namespace, 120)).toBe(resolved(0));
  });

  it('never resolves failed tests, nor any other type on the application', async () => {
    const namespace = freshNamespace();
    const scope = { resourceType: 'application', resourceName: 'shop' };
    for (const issueType of ['test', 'build', 'dependency', 'pipeline']) {
      await kite.create(issueBody(namespace, { scope, issueType, observedAt: at(0) }));
    }
    expect(await passed(namespace, 60)).toBe(resolved(0));
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(4);
  });

  it('with a plan resolves that plan’s failure and no other', async () => {
    const namespace = freshNamespace();
    const plain = await failed(namespace, 0);
    const staging = await failed(namespace, 0, { releasePlan: 'to-staging' });
    const production = await failed(namespace, 0, { releasePlan: 'to-production' });
    expect(await passed(namespace, 60, { releasePlan: 'to-staging' })).toBe(resolved(1));
    expect((await kite.issue(staging.id)).state).toBe('RESOLVED');
    for (const { id } of [plain, production]) expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  it('without a plan leaves the failures of plans active', async () => {
    const namespace = freshNamespace();
    const plan = await failed(namespace, 0, { releasePlan: 'to-production' });
    expect(await passed(namespace, 60)).toBe(resolved(0));
    expect((await kite.issue(plan.id)).state).toBe('ACTIVE');
  });

  it('of an older release resolves nothing', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 100, { subjectCreatedAt: at(50) });
    expect(await passed(namespace, 200, { subjectCreatedAt: at(40) })).toBe(resolved(0));
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  it('and a failure of the same release again reopens the issue', async () => {
    const namespace = freshNamespace();
    const { id } = await failed(namespace, 0);
    await passed(namespace, 60);
    expect(await failed(namespace, 120)).toMatchObject({ id, state: 'ACTIVE', reopened: 1 });
  });
});

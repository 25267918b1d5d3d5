import { afterEach, describe, expect, it } from 'vitest';
import { type DemoResult, runDemo } from '../demo/run.ts';
import { startServer } from '../support/server.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function demoOnFreshServer(seed: number, now: number): Promise<DemoResult> {
  const server = await startServer();
  closers.push(() => server.close());
  return runDemo({ url: server.url, out: () => undefined, seed, now });
}

/** An issue without what each server makes up for itself: ids and the moment of writing. */
function told({ issues }: DemoResult): readonly unknown[] {
  return issues
    .map(({ id: _id, scopeId: _scopeId, createdAt: _createdAt, updatedAt: _updatedAt, ...issue }) => ({
      ...issue,
      scope: { ...issue.scope, id: null },
      links: issue.links.map(({ title, url }) => ({ title, url })),
    }))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function nameOf(issue: { namespace: string; scope: { resourceType: string; resourceName: string } }): string {
  return `${issue.namespace} ${issue.scope.resourceType} ${issue.scope.resourceName}`;
}

describe('the demo', () => {
  it('gives the expected issues, and the same ones whatever order the calls come in', async () => {
    const now = Date.now();
    const first = await demoOnFreshServer(1, now);
    const second = await demoOnFreshServer(20_260_512, now);
    expect(first.differences).toEqual([]);
    expect(second.differences).toEqual([]);
    expect(told(second)).toEqual(told(first));
  }, 120_000);

  it('changes nothing when all of it is sent once more in another order', async () => {
    const server = await startServer();
    closers.push(() => server.close());
    const now = Date.now();
    const once = await runDemo({ url: server.url, out: () => undefined, seed: 3, now });
    const twice = await runDemo({ url: server.url, out: () => undefined, seed: 4, now });
    expect(twice.differences).toEqual([]);
    expect(told(twice)).toEqual(told(once));
  }, 120_000);
});

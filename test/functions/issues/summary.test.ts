/** `GET /issues/summary`: the counts of a namespace in one call, equal to what the lists would say. */
import { beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../../../core/contract/list.ts';
import { component, failing, passing } from '../../support/bodies.ts';
import { bodyOf, type Query, useKite } from '../../support/kite.ts';

const kite = useKite();
const namespace = 'falcon-tenant';

beforeAll(async () => {
  const kinds = [
    ['build', 'critical', 'production'],
    ['build', 'major', 'development'],
    ['test', 'major', undefined],
    ['release', 'minor', 'production'],
    ['dependency', 'info', 'development'],
    ['pipeline', 'major', undefined],
  ] as const;
  const reports = kinds.map(([issueType, severity, lifecycle], index) =>
    failing(namespace, 0, {
      ...component(`component-${index}`),
      issueType,
      severity,
      ...(lifecycle && { labels: { lifecycle } }),
      ...(index === 0 && { cluster: 'east' }),
    }),
  );
  await kite.reports([
    ...reports,
    passing(namespace, 60, { ...component('component-1'), issueType: 'build' }),
    passing(namespace, 60, { ...component('component-3'), issueType: 'release' }),
    passing(namespace, 60, component('never-failed')),
    failing('other-tenant', 0, { severity: 'critical' }),
  ]);
});

async function read(query: Query) {
  return summary.parse(bodyOf(await kite.get('/issues/summary/', query), 200));
}

describe('GET /issues/summary', () => {
  it('counts by state, type, severity and lifecycle, all and the active ones', async () => {
    const counts = await read({ namespace });
    expect(counts).toMatchObject({
      total: 6,
      byState: { ACTIVE: 4, RESOLVED: 2 },
      byType: { build: 2, test: 1, release: 1, dependency: 1, pipeline: 1 },
      bySeverity: { critical: 1, major: 3, minor: 1, info: 1 },
      byLifecycle: { production: 2, development: 2 },
      active: {
        total: 4,
        byType: { build: 1, test: 1, dependency: 1, pipeline: 1 },
        bySeverity: { critical: 1, major: 2, info: 1 },
        byLifecycle: { production: 1, development: 1 },
      },
    });
  });

  it('says what the lists say', async () => {
    const counts = await read({ namespace });
    for (const [severity, total] of Object.entries(counts.bySeverity)) {
      expect((await kite.list({ namespace, severity, limit: '1' })).total).toBe(total);
    }
    for (const [issueType, total] of Object.entries(counts.active.byType)) {
      expect((await kite.list({ namespace, issueType, state: 'ACTIVE', limit: '1' })).total).toBe(total);
    }
  });

  it('counts one cluster alone when it is named', async () => {
    expect(await read({ namespace, cluster: 'east' })).toMatchObject({ total: 1, byState: { ACTIVE: 1 } });
    expect(await read({ namespace, cluster: 'west' })).toMatchObject({ total: 0, active: { total: 0 } });
  });

  it('of a namespace without issues is nothing but zeros', async () => {
    const counts = await read({ namespace: 'empty-tenant' });
    expect(counts).toMatchObject({ total: 0, active: { total: 0 } });
    const { byState, byType, bySeverity, byLifecycle } = counts;
    const all = [byState, byType, bySeverity, byLifecycle].flatMap((one) => Object.values(one));
    expect(all.every((count) => count === 0)).toBe(true);
  });
});

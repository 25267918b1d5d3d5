import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../core/contract/fields.ts';
import { failing, passing } from '../../../operator/controllers/report.ts';
import { surroundings } from '../../../operator/controllers/settings.ts';
import { received } from './wire.ts';

const around = surroundings.parse({ clusterName: 'stone' });
const now = Date.parse('2026-05-12T12:00:00Z');
const about = {
  controller: 'deployment',
  namespace: 'team',
  issueType: 'release' as const,
  resourceType: 'deployment',
  resourceName: 'web',
  observedAt: now,
  eventId: 'uid/Available/1',
  selectable: {},
};

describe('a report on the wire', () => {
  it('carries what it is about, and what supersedes it', () => {
    const outgoing = passing({ ...about, labels: { application: 'shop', component: undefined } }, around);
    expect(outgoing).toMatchObject({
      controller: 'deployment',
      outcome: 'passing',
      subject: 'team release deployment/web',
      eventId: 'uid/Available/1',
    });
    expect(received({ reports: [outgoing] }, now)).toEqual([
      expect.objectContaining({
        identity: {
          cluster: 'stone',
          namespace: 'team',
          scope: { resourceType: 'deployment', resourceName: 'web', resourceNamespace: 'team' },
          issueType: 'release',
        },
        source: 'operator/deployment',
        subjectCreatedAt: null,
        run: null,
        labels: { application: 'shop' },
      }),
    ]);
  });

  it('is cut to what the server takes, whatever is said', () => {
    const unit = fc.constantFrom('a', ' ', '\n', '\0', '€', '\u{1f600}', '\u{d800}', '\u{dc00}');
    const text = fc.oneof(
      fc.string({ unit, maxLength: 20 }),
      fc.tuple(fc.string({ unit, maxLength: 3 }), fc.nat(80_000)).map(([one, times]) => one.repeat(times)),
    );
    return fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        const wild = {
          ...about,
          namespace: a,
          resourceName: b,
          eventId: c,
          labels: { [d]: a },
          run: { name: a, uid: b },
        };
        const links = [{ title: c, url: `https://x/${d}` }];
        const failure = { title: a, description: d, severity: 'minor' as const, links };
        received({ reports: [passing(wild, around), failing(wild, failure, around)] }, now);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps as much of a long description as there is room for, in whole characters', () => {
    const failure = { title: 't', severity: 'minor' as const, description: '€'.repeat(30_000) };
    const [report] = received({ reports: [failing(about, failure, around)] }, now);
    const text = report?.failure?.description ?? '';
    expect(text).toMatch(/^€+\n… \(cut\)$/);
    expect(Buffer.byteLength(text)).toBeGreaterThan(limits.description - 3);
  });
});

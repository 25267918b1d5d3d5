import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controllers } from '../../../../operator/controllers/all.ts';
import { deploymentSettings, observe } from '../../../../operator/controllers/deployment/observe.ts';
import { surroundings } from '../../../../operator/controllers/settings.ts';
import type { KubeObject } from '../../../../operator/runtime/controller.ts';
import { asObject, received, told } from '../wire.ts';

const given = { ...surroundings.parse({}), ...deploymentSettings.parse({}) };
const since = Date.parse('2026-05-12T06:40:11Z');
const tenMinutes = 600_000;

function aDeployment(status?: string): KubeObject {
  return {
    metadata: {
      name: 'web',
      namespace: 'team',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-05-12T06:00:00Z',
      labels: {},
      annotations: {},
    },
    status: {
      conditions: [
        { type: 'Progressing', status: 'True' },
        ...(status === undefined
          ? []
          : [
              {
                type: 'Available',
                status,
                reason: 'MinimumReplicasUnavailable',
                message: 'Deployment does not have minimum availability.',
                lastTransitionTime: '2026-05-12T06:40:11Z',
              },
            ]),
      ],
    },
  };
}

const look = (status: string | undefined, now: number, isDeleted = false) =>
  observe({ object: aDeployment(status), isDeleted }, given, now);

describe('a Deployment', () => {
  it('that is available passes', () => {
    const seen = look('True', since);
    expect([seen.reason, ...seen.reports.map(told)]).toEqual([
      'is available',
      'passing release deployment/web',
    ]);
    expect(received(seen, since)).toMatchObject([
      { observedAt: since, eventId: `u1/Available/True/${since}` },
    ]);
  });

  it('that is not may become available for ten minutes', () => {
    expect(look('False', since + 1)).toEqual({
      reports: [],
      reason: 'is not available yet',
      again: tenMinutes - 1,
    });
  });

  it('that is not after ten minutes fails, and says the same whenever it is looked at', () => {
    const seen = look('False', since + tenMinutes);
    expect([seen.reason, ...seen.reports.map(told)]).toEqual([
      'is not available',
      'failing release deployment/web',
    ]);
    expect(received(seen, since + tenMinutes)).toMatchObject([
      {
        observedAt: since,
        failure: {
          title: 'Deployment web does not become available',
          description: 'Deployment does not have minimum availability. (MinimumReplicasUnavailable)',
          severity: 'major',
        },
      },
    ]);
    expect(look('False', since + 2 * tenMinutes)).toEqual(seen);
  });

  it('that is gone fails no more', () => {
    const seen = look('False', since + tenMinutes, true);
    expect([seen.reason, ...seen.reports.map(told)]).toEqual([
      'was deleted',
      'passing release deployment/web',
    ]);
    expect(received(seen, since + tenMinutes)).toMatchObject([{ observedAt: since + tenMinutes }]);
  });

  it('that says nothing is no issue', () => {
    expect(look(undefined, since).reports).toEqual([]);
  });

  it('of any form whatever does not make observe throw', () => {
    return fc.assert(
      fc.property(
        fc.anything(),
        fc.boolean(),
        fc.integer({ min: 0, max: since }),
        (object, isDeleted, now) => {
          const seen = observe({ object: asObject(object), isDeleted }, given, now);
          expect(seen.reason).not.toBe('');
          received(seen, now);
        },
      ),
    );
  });
});

describe('the worked example', () => {
  it('is a controller like the others', async () => {
    const controller = controllers.deployment.create(given);
    expect([controller.name, controller.watches.plural, controller.reads]).toEqual([
      'deployment',
      'deployments',
      [],
    ]);
    const reader = { get: async () => null, list: async () => [] };
    const subject = { object: aDeployment('True'), isDeleted: false };
    expect(await controller.observe(subject, reader, since)).toEqual(look('True', since));
  });

  it('takes no more than 60 lines of code', () => {
    const lines = ['controller.ts', 'observe.ts'].flatMap((name) =>
      readFileSync(
        new URL(`../../../../operator/controllers/deployment/${name}`, import.meta.url),
        'utf8',
      ).split('\n'),
    );
    expect(lines.filter((line) => !/^\s*(\/\*.*\*\/\s*)?$/.test(line)).length).toBeLessThanOrEqual(60);
  });
});

import { describe, expect, it } from 'vitest';
import { controllers } from '../../../operator/controllers/all.ts';
import { duration, surroundings } from '../../../operator/controllers/settings.ts';

const problems = (value: unknown) =>
  surroundings.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

describe('settings', () => {
  it('have defaults', () => {
    expect(surroundings.parse({})).toEqual({ severityOverrides: [] });
    expect(controllers.pipelinerun.settings.parse({})).toEqual({
      stuckAfter: 7_200_000,
      snapshotController: true,
      logAnalyzer: false,
    });
    expect(controllers.deployment.settings.parse({})).toEqual({ unavailableAfter: 600_000 });
  });

  it('name each problem with its path', () => {
    expect(
      problems({
        clusterName: ' ',
        consoleUrl: 'console',
        severityOverrides: [
          { selector: 'a=b', severity: 'minor' },
          { selector: 'a in', severity: 'medium' },
        ],
      }),
    ).toEqual([
      'clusterName is blank; say what it is called',
      'consoleUrl is not an http or https URL',
      'severityOverrides.1.selector is not a label selector such as app=a,tier!=b,env in (c,d)',
      expect.stringContaining('severityOverrides.1.severity '),
    ]);
  });

  it('are refused where they are misspelt', () => {
    expect(controllers.pipelinerun.settings.safeParse({ stuckafter: '1h' }).success).toBe(false);
    expect(controllers.deployment.settings.safeParse({ stuckAfter: '1h' }).success).toBe(false);
  });

  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['14d', 1_209_600_000],
  ])('take %s as a span of time', (text, milliseconds) => {
    expect(duration.parse(text)).toBe(milliseconds);
  });

  it.each(['', '2', '0h', '-1h', '2 h', '1.5h', '15d', '9999999d', 7200])('take %j as none', (value) => {
    expect(duration.safeParse(value).success).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { received } from '../wire.ts';
import { aRun, later, newer, type Parts, pac, pushLabels, settings } from './objects.ts';

function look(parts: Parts, given = settings()) {
  const object = aRun({ status: 'False', reason: 'Failed', ...parts });
  const [report] = received(observe({ object, isDeleted: false }, [], given, later), later);
  return { report };
}

const pullRequest = {
  ...pushLabels,
  [`${pac}/event-type`]: 'pull_request',
  [`${pac}/pull-request`]: '214',
};

describe('the labels of a report', () => {
  it('tell what is built and why', () => {
    const annotations = {
      'build.appstudio.redhat.com/commit_sha': '65c936aa',
      'build.appstudio.redhat.com/target_branch': 'main',
    };
    const { report } = look({
      labels: {
        ...pullRequest,
        'appstudio.openshift.io/service': 'pay',
        'appstudio.openshift.io/component-group': 'web',
      },
      annotations,
    });
    expect(report?.labels).toEqual({
      application: 'checkout',
      component: 'checkout-api',
      service: 'pay',
      'component-group': 'web',
      branch: 'main',
      commit: '65c936aa',
      'pull-request': '214',
      lifecycle: 'development',
      cause: 'unknown',
      reason: 'Failed',
    });
    expect(look({ labels: newer }).report?.labels).toEqual({
      component: 'billing-core',
      version: 'v2',
      branch: 'release-2',
      commit: '65c936aa',
      lifecycle: 'production',
      cause: 'unknown',
      reason: 'Failed',
    });
  });

  it.each([
    ['konflux/mintmaker/main/httpkit-4.x', 'mintmaker'],
    ['konflux/references/main', 'mintmaker'],
    ['konflux/references-replacement/main', 'mintmaker'],
    ['konflux/component-updates/checkout-web', 'nudge'],
    ['konflux-checkout-api', 'onboarding'],
    ['konflux-checkout-web', undefined],
    ['feature/x', undefined],
  ])('say who made the branch %s', (branch, origin) => {
    const { report } = look({ labels: pullRequest, annotations: { [`${pac}/source-branch`]: branch } });
    expect(report?.labels.origin).toBe(origin);
  });

  it('know a nudge by its label', () => {
    const { report } = look({ labels: { 'build.appstudio.redhat.com/type': 'nudge' } });
    expect(report?.labels.origin).toBe('nudge');
  });
});

describe('the severity of an object', () => {
  it('is overridden by the first selector that selects its labels', () => {
    const given = settings(
      {},
      {
        clusterName: 'stone',
        severityOverrides: [
          { selector: 'appstudio.openshift.io/component in (a, b)', severity: 'info' },
          { selector: 'appstudio.openshift.io/component=checkout-api', severity: 'critical' },
          { selector: '', severity: 'minor' },
        ],
      },
    );
    const { report } = look({}, given);
    expect(report?.failure?.severity).toBe('critical');
    expect(report?.identity.cluster).toBe('stone');
    expect(look({ labels: {} }, given).report?.failure?.severity).toBe('minor');
    expect(
      look({ labels: { 'appstudio.openshift.io/component': 'b' } }, given).report?.failure?.severity,
    ).toBe('info');
  });
});

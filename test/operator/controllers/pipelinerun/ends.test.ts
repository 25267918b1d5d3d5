import { describe, expect, it } from 'vitest';
import { deriveIssue } from '../../../../core/domain/derive.ts';
import { needsTaskRuns, observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import type { KubeObject, Outgoing } from '../../../../operator/runtime/controller.ts';
import { received, told } from '../wire.ts';
import { aRun, aTaskRun, created, ended, later, type Parts, pushLabels, settings } from './objects.ts';

const hour = 3_600_000;
const stuckAt = created + 2 * hour;
const at = (time: number) => new Date(time).toISOString();

/** A look at the run at a moment. */
function look(
  parts: Parts,
  now: number,
  { isDeleted = false, given = settings(), tasks = [] as KubeObject[] } = {},
) {
  return observe({ object: aRun(parts), isDeleted }, tasks, given, now);
}

/** A run that ended at a moment. */
function endedAt(time: number, status: string, reason: string): Parts {
  return {
    status,
    reason,
    rest: { conditions: [{ type: 'Succeeded', status, reason, lastTransitionTime: at(time) }] },
  };
}

/** What all reports on stuck runs add up to. */
function stuckIssue(reports: readonly Outgoing[]) {
  const all = received({ reports }, later + 24 * hour);
  return deriveIssue(
    all.filter(({ identity }) => identity.scope.resourceType === 'stuckrun'),
    null,
  );
}

const going: Parts = { status: 'Unknown', reason: 'Running', message: 'Tasks Completed: 1, Incomplete: 2' };

describe('a run that does not end', () => {
  it('says nothing until it is stuck, and says when to look again', () => {
    expect(look(going, stuckAt - 1)).toEqual({ reports: [], reason: 'is still going (Running)', again: 1 });
    expect(look(going, created).again).toBe(2 * hour);
  });

  it('is then an issue of its own, minor, that says the same whenever it is looked at', () => {
    const now = look(going, stuckAt);
    expect(now.reason).toBe('is stuck (Running)');
    expect(now.reports.map(told)).toEqual(['failing build stuckrun/checkout-api']);
    expect(look(going, later)).toEqual(now);
    const [report] = received(now, stuckAt);
    expect(report).toMatchObject({
      observedAt: ended,
      subjectCreatedAt: created,
      failure: { severity: 'minor' },
    });
  });

  it('is kept in memory while it is stuck, so that it is known when it vanishes unseen', () => {
    expect(look(going, later).again).toBe(2 * hour);
    expect(look(endedAt(later, 'True', 'Completed'), later).again).toBeUndefined();
  });

  it('tells which tasks it waits for', () => {
    const tasks = [
      aTaskRun({ task: 'clone', status: 'True', reason: 'Succeeded' }),
      aTaskRun({ task: 'build', status: 'Unknown', reason: 'Pending', message: '0/12 nodes are available' }),
    ];
    const [report] = received(look(going, stuckAt, { tasks }), stuckAt);
    expect(report?.failure?.description).toContain('Task build is not finished (Pending).\n0/12 nodes');
    expect(report?.failure?.description).not.toContain('clone');
  });

  it('is stuck too where Tekton never said a word', () => {
    const { reports } = look({}, stuckAt);
    expect(reports.map(told)).toEqual(['failing build stuckrun/checkout-api']);
    expect(received({ reports }, stuckAt)[0]?.observedAt).toBe(created);
  });

  it('is stuck after the time that the configuration says', () => {
    const given = settings({ stuckAfter: '30m' });
    expect(look(going, created + hour, { given }).reports).toHaveLength(1);
    expect(look(going, created + hour / 4, { given }).reports).toHaveLength(0);
  });

  it('needs its TaskRuns only when it is stuck', () => {
    const subject = { object: aRun(going), isDeleted: false };
    expect(needsTaskRuns(subject, settings(), stuckAt - 1)).toBe(false);
    expect(needsTaskRuns(subject, settings(), stuckAt)).toBe(true);
  });
});

describe('a run that was stuck', () => {
  const stuck = look(going, stuckAt).reports;

  it.each([
    ['it passes', look(endedAt(stuckAt + hour, 'True', 'Completed'), later)],
    ['it fails', look(endedAt(stuckAt + hour, 'False', 'Failed'), later)],
    ['it is cancelled', look(endedAt(stuckAt + hour, 'False', 'Cancelled'), later)],
    ['it is deleted', look(going, stuckAt + hour, { isDeleted: true })],
    [
      'it is being deleted',
      look({ ...going, metadata: { deletionTimestamp: at(stuckAt + 10) } }, stuckAt + hour),
    ],
    [
      'it ends in the second in which it was last seen going',
      look(endedAt(ended, 'True', 'Completed'), later, { given: settings({ stuckAfter: '9m' }) }),
    ],
    [
      'its end is told before it was seen to be stuck by a clock that is ahead',
      look(endedAt(stuckAt - 60_000, 'True', 'Completed'), later),
    ],
  ])('is stuck no more when %s', (_how, { reports }) => {
    expect(stuckIssue(stuck)?.state).toBe('ACTIVE');
    expect(stuckIssue([...stuck, ...reports])?.state).toBe('RESOLVED');
  });

  it('says nothing when it vanished and only its name is known: nobody can tell which issue was its', () => {
    const { name, namespace, uid, resourceVersion, creationTimestamp } = aRun(going).metadata;
    const known = { name, namespace, uid, resourceVersion, creationTimestamp, labels: {}, annotations: {} };
    expect(observe({ object: { metadata: known }, isDeleted: true }, [], settings(), later)).toEqual({
      reports: [],
      reason: 'vanished while nobody watched',
    });
  });

  it('stays stuck when a newer run of its pipeline ends in good time', () => {
    const newer = { metadata: { uid: 'newer', creationTimestamp: at(created + hour) } };
    const { reports } = look({ ...endedAt(created + hour + 600_000, 'True', 'Completed'), ...newer }, later);
    expect(reports.map(told)).toEqual(['passing build component/checkout-api']);
    expect(stuckIssue([...stuck, ...reports])?.state).toBe('ACTIVE');
  });
});

describe('a run that is deleted', () => {
  it('while it was going says nothing', () => {
    expect(look(going, created + hour, { isDeleted: true })).toEqual({
      reports: [],
      reason: 'was deleted before it ended',
    });
    expect(look({ ...going, metadata: { deletionTimestamp: at(ended) } }, ended).reports).toEqual([]);
  });

  it('after it failed is told as if it were there', () => {
    const parts = { status: 'False', reason: 'Failed' };
    expect(look(parts, later, { isDeleted: true })).toEqual(look(parts, later));
    expect(needsTaskRuns({ object: aRun(parts), isDeleted: true }, settings(), later)).toBe(true);
  });
});

describe('a run that somebody stopped', () => {
  it('is no issue, and no word about the component', () => {
    expect(look({ status: 'False', reason: 'Cancelled' }, later)).toEqual({
      reports: [],
      reason: 'was stopped by somebody (Cancelled)',
    });
    expect(
      needsTaskRuns(
        { object: aRun({ status: 'False', reason: 'Cancelled' }), isDeleted: false },
        settings(),
        later,
      ),
    ).toBe(false);
  });
});

describe('the times of a report', () => {
  const times = (parts: Parts) =>
    received(look(parts, later), later).map(({ observedAt, subjectCreatedAt }) => [
      observedAt,
      subjectCreatedAt,
    ]);
  const conditions = [{ type: 'Succeeded', status: 'False', reason: 'CouldntGetPipeline' }];

  it('are the condition’s, else the run’s', () => {
    const completionTime = at(ended + 1000);
    expect(times({ status: 'False', rest: { completionTime } })).toEqual([[ended, created]]);
    expect(times({ rest: { conditions, completionTime } })).toEqual([[ended + 1000, created]]);
    expect(times({ rest: { conditions } })).toEqual([[created, created]]);
  });

  it('do not lie before the run was created, as a restored backup would have it', () => {
    const creationTimestamp = at(ended + hour);
    expect(times({ status: 'False', metadata: { creationTimestamp } })).toEqual([
      [ended + hour, ended + hour],
    ]);
  });

  it('are nobody’s to invent', () => {
    expect(look({ rest: { conditions }, metadata: { creationTimestamp: 'soon' } }, later)).toEqual({
      reports: [],
      reason: 'ended (CouldntGetPipeline), but tells no time',
    });
    expect(look({ metadata: { creationTimestamp: undefined } }, later)).toEqual({
      reports: [],
      reason: 'is still going (no reason yet), and does not tell since when',
    });
  });
});

describe('a good build that no Snapshot could be made of', () => {
  const build = (status: string, message = '') => ({
    status: 'True',
    reason: 'Completed',
    annotations: {
      'test.appstudio.openshift.io/create-snapshot-status': JSON.stringify({ status, message }),
    },
  });
  const derived = (...all: readonly { readonly reports: readonly Outgoing[] }[]) =>
    deriveIssue(received({ reports: all.flatMap(({ reports }) => reports) }, later), null);

  it('is an issue, whether or not the good build was told before', () => {
    const before = look({ status: 'True', reason: 'Completed' }, later);
    const after = look(build('failed', 'Failed to create snapshot. Error: digest not found'), later);
    expect(after.reports.map(told)).toEqual([
      'passing build component/checkout-api',
      'failing build component/checkout-api',
    ]);
    expect(after.reports[0]).toEqual(before.reports[0]);
    expect(derived(after)).toMatchObject({
      state: 'ACTIVE',
      title: 'Build of checkout-api passed, but no Snapshot could be made of it',
      severity: 'major',
      labels: { cause: 'user', reason: 'create-snapshot-status' },
    });
    expect(after.reason).toBe('passed (Completed), but no Snapshot could be made of it');
  });

  it('is mended when the Snapshot is made after all, and by the next good build', () => {
    const failed = look(build('failed', 'x'), later);
    expect(derived(failed, look(build('success'), later))?.state).toBe('RESOLVED');
    const next = look(
      { status: 'True', metadata: { uid: 'next', creationTimestamp: at(created + 1000) } },
      later,
    );
    expect(derived(failed, next)?.state).toBe('RESOLVED');
  });

  it.each(['', '{', '[]', 'null', '{"status":7}', '{"status":"in progress"}'])(
    'is not believed of %j',
    (text) => {
      const annotations = { 'test.appstudio.openshift.io/create-snapshot-status': text };
      expect(look({ status: 'True', annotations }, later).reports.map(told)).toEqual([
        'passing build component/checkout-api',
      ]);
    },
  );

  it('is no build’s that failed', () => {
    expect(look({ ...build('failed'), status: 'False', reason: 'Failed' }, later).reports).toHaveLength(1);
  });
});

describe('a green test with a failing result', () => {
  const labels = {
    'appstudio.openshift.io/component': 'checkout-api',
    'pipelines.appstudio.openshift.io/type': 'test',
    'test.appstudio.openshift.io/scenario': 'smoke',
  };
  const green = { status: 'True', reason: 'Succeeded', labels };
  const alone = settings({ snapshotController: false });
  const output = (result: string, name = 'TEST_OUTPUT') => [
    aTaskRun({
      task: 'smoke',
      status: 'True',
      reason: 'Succeeded',
      results: [
        {
          name,
          value: JSON.stringify({ result, note: 'two broke', successes: 1, failures: 2, warnings: 0 }),
        },
      ],
    }),
  ];

  it.each([
    ['FAILURE', 'TEST_OUTPUT', 'failing'],
    ['ERROR', 'TEST_OUTPUT', 'failing'],
    ['FAILURE', 'HACBS_TEST_OUTPUT', 'failing'],
    ['WARNING', 'TEST_OUTPUT', 'passing'],
    ['SKIPPED', 'TEST_OUTPUT', 'passing'],
    ['SUCCESS', 'TEST_OUTPUT', 'passing'],
    ['FAILURE', 'OTHER', 'passing'],
  ])('%s in %s', (result, name, outcome) => {
    const { reports } = look(green, later, { given: alone, tasks: output(result, name) });
    expect(reports.map(told)).toEqual([`${outcome} test integrationtestscenario/smoke/checkout-api`]);
    const [report] = received({ reports }, later);
    if (outcome === 'failing') {
      expect(report?.failure?.title).toBe('Test smoke of checkout-api failed, though its run is green');
      expect(report?.failure?.description).toContain(
        `Task smoke ended well, but its result is ${result} (2 failures, 0 warnings). two broke`,
      );
    }
  });

  it('is told once where the run has the result of its task as its own', () => {
    const [task] = output('FAILURE');
    const value = JSON.stringify({
      result: 'FAILURE',
      note: 'two broke',
      successes: 1,
      failures: 2,
      warnings: 0,
    });
    const rest = { results: [{ name: 'TEST_OUTPUT', value }] };
    const tell = (tasks: KubeObject[]) =>
      received(look({ ...green, rest }, later, { given: alone, tasks }), later)[0]?.failure?.description;
    expect(tell(task === undefined ? [] : [task])).not.toContain('The run ended well');
    expect(tell([])).toContain(
      'The run ended well, but its result is FAILURE (2 failures, 0 warnings). two broke',
    );
  });

  it('is the Snapshot controller’s where one runs', () => {
    expect(look(green, later, { tasks: output('FAILURE') }).reports).toEqual([]);
    expect(needsTaskRuns({ object: aRun(green), isDeleted: false }, settings(), later)).toBe(false);
    expect(needsTaskRuns({ object: aRun(green), isDeleted: false }, alone, later)).toBe(true);
  });

  it('is not looked for in builds', () => {
    const labelled = { ...green, labels: pushLabels };
    expect(look(labelled, later, { tasks: output('FAILURE') }).reports.map(told)).toEqual([
      'passing build component/checkout-api',
    ]);
  });
});

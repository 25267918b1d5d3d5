import { expect, test } from 'vitest';
import { judgeReadiness, type Signs } from '../../../operator/runtime/health.ts';

const controller = { name: 'pipelinerun', isSynced: true, watched: 3, waiting: 0, oldestMs: 0 };

const well: Signs = {
  election: { isLeader: true, holder: 'kite-operator-0', problem: undefined },
  manager: { controllers: [controller], problems: [] },
  journal: { pending: 0, dead: 0, bytes: 0, oldestMs: 0, bytesInMemory: 0, isWritable: true },
  mostReports: 1000,
  sender: { circuit: 'closed', lastSuccess: Date.parse('2026-01-31T08:00:00Z'), nextTry: null, failures: 0 },
  configProblem: undefined,
  unapplied: [],
  isStopping: false,
  now: Date.parse('2026-01-31T08:01:00Z'),
};

const standby = { isLeader: false, holder: 'kite-operator-1', problem: undefined };

test('when all is well it says what it does', () => {
  expect(judgeReadiness(well)).toEqual({
    isReady: true,
    isConfigValid: true,
    problems: [],
    warnings: [],
    role: 'leader',
    controllers: [controller],
    journal: { pending: 0, dead: 0, oldestSeconds: 0 },
    lastSend: '2026-01-31T08:00:00.000Z',
  });
});

test.each<[string, Partial<Signs>, readonly string[]]>([
  ['it stops', { isStopping: true }, ['The operator is stopping.']],
  ['it has just started', { manager: undefined }, ['Nothing is watched yet.']],
  [
    'it still lists',
    { manager: { controllers: [{ ...controller, isSynced: false }], problems: [] } },
    ['The controller pipelinerun has not listed everything yet.'],
  ],
  [
    'a right is missing',
    {
      manager: {
        controllers: [controller],
        problems: [
          {
            name: 'pipelinerun: list taskruns.tekton.dev in a',
            message: 'A permission is missing: x.',
            since: 0,
          },
        ],
      },
    },
    ['pipelinerun: list taskruns.tekton.dev in a: A permission is missing: x.'],
  ],
  [
    'the disk is full',
    {
      journal: {
        ...well.journal,
        isWritable: false,
        problem: '/journal takes nothing: no space left on device',
      },
    },
    ['/journal takes nothing: no space left on device.'],
  ],
  [
    'Kite is away',
    {
      sender: {
        circuit: 'open',
        lastSuccess: null,
        nextTry: well.now + 4_500,
        failures: 7,
        problem: 'http://kite cannot be reached: refused.',
      },
    },
    [
      'Kite has taken nothing in 7 attempts: http://kite cannot be reached: refused. The next attempt is in 5 s.',
    ],
  ],
  [
    'the lease cannot be read',
    { election: { ...standby, problem: 'leases "kite-operator" is forbidden' } },
    ['The lease cannot be used: leases "kite-operator" is forbidden.'],
  ],
])('it is unready and says so when %s', (_, signs, problems) => {
  expect(judgeReadiness({ ...well, ...signs })).toMatchObject({ isReady: false, problems, warnings: [] });
});

test.each<[string, Partial<Signs>, readonly string[]]>([
  [
    'a wrong configuration',
    { configProblem: 'line 1: a is wrong\nline 2: b is wrong' },
    [
      'The configuration is wrong, and the one before it still counts: line 1: a is wrong; line 2: b is wrong.',
    ],
  ],
  [
    'a change that waits',
    { unapplied: ['journal'] },
    ['The change of journal counts from the next start on.'],
  ],
  [
    'dead letters',
    { journal: { ...well.journal, dead: 2 } },
    ['Kite refused 2 reports for good; the command "dead-letter list" shows why.'],
  ],
  [
    'a journal that is nearly full',
    { journal: { ...well.journal, pending: 800 } },
    ['The journal keeps 800 of 1000 reports; when it is full the oldest are dropped.'],
  ],
])('%s is said, and no reason to be unready', (_, signs, warnings) => {
  expect(judgeReadiness({ ...well, ...signs })).toMatchObject({ isReady: true, problems: [], warnings });
});

test('a standby is ready when it could take over, whatever it saw when it last observed', () => {
  const manager = { controllers: [{ ...controller, isSynced: false }], problems: [] };
  expect(judgeReadiness({ ...well, election: standby, manager })).toMatchObject({
    isReady: true,
    role: 'standby',
    controllers: [],
  });
  expect(judgeReadiness({ ...well, election: standby, manager: undefined }).isReady).toBe(true);
});

test('a few failures in a row are nothing, and without a lease it is alone', () => {
  const sender = { ...well.sender, failures: 2, problem: 'refused' };
  expect(judgeReadiness({ ...well, sender, election: undefined })).toMatchObject({
    isReady: true,
    role: 'alone',
  });
});

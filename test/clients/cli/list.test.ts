import { beforeAll, describe, expect, test } from 'vitest';
import { widthOf } from '../../../clients/cli/output/width.ts';
import { component, failing, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';
import { hasTerminal, openTerminal, seen } from './terminal.ts';

const kite = useKite();
const program = useProgram();

let namespace = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  namespace = freshNamespace();
  env = { KITE_URL: kite.server.url, KITE_NAMESPACE: namespace };
  await kite.reports([
    failing(namespace, 0, {
      ...component('checkout'),
      severity: 'critical',
      title: 'Build of checkout failed',
    }),
    failing(namespace, 1, {
      ...component('결제'),
      severity: 'minor',
      title: '결제 서비스 빌드 실패 👩‍💻 école',
    }),
    failing(namespace, 2, {
      ...component('evil'),
      severity: 'info',
      title: 'red \u001b[31m bell \u0007 csi \u009b31m rtl \u202e end',
      description: 'first\n\u001b]0;title\u0007second',
    }),
  ]);
});

const list = (args: readonly string[] = [], more: object = {}) =>
  program.run(['issues', ...args], { env: { ...env, ...more } });

describe('in a pipe', () => {
  test('the table is cut nowhere, has no colours, and newest comes first', async () => {
    const { code, stdout, stderr } = await list();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^ID +SEVERITY +STATE +TYPE +AGE +SEEN +SCOPE +TITLE$/);
    expect(rows).toHaveLength(3);
    expect(rows[2]).toMatch(
      /^[0-9a-f]{8} {2}critical {2}ACTIVE {2}build {2}1d {3}1x {4}component\/checkout +Build of/,
    );
    expect(stdout).not.toContain('…');
  });

  test('nothing that somebody wrote reaches the reader as a control character', async () => {
    for (const args of [[], ['-o', 'json'], ['-o', 'yaml']]) {
      const { stdout } = await list(args);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });

  test('JSON is a list of whole issues and nothing else, and says what the API says', async () => {
    const { stdout, stderr } = await list(['-o', 'json', '--sort', 'severity']);
    const issues = JSON.parse(stdout);
    expect(stderr).toBe('');
    expect(issues.map((issue: { severity: string }) => issue.severity)).toEqual([
      'critical',
      'minor',
      'info',
    ]);
    const page = await kite.list({ namespace, sort: 'severity' });
    expect(issues).toEqual(page.data);
  });

  test('YAML says the same', async () => {
    const { stdout } = await list(['-o', 'yaml', '--sort', 'severity']);
    const { parse } = await import('yaml');
    expect(parse(stdout)).toEqual((await kite.list({ namespace, sort: 'severity' })).data);
  });

  test('an empty list is an empty list', async () => {
    const empty = ['-n', 'nobody-here'];
    expect(await list([...empty, '-o', 'json'])).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
    expect(await list([...empty, '-o', 'yaml'])).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
    const { stdout, stderr } = await list(empty);
    expect(stdout).toBe('');
    expect(stderr).toContain('No active issues in nobody-here match.');
  });

  test('colours come when they are asked for', async () => {
    expect((await list(['--color'])).stdout).toContain('\u001b[1;31mcritical\u001b[');
    expect((await list([], { FORCE_COLOR: '1' })).stdout).toContain('\u001b[1;31m');
    expect((await list(['--no-color'], { FORCE_COLOR: '1' })).stdout).not.toContain('\u001b');
  });
});

describe('filters', () => {
  test('each narrows as the API does', async () => {
    const own = freshNamespace();
    const other = freshNamespace();
    await kite.reports([
      failing(own, 0, {
        ...component('a'),
        severity: 'major',
        runId: 'run-1',
        labels: { lifecycle: 'production', origin: 'mintmaker', tier: 'one' },
        dueAt: '2099-01-01T00:00:00Z',
      }),
      failing(own, 1, { scope: { resourceType: 'application', resourceName: 'shop' }, issueType: 'release' }),
      failing(other, 2, component('b')),
    ]);
    const resolved = await kite.create(issueBody(own, { ...component('c'), state: 'RESOLVED' }));
    const names = async (...args: string[]): Promise<string[]> => {
      const { stdout, stderr, code } = await list(['-n', own, ...args, '-o', 'json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const found: { scope: { resourceName: string } }[] = JSON.parse(stdout);
      return found.map(({ scope }) => scope.resourceName).sort();
    };
    expect(await names()).toEqual(['a', 'shop']);
    expect(await names('--state', 'all')).toEqual(['a', 'c', 'shop']);
    expect(await names('--state', 'resolved')).toEqual(['c']);
    expect(await names('-u')).toEqual(['a', 'shop']);
    expect(await names('-t', 'release')).toEqual(['shop']);
    expect(await names('-t', 'release,BUILD')).toEqual(['a', 'shop']);
    expect(await names('-r', 'Application')).toEqual(['shop']);
    expect(await names('--resource-name', 'a')).toEqual(['a']);
    expect(await names('--application', 'shop')).toEqual(['shop']);
    expect(await names('--component', 'a')).toEqual(['a']);
    expect(await names('--pipeline-run', 'run-1')).toEqual(['a']);
    expect(await names('--label', 'tier=one', '--label', 'origin=mintmaker')).toEqual(['a']);
    expect(await names('--label', 'tier=one', '--label', 'origin=else')).toEqual([]);
    expect(await names('--lifecycle', 'production')).toEqual(['a']);
    expect(await names('--origin', 'mintmaker')).toEqual(['a']);
    expect(await names('--cluster', 'elsewhere')).toEqual([]);
    expect(await names('--due-before', '2099-02-01')).toEqual(['a']);
    expect(await names('--due-before', '7d')).toEqual([]);
    expect(await names('--updated-since', '1h')).toEqual(['a', 'shop']);
    expect(await names('--updated-since', '2099-01-01T00:00:00Z')).toEqual([]);
    expect(await names('--state', 'all', '--id-prefix', resolved.id.slice(0, 8))).toEqual(['c']);
    expect(await names('--search', 'CHECKOUT')).toEqual(['a', 'shop']);
    expect(await names('-n', `${own},${other}`)).toEqual(['a', 'b', 'shop']);
    expect(await names('--limit', '1')).toHaveLength(1);
  });

  test('search takes its words as they are typed and finds resolved ones', async () => {
    const own = freshNamespace();
    await kite.create(issueBody(own, { title: 'Cannot pull 100% of quay.io', state: 'RESOLVED' }));
    const { stdout } = await program.run(['search', 'pull', '100%', 'of', '-n', own], { env });
    expect(stdout).toContain('Cannot pull 100% of quay.io');
    expect((await program.run(['search', 'pull_100', '-n', own], { env })).stdout).toBe('');
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test.each([40, 64, 80, 100, 200])('nothing is wider than %i columns', async (columns) => {
    const terminal = openTerminal(program, ['issues'], { columns, env });
    const { code, printed } = await terminal.ended;
    expect(code).toBe(0);
    const shown = seen(printed).trimEnd().split('\n');
    expect(shown).toHaveLength(5);
    for (const line of shown.slice(0, 4)) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
  });

  test('columns stand under each other whatever the letters', async () => {
    const { printed } = await openTerminal(program, ['issues'], { columns: 120, env }).ended;
    const rows = seen(printed).split('\n').slice(0, 4);
    const [head = ''] = rows;
    const at = head.indexOf('TITLE');
    const titles = ['red', '결제', 'Build'];
    rows.slice(1).forEach((row, index) => {
      expect(widthOf(row.slice(0, row.lastIndexOf(titles[index] ?? '?'))), row).toBe(at);
    });
  });

  test('severities have colours, unless NO_COLOR is set', async () => {
    const coloured = await openTerminal(program, ['issues'], { env }).ended;
    expect(coloured.printed).toContain('\u001b[1;31mcritical\u001b[22;39m');
    const plain = await openTerminal(program, ['issues'], { env: { ...env, NO_COLOR: '1' } }).ended;
    expect(plain.printed).not.toContain('\u001b');
    const dumb = await openTerminal(program, ['issues'], { env: { ...env, TERM: 'dumb' } }).ended;
    expect(dumb.printed).not.toContain('\u001b');
  });

  test('what somebody wrote does nothing to it', async () => {
    const { printed } = await openTerminal(program, ['issues', '-o', 'json'], { env }).ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(printed.replaceAll('\r\n', '\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});

test('-A on a server that wants a namespace says what to say instead', async () => {
  for (const command of ['issues', 'summary', 'check --component x']) {
    expect(await program.run([...command.split(' '), '-A'], { env })).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'kite: this server answers for named namespaces only (its KITE_NAMESPACE_CHECK is on): say -n a,b, or start it with KITE_NAMESPACE_CHECK=off\n',
    });
  }
  const { stderr } = await list(['-A'], { KITE_TOKEN: 'secret' });
  expect(stderr).toContain('-A is for those who may read all of them');
});

test('what is left out is told', async () => {
  const { stderr } = await list(['--limit', '2']);
  expect(stderr).toBe('2 of 3 active issues; --limit 0 lists all.\n');
});

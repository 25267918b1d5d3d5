/** `-o yaml` is read alike by readers of YAML 1.1 and of YAML 1.2. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { failing, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';

const kite = useKite();
const program = useProgram();

const words = [
  ...['no', 'Yes', 'on', 'OFF', 'y', 'N', 'true', 'null', '~', '=', '<<'],
  ...[
    '12:30:45',
    '190:20:30.15',
    '1_000',
    '-_1',
    '017',
    '0o17',
    '0b1',
    '0x1F',
    '1e3',
    '1,000',
    '.5',
    '+.inf',
    '.NaN',
  ],
  ...[
    '2026-01-01',
    '2026-01-01T00:00:00Z',
    '!x',
    '&x',
    '*x',
    '- x',
    'a: b',
    '# x',
    '%YAML',
    '---',
    'plain words',
  ],
];
const python = "import json,sys,yaml;print(json.dumps([one['title'] for one in yaml.safe_load(sys.stdin)]))";
const hasPython = spawnSync('python3', ['-c', 'import yaml']).status === 0;

test('a word that looks like something else stays the text that it is', async () => {
  const namespace = freshNamespace();
  await kite.reports(
    words.map((title, index) =>
      failing(namespace, index, { title, scope: { ...scope, resourceName: `r-${index}` } }),
    ),
  );
  const { code, stdout } = await program.run(['issues', '--limit', '0', '-o', 'yaml'], {
    env: { KITE_URL: kite.server.url, KITE_NAMESPACE: namespace },
  });
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/^(%|---)/m);
  for (const version of ['1.1', '1.2'] as const) {
    const titles = (parse(stdout, { version }) as { title: unknown }[]).map(({ title }) => title);
    expect(new Set(titles)).toEqual(new Set(words));
  }
  if (!hasPython) return;
  const read = spawnSync('python3', ['-c', python], { input: stdout, encoding: 'utf8' });
  expect(read.stderr).toBe('');
  expect(new Set(JSON.parse(read.stdout))).toEqual(new Set(words));
});

const scope = { resourceType: 'component' };

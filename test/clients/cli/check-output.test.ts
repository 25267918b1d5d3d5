/** What `kite check` writes for others to show: what people wrote is text in it, whatever it looks like. */
import { execFileSync, spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { component, failing, freshNamespace, passing } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';

const program = useProgram();
const kite = useKite();
const namespace = freshNamespace();
const check = (...args: string[]) =>
  program.run(['check', ...args], { env: { KITE_URL: kite.server.url, KITE_NAMESPACE: namespace } });

const title =
  '| `a` <img src=x onerror=alert(1)> @octocat @org/team #12 !34 [x](javascript:alert(1)) **b** _c_ https://evil.example www.evil.example &amp; $1 \u001b[31m\u202e\u0007';
const description = ']]> <b>&amp;</b> \u0001\u001b[31m\ufffe\uffff 💥 "quoted" \'single\'';
/** As it is shown: what has no sign is replaced. */
const without = (text: string, ...signs: readonly string[]) =>
  signs.reduce((rest, sign) => rest.replaceAll(sign, '\ufffd'), text);
/** What a terminal, or a page, would act upon. */
const acts = (text: string) => [...text].filter((one) => (one < ' ' && one !== '\n') || one === '\u202e');
const links = [
  { title: '](https://evil.example) @me', url: 'https://ci.example/a?b=c&d=(e)|<f>"\u200b' },
  { title: 'two', url: 'HTTP://ci.example/2' },
];

beforeAll(async () => {
  await kite.reports([
    failing(namespace, 0, {
      ...component('a|b\n@team'),
      ...{ runId: 'run-1', title, description, links, severity: 'critical' },
    }),
    passing(namespace, 0, { ...component('calm <&> "it"'), runId: 'run-1' }),
  ]);
});

const python = spawnSync('python3', ['--version']).status === 0 ? 'python3' : null;
/** Reads XML as a CI does, and tells what is in it. */
const reader = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([root.tag, root.attrib, [
  [suite.attrib, [[case.attrib, [[part.tag, part.attrib, part.text] for part in case]] for case in suite]] for suite in root
]]))`;

describe('JUnit', () => {
  it.skipIf(python === null)('is XML that a parser takes, with a case for each thing', async () => {
    const { code, stdout } = await check('--pipeline-run', 'run-1', '-o', 'junit');
    expect(code).toBe(1);
    const [tag, totals, suites] = JSON.parse(
      execFileSync(python ?? '', ['-c', reader], { input: stdout, encoding: 'utf8' }),
    );
    expect([tag, totals]).toMatchObject(['testsuites', { tests: '2', failures: '1', errors: '0' }]);
    const [[attributes, [broken, calm]]] = suites;
    expect(attributes).toMatchObject({ name: 'run run-1', tests: '2', failures: '1' });
    expect(broken[0]).toMatchObject({ classname: `${namespace}.build`, name: 'component/a|b\n@team' });
    const [element, failure, text] = broken[1][0];
    expect(element).toBe('failure');
    expect(failure).toEqual({ type: 'critical', message: without(title, '\u001b', '\u0007') });
    expect(text).toContain(without(description, '\u0001', '\u001b', '\ufffe', '\uffff'));
    expect(text).toContain('HTTP://ci.example/2');
    expect(calm).toEqual([expect.objectContaining({ name: 'component/calm <&> "it"' }), []]);
  });

  it('of nothing found has one case that passed, and of nothing known one that went wrong', async () => {
    const nothing = await check('--application', 'nobody', '-o', 'junit');
    expect(nothing).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('tests="1" failures="0" errors="0"'),
    });
    const unknown = await check('--pipeline-run', 'run-9', '-o', 'junit');
    expect(unknown).toMatchObject({ code: 3, stdout: expect.stringContaining('failures="0" errors="1"') });
    expect(unknown.stdout).toContain('<error type="unknown" message="Nothing has been reported of run run-9');
  });
});

test.each(['junit', 'markdown'])('%s says so where Kite cannot be asked', async (format) => {
  for (const about of ['--application', '--pipeline-run']) {
    const ended = await check(about, 'shop', '-o', format, '--url', 'http://127.0.0.1:9');
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(
      'kite: cannot reach http://127.0.0.1:9/api/v1 (from --url): connection refused',
    );
    expect(ended.stdout).toContain('Kite could not be asked about ');
    expect(ended.stdout).toContain('connection refused. Is the server running?');
    if (format === 'junit') expect(ended.stdout).toContain('tests="1" failures="0" errors="1"');
    else expect(ended.stdout).toContain('So it is not known whether it passed.');
  }
});

describe('Markdown', () => {
  it('has what others wrote as text: no markup, no mention, no other address', async () => {
    const { code, stdout } = await check('--pipeline-run', 'run-1', '-o', 'markdown');
    expect(code).toBe(1);
    const [heading, , , , row = '', , end] = stdout.split('\n');
    expect(heading).toBe('### ❌ Kite: 1 active issue of run run-1');
    expect(end).toBe(`In ${namespace}. Reported as passing: 1.`);
    const cells = row.split('|').map((cell) => cell.trim());
    expect(cells).toHaveLength(8);
    const [, severity, what = '', text = '', , seen, evidence = ''] = cells;
    expect([severity, seen]).toEqual(['critical', '1×']);
    expect(what).toBe('component/a&#124;b &#64;\u2060team');
    expect(text).not.toMatch(/[`<>*_[\]@$"=]|https?:\/\/|www\./);
    expect(acts(stdout)).toEqual([]);
    expect(text).toMatch(/&#64;\u2060octocat &#64;\u2060org\/team &#35;\u206012 &#33;\u206034 /);
    // What a reader sees is what was written, but for what has no sign.
    const shown = text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    expect(shown.replaceAll('\u2060', '')).toBe(without(title, '\u001b', '\u202e', '\u0007'));
    expect(evidence.split(', ')).toEqual([
      '[&#93;(https&#58;//evil.example) &#64;\u2060me](<https://ci.example/a?b=c&amp;d=%28e%29%7C%3Cf%3E%22%E2%80%8B>)',
      '[two](<http://ci.example/2>)',
    ]);
  });

  it('of nothing found and of nothing known says so', async () => {
    const nothing = await check('--application', 'nobody @here', '-o', 'markdown');
    expect(nothing).toEqual({
      code: 0,
      stderr: '',
      stdout: `### ✅ Kite: No active issues of application nobody &#64;\u2060here\n\nIn ${namespace}.\n`,
    });
    const unknown = await check('--pipeline-run', 'run-9', '-o', 'markdown');
    expect(unknown).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('### ❔ Kite: Nothing has been reported'),
    });
  });

  it('fits into a comment however much is found', async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      failing(namespace, 0, { ...component(`part-${index}`), title: '|'.repeat(500), runId: 'run-2' }),
    );
    await kite.reports(many);
    const { stdout } = await check('--pipeline-run', 'run-2', '-o', 'markdown');
    expect(stdout.length).toBeLessThan(65_536);
    const rows = stdout.split('\n').filter((one) => one.startsWith('| major')).length;
    expect(stdout).toContain(`And ${300 - rows} more.`);
  });
});

test('the table has what others wrote on one line, without what a terminal would do', async () => {
  const { stdout } = await check('--pipeline-run', 'run-1');
  expect(stdout.split('\n')).toHaveLength(3);
  expect(acts(stdout)).toEqual([]);
});

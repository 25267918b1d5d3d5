import { describe, expect, test } from 'vitest';
import { component, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';
import { hasTerminal, openTerminal, seen } from './terminal.ts';

const kite = useKite();
const program = useProgram();

const run = (namespace: string, ...args: readonly string[]) =>
  program.run(args, { env: { KITE_URL: kite.server.url, KITE_NAMESPACE: namespace } });

describe('show', () => {
  test('has everything that there is', async () => {
    const namespace = freshNamespace();
    const other = await kite.create(issueBody(namespace, { ...component('other'), title: 'The other one' }));
    const issue = await kite.failure('pipeline-failure', {
      namespace,
      pipelineName: 'checkout-on-push',
      failureReason: 'task unit-tests failed',
      runId: 'checkout-on-push-1',
      logsUrl: 'https://logs.example.com/1',
      labels: { application: 'shop', lifecycle: 'production' },
      dueAt: '2020-01-01T00:00:00Z',
    });
    await kite.success('pipeline-success', {
      namespace,
      pipelineName: 'checkout-on-push',
      runId: 'checkout-on-push-2',
    });
    await kite.post(`/issues/${issue.id}/reopen`, {});
    await kite.post(`/issues/${issue.id}/related`, { relatedId: other.id });
    const { stdout, code } = await run(namespace, 'show', issue.id);
    expect(code).toBe(0);
    for (const text of [
      'Pipeline run failed: checkout-on-push',
      'major · ACTIVE · pipeline · pipelinerun/checkout-on-push',
      'task unit-tests failed',
      issue.id,
      namespace,
      'shop',
      'application=shop, lifecycle=production',
      '(overdue)',
      'https://logs.example.com/1',
      'The other one',
      'opened',
      'resolved',
      'reopened',
      'checkout-on-push-2',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test('short ids are taken where they are of one issue', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    expect(JSON.parse((await run(namespace, 'show', id.slice(0, 8), '-o', 'json')).stdout)).toEqual(
      await kite.issue(id),
    );
    expect((await run(namespace, 'show', id.slice(0, 14).toUpperCase())).code).toBe(0);
    const elsewhere = await run(freshNamespace(), 'show', id.slice(0, 8));
    expect(elsewhere.code).toBe(3);
    expect(elsewhere.stderr).toMatch(/no issue in .* begins with/);
    const short = await run(namespace, 'show', id.slice(0, 7));
    expect(short).toMatchObject({ code: 2 });
    expect(short.stderr).toContain('is no id');
  });

  test('the beginning of two ids is not taken, and both are told', async () => {
    const namespace = freshNamespace();
    const one = await kite.create(issueBody(namespace, component('one')));
    const two = await kite.create(issueBody(namespace, { ...component('two'), title: 'The second' }));
    const twin = `${one.id.slice(0, 9)}${two.id.slice(9)}`;
    await kite.server.database.sql`update issues set id = ${twin} where id = ${two.id}`;
    const { code, stderr } = await run(namespace, 'show', one.id.slice(0, 8));
    expect(code).toBe(3);
    expect(stderr).toContain(`is the beginning of 2 issues`);
    expect(stderr).toContain(one.id);
    expect(stderr).toContain(`${twin} (The second)`);
  });

  test('the timeline is as long as is asked for', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    for (let round = 0; round < 6; round += 1) {
      await kite.post(`/issues/${id}/resolve`, {});
      await kite.post(`/issues/${id}/reopen`, {});
    }
    const entries = (text: string) => text.split('Timeline\n')[1]?.trimEnd().split('\n') ?? [];
    const usual = entries((await run(namespace, 'show', id)).stdout);
    expect(usual).toHaveLength(11);
    expect(usual.at(-1)).toContain('--events 0');
    expect(entries((await run(namespace, 'show', id, '--events', '0')).stdout)).toHaveLength(13);
    expect(entries((await run(namespace, 'show', id, '--events', '3')).stdout)).toHaveLength(4);
  });

  test.skipIf(!hasTerminal)(
    'links can be clicked on where the terminal can, and are plain where it cannot',
    async () => {
      const namespace = freshNamespace();
      const link = { title: 'log', url: 'https://logs.example.com/ä?x=1' };
      const { id } = await kite.create(issueBody(namespace, { links: [link] }));
      const env = { KITE_URL: kite.server.url };
      const can = await openTerminal(program, ['show', id], { env: { ...env, TERM_PROGRAM: 'WezTerm' } })
        .ended;
      expect(can.printed).toContain(
        '\u001b]8;;https://logs.example.com/%C3%A4?x=1\u001b\\log\u001b]8;;\u001b\\',
      );
      expect(seen(can.printed)).toContain('    https://logs.example.com/ä?x=1\n');
      const cannot = await openTerminal(program, ['show', id], { env }).ended;
      expect(cannot.printed).not.toContain('\u001b]8');
    },
  );

  test('a text that would do something to a terminal is shown as text', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(
      issueBody(namespace, {
        title: 'a\u001b]0;own\u0007b',
        description: 'one\r\ntwo\u001b[2J\tthree',
        labels: { 'x\u001b[31m': 'y\u009b' },
        links: [{ title: 't\u001b[1m', url: 'https://e.example.com/\u009b' }],
      }),
    );
    const { stdout } = await run(namespace, 'show', id);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout).toContain('  one\n  two�[2J    three\n');
  });
});

describe('resolve and reopen', () => {
  test('several at once; one that is not there does not stop the others', async () => {
    const namespace = freshNamespace();
    const ids = [];
    for (const one of ['a', 'b']) ids.push((await kite.create(issueBody(namespace, component(one)))).id);
    const [first = '', second = ''] = ids;
    const { code, stdout, stderr } = await run(namespace, 'resolve', first.slice(0, 8), 'deadbeef', second);
    expect(code).toBe(3);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toContain('kite: deadbeef: no issue in');
    expect(stderr).toContain('kite: 1 of 3 failed');
    for (const id of ids) expect((await kite.issue(id)).state).toBe('RESOLVED');
    expect(await run(namespace, 'reopen', ...ids)).toMatchObject({ code: 0, stderr: '' });
    for (const id of ids) expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  test('what is no id stops all of them before the first', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const { code, stdout, stderr } = await run(namespace, 'resolve', id, 'zz');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('"zz" is no id');
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  test('as data it is the issue', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const { stdout } = await run(namespace, 'resolve', id, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual(await kite.issue(id));
  });

  test('an issue of another namespace than the one that is said is not touched', async () => {
    const namespace = freshNamespace();
    const { id } = await kite.create(issueBody(namespace));
    const { code, stderr } = await run(freshNamespace(), 'resolve', id);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^kite: you may not do this: .*namespace/);
    expect((await kite.issue(id)).state).toBe('ACTIVE');
  });

  test('without an id it says what is missing', async () => {
    expect(await run('team', 'resolve')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('which issues?'),
    });
    expect(await run('team', 'reopen')).toMatchObject({ code: 2 });
  });
});

test('link, relate and unrelate', async () => {
  const namespace = freshNamespace();
  const one = await kite.create(issueBody(namespace, component('one')));
  const two = await kite.create(issueBody(namespace, component('two')));
  const url = 'https://jira.example.com/browse/KITE-1';
  expect((await run(namespace, 'link', one.id.slice(0, 8), url, '--title', 'the ticket')).code).toBe(0);
  expect((await kite.issue(one.id)).links).toMatchObject([{ title: 'the ticket', url }]);
  expect(await run(namespace, 'link', one.id, 'javascript:alert(1)')).toMatchObject({ code: 2 });
  expect(await run(namespace, 'relate', one.id.slice(0, 8), two.id)).toMatchObject({ code: 0, stderr: '' });
  expect((await kite.issue(two.id)).relatedTo[0]?.source?.id).toBe(one.id);
  const again = await run(namespace, 'relate', two.id, one.id);
  expect(again).toMatchObject({ code: 3, stderr: 'kite: These two issues are related already\n' });
  expect(await run(namespace, 'unrelate', two.id, one.id)).toMatchObject({ code: 0 });
  expect((await kite.issue(one.id)).relatedFrom).toEqual([]);
  expect(await run(namespace, 'unrelate', two.id, one.id)).toMatchObject({ code: 3 });
  expect(await run(namespace, 'relate', one.id, one.id)).toMatchObject({ code: 2 });
});

test('open starts a browser with the first web address, as one argument and without a shell', async () => {
  const namespace = freshNamespace();
  const url = 'https://logs.example.com/$(touch%20x);`id`?a=1&b=2';
  const { id } = await kite.create(issueBody(namespace, { links: [{ title: 'log', url }] }));
  const printed = await run(namespace, 'open', id, '--print');
  expect(printed.stdout).toBe(`${new URL(url).href}\n`);
  const env = { KITE_URL: kite.server.url, KITE_BROWSER: 'no-such-browser' };
  const missing = await program.run(['open', id], { env });
  expect(missing.code).toBe(3);
  expect(missing.stderr).toContain(`no-such-browser is not installed; open ${new URL(url).href} yourself`);
  expect((await program.run(['open', id], { env: { ...env, KITE_BROWSER: '/bin/echo' } })).code).toBe(0);
  const bare = await kite.create(issueBody(namespace, component('bare')));
  expect((await run(namespace, 'open', bare.id)).stderr).toContain('has no link');
});

test('summary counts as the API does', async () => {
  const namespace = freshNamespace();
  await kite.create(issueBody(namespace, { severity: 'critical' }));
  await kite.create(issueBody(namespace, { ...component('b'), severity: 'minor', issueType: 'test' }));
  const gone = await kite.create(issueBody(namespace, component('c')));
  await kite.post(`/issues/${gone.id}/resolve`, {});
  const { stdout } = await run(namespace, 'summary');
  expect(stdout).toContain(`${namespace}: 2 active, 1 resolved`);
  expect(stdout).toMatch(/critical +1 /);
  expect(stdout).toMatch(/major +0/);
  const data = JSON.parse((await run(namespace, 'summary', '-o', 'json')).stdout);
  expect(data.active.bySeverity).toMatchObject({ critical: 1, minor: 1, major: 0 });
});

test('keys are made, listed and revoked; only the one that is made shows its secret', async () => {
  const made = await run(
    'team',
    'keys',
    'create',
    'ci',
    '--may',
    'report,read',
    '--for',
    'team-*',
    '--expires',
    '90d',
  );
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^kite_[a-z0-9]+_\S+\n$/);
  const [, id = '', secret = ''] = made.stdout.trim().split('_');
  expect(made.stderr).not.toContain(secret);
  const listed = await run('team', 'keys', 'list');
  expect(listed.stdout).toMatch(new RegExp(`${id} +ci +report,read +team-\\* `));
  expect(listed.stdout).not.toContain(secret);
  expect((await run('team', 'keys', 'revoke', id)).code).toBe(0);
  expect((await run('team', 'keys', 'list')).stdout).toMatch(new RegExp(`${id} .* revoked`));
  expect((await run('team', 'keys', 'revoke', 'aaaaaaaaaaaa')).code).toBe(3);
  const whole = await run('team', 'keys', 'revoke', made.stdout.trim());
  expect(whole.code).toBe(2);
  expect(whole.stderr).not.toContain(secret);
  expect(await run('team', 'keys', 'create', 'ci', '--may', 'report')).toMatchObject({ code: 2 });
  expect((await run('team', 'keys', 'create', 'x', '--may', 'admin', '--for', 'team-a')).stderr).toContain(
    'does not hold *',
  );
});

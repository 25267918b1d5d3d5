import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../clients/cli/catalogue.ts';
import { useKite } from '../../support/kite.ts';
import { ended, useProgram } from './kite.ts';

const kite = useKite();
const program = useProgram();

let reply: RequestListener = () => undefined;
let url = '';
const server = createServer((request, response) => reply(request, response));
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs it against a server that answers so, and gives the one line that it says. */
async function complaint(
  answer: RequestListener,
  args: readonly string[] = ['issues'],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  reply = answer;
  const ended = await program.run(args, { env: { KITE_URL: url, KITE_NAMESPACE: 'x', ...env } });
  expect(ended.stdout).toBe('');
  expect(ended.code).toBe(3);
  const lines = ended.stderr.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('kite: '))).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/ at .+:\d+|node:internal/);
  return lines.at(-1) ?? '';
}

const json =
  (status: number, body: object): RequestListener =>
  (_, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-request-id': 'r-42',
      'retry-after': '0',
    });
    response.end(JSON.stringify(body));
  };
const page: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in</title>');
};

describe('each failure is one line that says what happened and what to do', () => {
  test('nobody listens', async () => {
    const line = await complaint(page, ['issues', '--url', 'http://127.0.0.1:9']);
    expect(line).toBe(
      'kite: cannot reach http://127.0.0.1:9/api/v1 (from --url): connection refused. Is the server running? Set KITE_URL or say --url, or choose a context with "kite context use"',
    );
  });

  test('there is no such host', async () => {
    const line = await complaint(page, ['issues', '--url', 'http://kite.invalid']);
    expect(line).toContain('there is no host of that name');
  });

  test('no answer in time', async () => {
    const line = await complaint(
      () => undefined,
      ['resolve', '11111111-1111-1111-1111-111111111111', '--timeout', '1s'],
    );
    expect(line).toContain('no answer within 1 s');
    expect(line).toContain('--timeout');
  }, 60_000);

  test('TLS where there is none', async () => {
    const line = await complaint(page, ['issues', '--url', url.replace('http:', 'https:')]);
    expect(line).toBe(
      `kite: ${url.replace('http:', 'https:')}/api/v1 (from --url) does not speak TLS; is it ${url}/api/v1?`,
    );
  });

  test('a page instead of Kite', async () => {
    expect(await complaint(page)).toBe(
      `kite: ${url}/api/v1 answers with an HTML page (status 200), not as Kite does. Is this the address of Kite's API (from KITE_URL)?`,
    );
  });

  test('a redirect to a login', async () => {
    const line = await complaint((_, response) => {
      response.writeHead(302, { location: 'https://sso.example.com/\u009b' }).end();
    });
    expect(line).toContain('a redirect to https://sso.example.com/');
    expect(line).toContain('A login page or a proxy may stand before it');
  });

  test('401, without a token and with one', async () => {
    const answer = json(401, { message: 'Say who you are.', code: 'unauthenticated' });
    expect(await complaint(answer)).toContain(
      'no token was sent. Use "kite login", KITE_TOKEN, --token-file or --kube',
    );
    expect(await complaint(answer, ['issues'], { KITE_TOKEN: 'secret' })).toContain(
      'does not take this token',
    );
  });

  test.each([
    [403, 'forbidden', 'you may not do this: you may not act in x'],
    [404, 'not_found', 'There is no such issue'],
    [409, 'already_related', 'These two are related already'],
    [413, 'payload_too_large', 'too large'],
    [429, 'rate_limited', 'too many requests: slowly'],
    [
      500,
      'internal',
      'Kite failed: Something failed here. Its log knows more about the request; -v tells its id',
    ],
    [503, 'unavailable', 'Kite cannot answer now, and nothing may have been written: The database is down'],
    [504, 'outcome_unknown', 'Whether this was done cannot be told now'],
  ])('%i in words', async (status, code, words) => {
    const sentence = words.replace(/^[^:]*: /, '').replace(/\. Its log.*$/, '');
    expect(await complaint(json(status, { message: `${sentence}.`, code }))).toBe(`kite: ${words}`);
  });

  test('400 names everything that is wrong', async () => {
    const details = [
      { path: 'query.limit', message: 'is no number' },
      { path: 'body.scope.resourceName', message: 'is blank' },
    ];
    expect(await complaint(json(400, { message: 'No.', code: 'invalid_request', details }))).toBe(
      'kite: Kite does not take this: limit is no number; scope.resourceName is blank',
    );
  });

  test('a sentence of the server does nothing to the terminal', async () => {
    const line = await complaint(json(404, { message: 'no\u001b[2J\n\u0007x' }));
    expect(line).toBe('kite: no�[2J �x');
  });

  test('the request id, and what was tried, with -v', async () => {
    reply = json(503, { message: 'no', code: 'unavailable' });
    const { stderr } = await program.run(['issues', '-v'], { env: { KITE_URL: url, KITE_NAMESPACE: 'x' } });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^GET http\S+\/issues\?\S+ 503 in \d+ ms, request r-42; again in \d+ ms$/);
    expect(lines[4]).toMatch(/\(request r-42\)$/);
  });

  test('an answer that is broken inside', async () => {
    const line = await complaint(json(200, { data: [{}], total: 1, limit: 1, offset: 0, nextCursor: null }));
    expect(line).toMatch(/^kite: this should not happen, please report it: /);
  });
});

describe('help', () => {
  const show = (...args: string[]) => program.run(args);

  test('of everything, of a group and of a command, asked for in either way', async () => {
    const all = await show('--help');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect((await show()).stdout).toBe(all.stdout);
    expect((await show('help')).stdout).toBe(all.stdout);
    const create = await show('keys', 'create', '--help');
    expect(create.stdout).toContain('Usage: kite keys create [options] <name>');
    expect((await show('help', 'keys', 'create')).stdout).toBe(create.stdout);
    expect((await show('keys', '-h')).stdout).toMatch(/create .*\n.*list .*\n.*revoke /);
  });

  test('of every command has examples', async () => {
    for (const { name, examples } of catalogue) {
      const { code, stdout } = await show(...name.split(' '), '--help');
      expect({ name, code }).toEqual({ name, code: 0 });
      expect(examples.length, name).toBeGreaterThan(0);
      for (const [typed] of examples)
        expect(stdout).toContain(`  $ ${typed.startsWith('|') ? typed.slice(1) : `kite ${typed}`}`);
    }
  });

  test('is called as the program is', async () => {
    expect((await program.run(['--help'], { name: 'kubectl-kite' })).stdout).toContain(
      'Usage: kubectl kite ',
    );
    const legacy = await program.run(['--help'], { name: 'konflux-issues' });
    expect(legacy.stdout).toMatch(/^ {2}details .*$/m);
    expect((await show('--help')).stdout).not.toMatch(/^ {2}details /m);
  });
});

describe('what is typed wrong ends with 2', () => {
  test.each<[readonly string[], string]>([
    [['isues'], `unknown command 'isues' (Did you mean issues?). See "kite --help"`],
    [
      ['issues', '--severty', 'x'],
      `unknown option '--severty' (Did you mean --severity?). See "kite issues --help"`,
    ],
    [['issues', '-s', 'medium'], '--severity: "medium" is none of info, minor, major, critical'],
    [['issues', '--limit', '-1'], '--limit: "-1" is no whole number from 0 to 1000000'],
    [['issues', '--limit'], `option '--limit <number>' argument missing. See "kite issues --help"`],
    [['issues', '--sort', 'age'], '--sort: "age" is none of detectedAt, lastSeenAt, severity, dueAt'],
    [['issues', '--label', 'x'], '--label: "x" is no label of the form key=value'],
    [
      ['issues', '--updated-since', 'monday'],
      '--updated-since: "monday" is no time: write 2026-01-31, 2026-01-31T08:00:00Z, or how long such as 2h or 7d',
    ],
    [['issues', '-o', 'xml'], '-o takes table, json, yaml here, not "xml"'],
    [
      ['issues', 'extra'],
      `too many arguments for 'issues'. Expected 0 arguments but got 1. See "kite issues --help"`,
    ],
    [['show'], `missing required argument 'id'. See "kite show --help"`],
    [
      ['show', 'x'],
      '"x" is no id: take the first 8 characters of one, or all of it, as "kite issues" lists them',
    ],
    [['keys'], 'kite keys what? There are create, list, revoke; "kite keys --help" says more'],
    [['keys', 'crate'], `unknown command 'crate' (Did you mean create?). See "kite keys --help"`],
    [['completion', 'tcsh'], 'completion is for bash, zsh, fish, not "tcsh"'],
    [['issues', '--timeout', '0'], '--timeout: "0" is not from 1s to 1h'],
    [['issues', '-n', ''], '-n is empty; is a variable of the job not set?'],
    [['issues', '-n', ' ', '-A'], '-n is empty; is a variable of the job not set?'],
    [['issues', '--url', ''], '--url is empty; is a variable of the job not set?'],
  ])('%j', async (args, words) => {
    const env = { KITE_URL: kite.server.url, KITE_NAMESPACE: 'x' };
    expect(await program.run(args, { env })).toEqual({ code: 2, stdout: '', stderr: `kite: ${words}\n` });
  });
});

describe('no failure ends with 1, which means that issues were found', () => {
  const full = '/dev/full';

  test.skipIf(!existsSync(full))('output that cannot be written', async () => {
    reply = json(200, { data: [], total: 0, limit: 1, offset: 0, nextCursor: null });
    for (const args of [['check', '--application', 'x', '-o', 'json'], ['--help']]) {
      const device = await open(full, 'w');
      const child = spawn(process.execPath, [program.path(), ...args], {
        env: program.env({ KITE_URL: url, KITE_NAMESPACE: 'x' }),
        stdio: ['ignore', device.fd, 'pipe'],
      });
      expect(await ended(child)).toEqual({
        code: 3,
        stdout: '',
        stderr: 'kite: cannot write the output: no space left on device\n',
      });
      await device.close();
    }
  });

  test.each(['throw', 'void Promise.reject'])('what nobody catches: %s', async (fail) => {
    const script = `process.on('newListener', (event) => event === 'unhandledRejection' && setImmediate(() => { ${fail} (new Error('gone\\nwrong')); }))`;
    const { code, stderr } = await program.run(['--help'], {
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` },
    });
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'kite: this should not happen, please report it: Error: gone wrong\n',
    });
  });
});

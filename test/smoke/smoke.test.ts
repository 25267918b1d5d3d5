/** The smoke test as a program, on what it is for: a server, the gateway as it is shipped, the functions. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildGateway } from '../../build.ts';
import { startFunctions } from '../lambda/server.ts';
import { createTestDatabase } from '../support/database.ts';
import { useGuarded } from '../support/guarded.ts';
import { useKite } from '../support/kite.ts';

const root = join(import.meta.dirname, '../..');
const kite = useKite();
const guarded = useGuarded();

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function smoke(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', join(root, 'test/smoke/main.ts'), ...args],
      { cwd: root, env: { PATH: process.env.PATH, ...env } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'kite-smoked-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

/** Another server than Kite. */
async function other(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => new Promise((resolve) => server.close(resolve));
  onTestFinished(async () => void (await close()));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, close };
}

describe('what works is said to work', () => {
  test('an open server: a line for each step, and nothing stays', async () => {
    const { code, out, err } = await smoke(['--url', `${kite.server.url}/`]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines.slice(0, -1).every((line) => /^ok .{34,} +\d+ ms /.test(line))).toBe(true);
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe('Kite works.');
    const left = await kite.server.database.sql`select 1 from issues where id is not null`;
    expect(left).toHaveLength(0);
  });

  test('a guarded one, with a key from a file, in a namespace that it may use', async () => {
    const key = await guarded.key({ namespaces: ['team-a'], may: ['read', 'report', 'act'] });
    const file = join(await folder(), 'token');
    await writeFile(file, `${key}\n`);
    const { code, out } = await smoke([
      ...['--url', guarded.server.url, '--token-file', file],
      ...['--namespace', 'team-a', '--cluster', 'alpha'],
    ]);
    expect(code, out).toBe(0);
    const elsewhere = await smoke(['--url', guarded.server.url, '--namespace', 'team-b'], {
      KITE_TOKEN: key,
    });
    expect(elsewhere).toMatchObject({ code: 1, out: expect.stringContaining('was rejected, not opened') });
  });

  test('the gateway as it is shipped, on DATABASE_URL', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const out = await folder();
    await buildGateway(join(out, 'gateway'));
    // Only its own database stays a package, and it is not asked for here.
    await symlink(join(root, 'node_modules'), join(out, 'node_modules'));
    const gateway = spawn(process.execPath, [join(out, 'gateway/main.js')], {
      env: { PATH: process.env.PATH, PORT: '0', DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(async () => {
      gateway.kill('SIGTERM');
      await once(gateway, 'close');
    });
    let said = '';
    gateway.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/listening on \S+\n/);
    const url = /listening on (\S+)/.exec(said)?.[1] ?? '';
    expect((await smoke(['--url', url])).code).toBe(0);
  });

  test('the functions as they are deployed', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const functions = await startFunctions({ databaseUrl: database.url });
    onTestFinished(() => functions.close());
    const { code, out } = await smoke(['--url', `${functions.url}/api/v1`]);
    expect(code, out).toBe(0);
  });
});

describe('what does not is told with what to do', () => {
  const refused = async (url: string, sentence: string): Promise<void> => {
    const { code, out } = await smoke(['--url', url, '--timeout', '5']);
    expect(code).toBe(1);
    expect(out).toContain(sentence);
    expect(out).toMatch(/Kite does not work as it should\.\n$/);
  };

  test('nobody is there', async () => {
    const { url, close } = await other(() => undefined);
    await close();
    await refused(url, `nobody listens on ${new URL(url).host}`);
  });

  test('who it is must be said', () =>
    refused(guarded.server.url, 'Give a token or an API key in KITE_TOKEN or by --token-file'));

  test('a page instead of an answer', async () => {
    const page: RequestListener = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
    await refused((await other(page)).url, '200 with text/html, which is no answer of Kite');
  });

  test('a way on to elsewhere', async () => {
    const on: RequestListener = (_, response) =>
      response.writeHead(302, { location: 'https://login.example/' }).end();
    await refused((await other(on)).url, 'it sends us on to https://login.example/');
  });

  test('what API Gateway says of a path that it does not know', async () => {
    const unknown: RequestListener = (_, response) =>
      response
        .writeHead(403, { 'content-type': 'application/json' })
        .end('{"message":"Missing Authentication Token"}');
    await refused((await other(unknown)).url, '403, not in Kite’s words: is --url the API’s own address');
  });

  test('a step in the middle: what was made is deleted', async () => {
    let isDeleted = false;
    const answer = (status: number, body: object): [number, string] => [status, JSON.stringify(body)];
    const broken: RequestListener = (request, response) => {
      const route = `${request.method} ${request.url}`;
      isDeleted ||= route === 'DELETE /api/v1/issues/i-1';
      const [status, body] =
        route === 'GET /api/v1/health'
          ? answer(200, { status: 'UP' })
          : route === 'GET /api/v1/version'
            ? answer(200, { version: '1' })
            : route === 'POST /api/v1/reports'
              ? answer(200, { results: [{ status: 'opened', issueId: 'i-1' }] })
              : route.startsWith('DELETE')
                ? answer(204, {})
                : answer(503, { code: 'unavailable', message: 'Not now.' });
      response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? '' : body);
    };
    await refused((await other(broken)).url, '503 unavailable: Not now.');
    expect(isDeleted).toBe(true);
  });

  test.each([
    [[], '--url is missing'],
    [['--url', 'kite'], '--url kite is not an http or https URL'],
    [['--url', 'http://a', '--token-file', '/nowhere'], '--token-file cannot be read'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is not understood', async (args, sentence) => {
    const { code, err } = await smoke(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});

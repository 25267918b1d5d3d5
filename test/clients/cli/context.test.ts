import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';
import { hasTerminal, openTerminal } from './terminal.ts';

const kite = useKite();
const program = useProgram();
const secret = `kite_abc_${randomBytes(16).toString('hex')}`;

/** A server that tells what it was sent: it answers as an empty Kite, and 401 to the token `ended`. */
const heard: (string | undefined)[] = [];
const ear = createServer((request, response) => {
  heard.push(request.headers.authorization);
  const isHealth = request.url?.includes('/health') === true;
  const isRefused = request.headers.authorization === 'Bearer ended' && !isHealth;
  response
    .writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json' })
    .end(
      JSON.stringify(
        isRefused
          ? { message: 'Say who you are.', code: 'unauthenticated' }
          : isHealth
            ? { status: 'UP', message: 'up', timestamp: '', components: {} }
            : { data: [], total: 0, limit: 1, offset: 0, nextCursor: null },
      ),
    );
});
let earUrl = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => ear.listen(0, '127.0.0.1', resolve));
  earUrl = `http://127.0.0.1:${(ear.address() as AddressInfo).port}`;
});
afterAll(() => {
  ear.close();
});
beforeEach(async () => {
  await rm(program.home, { recursive: true, force: true });
  await mkdir(program.home, { recursive: true });
  heard.length = 0;
});

const file = () => join(program.home, '.config', 'kite', 'config.yaml');
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) =>
  program.run(args, { env, ...(input !== undefined && { input }) });

/** Runs a list and gives the token that the server heard. */
async function tokenOf(args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
  heard.length = 0;
  const { code, stderr } = await run(['issues', '-n', 'x', '-o', 'json', ...args], env, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return heard[0]?.replace('Bearer ', '');
}

test('login remembers a server and its namespace, and the next call goes there', async () => {
  const namespace = freshNamespace();
  const { id } = await kite.create(issueBody(namespace));
  const login = await run(['login', kite.server.url, '-n', namespace, '--name', 'here']);
  expect(login).toMatchObject({ code: 0, stdout: '' });
  expect(login.stderr).toContain(`Logged in: the context here is ${kite.server.url}`);
  expect((await run(['issues'])).stdout).toContain(id.slice(0, 8));
  await run(['login', earUrl, '--name', 'other']);
  expect((await run(['issues', '-n', namespace])).stdout).toBe('');
  const { stdout } = await run(['context', 'list']);
  expect(stdout).toMatch(/^ +here +http/m);
  expect(stdout).toMatch(/^\* +other +http/m);
  expect((await run(['issues', '--context', 'here'])).stdout).toContain(id.slice(0, 8));
  expect((await run(['context', 'use', 'here'])).code).toBe(0);
  expect((await run(['issues'])).stdout).toContain(id.slice(0, 8));
  expect((await run(['issues'], { KITE_NAMESPACE: 'elsewhere' })).stdout).toBe('');
  expect((await run(['context', 'remove', 'here'])).code).toBe(0);
  expect(JSON.parse((await run(['context', 'list', '-o', 'json'])).stdout)).toMatchObject([
    { name: 'other', isCurrent: false, url: earUrl },
  ]);
  const unknown = await run(['context', 'use', 'here']);
  expect(unknown).toMatchObject({ code: 2, stderr: 'kite: there is no context "here"; there are other\n' });
});

test('login writes nothing where the server is not there, or does not take the token', async () => {
  expect(await run(['login', 'http://127.0.0.1:9'])).toMatchObject({ code: 3 });
  expect(await run(['login', 'kite.example.com'])).toMatchObject({ code: 2 });
  expect(await run(['login', 'http://me:pass@127.0.0.1:9'])).toMatchObject({ code: 2 });
  const refused = await run(['login', earUrl, '--token', '-'], {}, 'ended\n');
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.stderr).toContain('does not take this token');
  await expect(stat(file())).rejects.toThrow();
});

describe('a token', () => {
  test('is kept in a file that nobody else may read, and is shown nowhere', async () => {
    const login = await run(['login', earUrl, '--token', '-', '-v'], {}, `${secret}\n`);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(program.home, '.config', 'kite'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(program.home, '.config', 'kite'))).toEqual(['config.yaml']);
    expect(await readFile(file(), 'utf8')).toContain(secret);
    const shown = [login];
    for (const args of [
      ['context', 'list'],
      ['context', 'list', '-o', 'json'],
      ['issues', '-n', 'x', '-v'],
      ['show', '11111111-1111-1111-1111-111111111111', '-v'],
      ['context', 'use', 'nobody'],
      ['config'],
    ]) {
      shown.push(await run(args));
    }
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toContain(secret);
    expect(await tokenOf([])).toBe(secret);
  });

  test.skipIf(!hasTerminal)('is asked for at a terminal, and not shown there', async () => {
    const terminal = openTerminal(program, ['login', earUrl, '--token', '-']);
    await terminal.until((printed) => printed.includes('Token (not shown): '));
    terminal.type(`x\u007f${secret}\r`);
    const { code, printed } = await terminal.ended;
    expect({ code, printed }).toMatchObject({ code: 0, printed: expect.stringContaining('Logged in') });
    expect(printed).not.toContain(secret);
    expect(await tokenOf([])).toBe(secret);
    const given = openTerminal(program, ['login', earUrl, '--token', '-']);
    await given.until((text) => text.includes('Token (not shown): '));
    given.type('half\u0003');
    expect((await given.ended).code).toBe(130);
  });

  test('that stands in a file which others may read is put right by the next write', async () => {
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    await writeFile(file(), `contexts:\n  a: { url: "${earUrl}" }\n`, { mode: 0o644 });
    await run(['context', 'use', 'a']);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  test('is not taken from the command line, which everybody can read, and not told back', async () => {
    const { code, stdout, stderr } = await run(['issues', '-n', 'x', '--token', secret, '--url', earUrl]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/can be read by everybody.*--token-file.*KITE_TOKEN/);
    expect(stderr).not.toContain(secret);
    expect(heard).toEqual([]);
  });

  test('comes from the flag, else the environment, else the context; a file is read anew', async () => {
    const path = join(program.home, 'token');
    await writeFile(path, 'in-file\n');
    expect(await tokenOf([], { KITE_URL: earUrl })).toBeUndefined();
    expect(await tokenOf(['--url', earUrl], { KITE_TOKEN: 'in-env' })).toBe('in-env');
    expect(await tokenOf(['--token-file', path], { KITE_URL: earUrl, KITE_TOKEN: 'in-env' })).toBe('in-file');
    expect(await tokenOf(['--token-file', '-'], { KITE_URL: earUrl, KITE_TOKEN: 'in-env' }, 'piped\n')).toBe(
      'piped',
    );
    expect(await tokenOf(['--token', '-'], { KITE_URL: earUrl }, 'piped')).toBe('piped');
    await run(['login', earUrl, '--token-file', path]);
    expect(await readFile(file(), 'utf8')).not.toContain('in-file');
    expect(await tokenOf([])).toBe('in-file');
    await writeFile(path, 'rotated');
    expect(await tokenOf([])).toBe('rotated');
    expect(await tokenOf([], { KITE_TOKEN: 'in-env' })).toBe('in-env');
  });

  test('of a context goes to its own server and to no other', async () => {
    await run(['login', 'http://localhost:9'], {}, '');
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    await writeFile(file(), `current: a\ncontexts:\n  a: { url: "http://localhost:9", token: ${secret} }\n`);
    expect(await tokenOf(['--url', earUrl])).toBeUndefined();
    expect(await tokenOf([], { KITE_URL: earUrl })).toBeUndefined();
  });

  test('is refused unseen where it is none', async () => {
    const path = join(program.home, 'token');
    const list = ['issues', '-n', 'x', '--url', earUrl, '--token-file', path];
    const missing = await run(list);
    expect(missing).toMatchObject({
      code: 3,
      stderr: `kite: the token file ${path} cannot be read: there is none\n`,
    });
    for (const [content, words] of [
      ['', 'there is no token in'],
      ['two words', 'is no token'],
      [`${secret}\nmore`, 'is no token'],
      ['geheimnis-ä', 'is no token'],
    ] as const) {
      await writeFile(path, content);
      const { code, stderr } = await run(list);
      expect(code).toBe(3);
      expect(stderr).toContain(words);
      if (content !== '') expect(stderr).not.toContain(content);
    }
    expect(heard).toEqual([]);
  });
});

describe('where to', () => {
  test('flag, environment, context, and what KITE had, in this order', async () => {
    const at = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const { stderr } = await run(['issues', '-n', 'x', ...args], env);
      return /cannot reach http:\/\/127\.0\.0\.1:(\d+)/.exec(stderr)?.[1];
    };
    const on = (port: number) => `http://127.0.0.1:${port}`;
    expect(await at([], { KONFLUX_API_URL: on(4) })).toBe('4');
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    await writeFile(file(), `current: a\ncontexts:\n  a: { url: "${on(3)}" }\n  b: { url: "${on(5)}" }\n`);
    expect(await at([], { KONFLUX_API_URL: on(4) })).toBe('3');
    expect(await at(['--context', 'b'])).toBe('5');
    expect(await at([], { KITE_CONTEXT: 'b' })).toBe('5');
    expect(await at([], { KITE_URL: on(2) })).toBe('2');
    expect(await at(['--context', 'b'], { KITE_URL: on(2) })).toBe('5');
    expect(await at(['--url', on(1)], { KITE_URL: on(2) })).toBe('1');
    const unknown = await run(['issues', '-n', 'x', '--context', 'c']);
    expect(unknown).toMatchObject({ code: 2, stderr: 'kite: there is no context c; there are a, b\n' });
    const wrong = await run(['issues', '-n', 'x'], { KITE_URL: 'kite.example.com' });
    expect(wrong).toMatchObject({
      code: 2,
      stderr: 'kite: KITE_URL says "kite.example.com", which is no http or https address\n',
    });
  });

  test('XDG_CONFIG_HOME moves the file', async () => {
    const config = join(program.home, 'xdg');
    await run(['login', earUrl, '--name', 'moved'], { XDG_CONFIG_HOME: config });
    expect(await readFile(join(config, 'kite', 'config.yaml'), 'utf8')).toContain('moved');
  });

  test('a file that cannot be read is told, and nothing of it', async () => {
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    for (const content of [
      `contexts: [${secret}`,
      `- ${secret}`,
      `contexts: { a: ${secret} }`,
      `contexts: { a: { url: x, token: *${secret} } }`,
      `current: null\ntoken: "\\x${secret}"`,
    ]) {
      await writeFile(file(), content);
      const { code, stderr } = await run(['issues', '-n', 'x']);
      expect(code).toBe(3);
      expect(stderr).toContain(`${file()} cannot be read`);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).not.toContain(secret);
    }
  });

  test('a mistake in YAML is told by its code and its line, and no warning tells a token', async () => {
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    const context = (token: string) =>
      `current: a\ncontexts:\n  a:\n    url: ${earUrl}\n    token: ${token}\n`;
    await writeFile(file(), context(`*${secret}`));
    const { stderr } = await run(['issues', '-n', 'x']);
    expect(stderr).toContain(`${file()} cannot be read: YAML code BAD_ALIAS at line 5; mend it`);
    await writeFile(file(), context(`!x ${secret}`));
    expect(await run(['issues', '-n', 'x', '-o', 'json'])).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });

  test('a link to the file stays one, and what it leads to is written', async () => {
    const real = join(program.home, 'dotfiles', 'kite.yaml');
    await mkdir(join(program.home, 'dotfiles'), { recursive: true });
    await mkdir(join(program.home, '.config', 'kite'), { recursive: true });
    await writeFile(real, '');
    await symlink(real, file());
    expect((await run(['login', earUrl, '--name', 'linked'])).code).toBe(0);
    expect((await lstat(file())).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toContain('linked');
    expect(await readdir(join(program.home, 'dotfiles'))).toEqual(['kite.yaml']);
  });

  test('without a namespace it says how to name one', async () => {
    const { code, stderr } = await run(['issues', '--url', earUrl]);
    expect(code).toBe(2);
    expect(stderr).toContain('which namespace? Say -n NAMESPACE or set KITE_NAMESPACE');
    expect((await run(['issues', '-A', '--url', earUrl])).code).toBe(0);
  });
});

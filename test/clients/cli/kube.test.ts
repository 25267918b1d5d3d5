import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useProgram } from './kite.ts';

const program = useProgram();

const heard: { token: string | undefined; url: string }[] = [];
const ear = createServer((request, response) => {
  heard.push({ token: request.headers.authorization?.replace('Bearer ', ''), url: request.url ?? '' });
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ data: [], total: 0, limit: 1, offset: 0, nextCursor: null }));
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => ear.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(ear.address() as AddressInfo).port}`;
});
afterAll(() => {
  ear.close();
});
beforeEach(async () => {
  heard.length = 0;
  await rm(program.home, { recursive: true, force: true });
  await mkdir(join(program.home, '.kube'), { recursive: true });
});

const inHome = (...path: string[]) => join(program.home, ...path);

interface Parts {
  readonly user?: object;
  readonly namespace?: string;
  readonly current?: string | null;
}

/** A kubeconfig with one context, called `here`. */
function kubeconfig({ user = {}, namespace, current = 'here' }: Parts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    ...(current !== null && { 'current-context': current }),
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'me', ...(namespace !== undefined && { namespace }) } },
    ],
    clusters: [
      {
        name: 'c',
        cluster: { server: 'https://api.example.com:6443', 'certificate-authority-data': 'Q0E=' },
      },
    ],
    users: [{ name: 'me', user }],
  });
}

const list = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  program.run(['issues', '-o', 'json', ...args], { env: { KITE_URL: url, ...env } });

/** The token that the server heard, where the user of the kubeconfig is asked for. */
async function tokenOf(user: object, env: Readonly<Record<string, string>> = {}) {
  await writeFile(inHome('.kube', 'config'), kubeconfig({ user }));
  const { code, stderr } = await list(['--kube'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return heard.at(-1)?.token;
}

async function complaintOf(user: object): Promise<string> {
  await writeFile(inHome('.kube', 'config'), kubeconfig({ user }));
  const { code, stderr } = await list(['--kube']);
  expect(code).toBe(3);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(heard).toEqual([]);
  return stderr;
}

/** A plugin that runs the script, with `exec` as its user has it. */
async function plugin(script: string, more: object = {}): Promise<{ exec: object }> {
  await writeFile(inHome('.kube', 'plugin.sh'), `#!/bin/sh\n${script}\n`);
  await chmod(inHome('.kube', 'plugin.sh'), 0o755);
  return {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      interactiveMode: 'IfAvailable',
      ...more,
    },
  };
}
const credential = (status: object) =>
  JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });

describe('the namespace', () => {
  test('is that of the current context, and default where that has none', async () => {
    await writeFile(inHome('.kube', 'config'), kubeconfig({ namespace: 'team-kube' }));
    await list();
    expect(heard.at(-1)?.url).toContain('namespace=team-kube');
    await list(['-n', 'flag']);
    expect(heard.at(-1)?.url).toContain('namespace=flag');
    await list([], { KITE_NAMESPACE: 'variable' });
    expect(heard.at(-1)?.url).toContain('namespace=variable');
    await writeFile(inHome('.kube', 'config'), kubeconfig({}));
    await list();
    expect(heard.at(-1)?.url).toContain('namespace=default');
  });

  test('is looked for only where one is needed, and a broken kubeconfig tells nothing of itself', async () => {
    await writeFile(inHome('.kube', 'config'), 'users:\n- token: *s3cret\n');
    expect(await list(['-A'])).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    expect((await list(['-n', 'flag'])).code).toBe(0);
    expect(heard).toHaveLength(2);
    expect(await list()).toEqual({
      code: 3,
      stdout: '',
      stderr: `kite: the kubeconfig ${inHome('.kube', 'config')} cannot be read: YAML code BAD_ALIAS at line 2\n`,
    });
  });

  test('of several files, the first that says something counts; what is not there is passed over', async () => {
    await writeFile(inHome('one'), JSON.stringify({ 'current-context': 'here' }));
    await writeFile(inHome('two'), kubeconfig({ namespace: 'second', current: 'other' }));
    const KUBECONFIG = ['/nowhere', inHome('one'), inHome('two')].join(':');
    await list([], { KUBECONFIG });
    expect(heard.at(-1)?.url).toContain('namespace=second');
  });

  test('of another context, with --kube', async () => {
    await writeFile(
      inHome('.kube', 'config'),
      kubeconfig({ namespace: 'team-kube', current: null, user: { token: 'a-token' } }),
    );
    await list(['--kube-context', 'here']);
    expect(heard.at(-1)).toMatchObject({
      token: 'a-token',
      url: expect.stringContaining('namespace=team-kube'),
    });
    const { code, stderr } = await list(['--kube-context', 'nobody']);
    expect(code).toBe(3);
    expect(stderr).toContain('the kubeconfig has no context nobody');
  });
});

describe('the user', () => {
  test('is asked for nothing where --kube does not say so', async () => {
    await writeFile(inHome('.kube', 'config'), kubeconfig({ namespace: 'x', user: { token: 'a-token' } }));
    await list();
    expect(heard.at(-1)?.token).toBeUndefined();
  });

  test('gives its token, or that of its file, which lies beside the kubeconfig', async () => {
    expect(await tokenOf({ token: 'a-token' })).toBe('a-token');
    await writeFile(inHome('.kube', 'token'), 'of-file\n');
    expect(await tokenOf({ tokenFile: 'token', token: 'a-token' })).toBe('of-file');
  });

  test.each<[string, object, string]>([
    [
      'a certificate',
      { 'client-certificate-data': 'x', 'client-key-data': 'y' },
      'has a client certificate, and Kite needs a token',
    ],
    ['an auth-provider', { 'auth-provider': { name: 'oidc' } }, 'has an auth-provider'],
    ['nothing', {}, 'has neither token nor plugin'],
    ['somebody else', { token: 'x', as: 'admin' }, 'acts as somebody else'],
    ['a file that is not there', { tokenFile: '/nowhere/token' }, 'the token file /nowhere/token'],
  ])('that has %s is told so', async (_, user, words) => {
    expect(await complaintOf(user)).toContain(words);
  });

  test('without a kubeconfig it says where it looked', async () => {
    const { code, stderr } = await list(['--kube', '-n', 'x']);
    expect(code).toBe(3);
    expect(stderr).toContain('neither KUBECONFIG nor ~/.kube/config');
  });
});

describe('a plugin', () => {
  test('is run with its arguments and variables, and told what kubectl tells', async () => {
    const user = await plugin(
      `printf '%s' "$KUBERNETES_EXEC_INFO" > "$HOME/info"; printf '{"kind":"ExecCredential","status":{"token":"%s-%s-%s"}}' "$1" "$2" "$OWN"`,
      { args: ['a', 'b c'.replace(' ', '')], env: [{ name: 'OWN', value: 'own' }], provideClusterInfo: true },
    );
    expect(await tokenOf(user, { OWN: 'of-the-person' })).toBe('a-bc-own');
    const { readFile } = await import('node:fs/promises');
    expect(JSON.parse(await readFile(inHome('info'), 'utf8'))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: 'https://api.example.com:6443', 'certificate-authority-data': 'Q0E=' },
      },
    });
  });

  test('of the beta works as well, and one in PATH', async () => {
    const user = await plugin(
      `echo '${credential({ token: 'beta', expirationTimestamp: '2099-01-01T00:00:00Z' })}'`,
      {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        interactiveMode: undefined,
      },
    );
    expect(await tokenOf(user)).toBe('beta');
    await mkdir(inHome('bin'), { recursive: true });
    await writeFile(inHome('bin', 'get-token'), `#!/bin/sh\necho '${credential({ token: 'path' })}'\n`);
    await chmod(inHome('bin', 'get-token'), 0o755);
    const PATH = `${inHome('bin')}:${process.env.PATH}`;
    expect(await tokenOf((await plugin('', { command: 'get-token' })) as object, { PATH })).toBe('path');
  });

  test.each<[string, string, object, string]>([
    ['fails', 'exit 3', {}, 'gave no token: it ended with 3'],
    ['prints no JSON', 'echo secret-token', {}, 'printed no credential: it is no JSON'],
    [
      'prints something else',
      `echo '{"kind":"Pod","status":{"token":"secret-token"}}'`,
      {},
      'no credential of the kind',
    ],
    [
      'gives a certificate',
      `echo '${credential({ clientCertificateData: 'x' })}'`,
      {},
      'a client certificate and no token',
    ],
    [
      'gives one that has ended',
      `echo '${credential({ token: 'secret-token', expirationTimestamp: '2020-01-01T00:00:00Z' })}'`,
      {},
      'ended at 2020-01-01',
    ],
    ['speaks another version', 'true', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'v1alpha1'],
    [
      'is not there',
      'true',
      { command: 'no-such-plugin', installHint: 'Install it from example.com.\nAnd more.' },
      'no-such-plugin is not installed: Install it from example.com.',
    ],
    [
      'has to ask and cannot',
      'true',
      { interactiveMode: 'Always' },
      'has to ask you, and there is no terminal',
    ],
    ['has no command', 'true', { command: '' }, 'has no command'],
  ])('that %s is told so, and nothing that it printed', async (_, script, more, words) => {
    const complaint = await complaintOf(await plugin(script, more));
    expect(complaint).toContain(words);
    expect(complaint).not.toContain('secret-token');
  });
});

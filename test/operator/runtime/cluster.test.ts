import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Cluster, type ClusterOptions, connectCluster } from '../../../operator/runtime/cluster.ts';
import { type KubeClient, writeKubeconfig } from '../../cluster/client.ts';
import { directory } from '../../cluster/directory.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';

const WHO = {
  method: 'POST',
  path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
} as const;

describeWithCluster('The way to an API server', () => {
  let client: KubeClient;
  const closings: (() => unknown)[] = [];

  beforeAll(async () => {
    client = await sharedCluster();
  });
  afterEach(async () => {
    await Promise.all(closings.splice(0).map((close) => close()));
  });
  afterAll(() => client.close());

  async function open(options: Partial<ClusterOptions>): Promise<Cluster> {
    const cluster = await connectCluster({ env: {}, clock: Date.now, ...options });
    closings.push(() => cluster.close());
    return cluster;
  }

  async function user(cluster: Cluster): Promise<string> {
    const { status } = (await cluster.request(WHO)) as {
      readonly status: { readonly userInfo: { readonly username: string } };
    };
    return status.userInfo.username;
  }

  /** A kubeconfig for the test's API server whose user is this. */
  async function kubeconfig(entry: object): Promise<string> {
    const path = await writeKubeconfig(client.address);
    const config = parse(await readFile(path, 'utf8'));
    config.users[0].user = entry;
    await writeFile(path, stringify(config));
    return path;
  }

  /** Where a pod finds its token, and the environment that it has. */
  async function mount(token: string) {
    const place = await directory('mount');
    await writeFile(join(place, 'ca.crt'), client.address.ca);
    await writeFile(join(place, 'namespace'), 'kite\n');
    await writeFile(join(place, 'token'), token);
    const { hostname, port } = new URL(client.address.url);
    const env = {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      KITE_OPERATOR_SERVICE_ACCOUNT: place,
    };
    const rotate = async (next: string): Promise<void> => {
      await writeFile(join(place, 'next'), next);
      await rename(join(place, 'next'), join(place, 'token'));
    };
    return { env, rotate };
  }

  test('is a kubeconfig with a token', async () => {
    const cluster = await open({ kubeconfig: await writeKubeconfig(client.address) });
    expect(await user(cluster)).toBe('admin');
    expect(cluster).toMatchObject({ server: client.address.url, namespace: 'default' });
  });

  test('is a kubeconfig with a token file, which is read again when the token is refused', async () => {
    const path = await kubeconfig({ tokenFile: 'token' });
    const token = join(path, '../token');
    await writeFile(token, 'expired');
    const cluster = await open({ kubeconfig: path });
    await expect(user(cluster)).rejects.toMatchObject({ status: 401 });
    await writeFile(token, client.address.token);
    expect(await user(cluster)).toBe('admin');
  });

  test('is a kubeconfig with a plugin for credentials', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: client.address.token },
    };
    const args = ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`];
    const apiVersion = credential.apiVersion;
    const exec = { apiVersion, command: process.execPath, args, interactiveMode: 'Never' };
    expect(await user(await open({ kubeconfig: await kubeconfig({ exec }) }))).toBe('admin');
  });

  test('is a kubeconfig that acts for somebody else', async () => {
    const entry = { token: client.address.token, as: 'somebody' };
    expect(await user(await open({ kubeconfig: await kubeconfig(entry) }))).toBe('somebody');
  });

  test('is one of several contexts', async () => {
    const path = await writeKubeconfig(client.address);
    const config = parse(await readFile(path, 'utf8'));
    config.users.push({ name: 'other', user: { token: client.address.token, as: 'other' } });
    config.contexts.push({ name: 'other', context: { cluster: 'test', user: 'other' } });
    await writeFile(path, stringify(config));
    expect(await user(await open({ kubeconfig: path, context: 'other' }))).toBe('other');
    await expect(open({ kubeconfig: path, context: 'none' })).rejects.toThrow(
      'The kubeconfig has no context none.',
    );
  });

  test('without a readable kubeconfig is none', async () => {
    await expect(open({ kubeconfig: '/nonexistent/config' })).rejects.toThrow(
      'The kubeconfig /nonexistent/config cannot be read',
    );
    const path = await kubeconfig({});
    await writeFile(path, 'clusters: [');
    await expect(open({ kubeconfig: path })).rejects.toThrow('cannot be read');
  });

  test('is a pod whose token is exchanged while it runs', async () => {
    const pod = await mount('expired');
    const cluster = await open({ env: pod.env });
    expect(cluster.namespace).toBe('kite');
    await expect(user(cluster)).rejects.toMatchObject({ status: 401 });
    await pod.rotate(client.address.token);
    expect(await user(cluster)).toBe('admin');
  });

  test('reads a token again in time, before it is refused', async () => {
    let now = 0;
    const account = await client.account(await client.namespace());
    const pod = await mount(account.address.token);
    const cluster = await open({ env: pod.env, clock: () => now });
    expect(await user(cluster)).toBe(account.user);
    await pod.rotate(client.address.token);
    expect(await user(cluster)).toBe(account.user);
    now += 11_000;
    expect(await user(cluster)).toBe('admin');
  });

  test('goes through the proxy of the environment, but not from a pod and not where NO_PROXY says so', async () => {
    const proxy = await startProxy();
    closings.push(proxy.close);
    const path = await writeKubeconfig(client.address);
    const through = await open({ kubeconfig: path, env: { HTTPS_PROXY: proxy.url } });
    expect(await user(through)).toBe('admin');
    expect(proxy.tunnels).toStrictEqual([new URL(client.address.url).host]);

    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
    expect(await user(await open({ kubeconfig: path, env }))).toBe('admin');
    const pod = await mount(client.address.token);
    const inside = await open({ env: { ...pod.env, HTTPS_PROXY: proxy.url } });
    expect(await user(inside)).toBe('admin');
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('goes through the proxy of the kubeconfig', async () => {
    const proxy = await startProxy();
    closings.push(proxy.close);
    const path = await writeKubeconfig(client.address);
    const config = parse(await readFile(path, 'utf8'));
    config.clusters[0].cluster['proxy-url'] = proxy.url;
    await writeFile(path, stringify(config));
    expect(await user(await open({ kubeconfig: path }))).toBe('admin');
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('does not trust an API server that the CA has not signed', async () => {
    const path = await writeKubeconfig(client.address);
    const config = parse(await readFile(path, 'utf8'));
    delete config.clusters[0].cluster['certificate-authority-data'];
    await writeFile(path, stringify(config));
    await expect(user(await open({ kubeconfig: path }))).rejects.toThrow(/certificate/);
  });

  test('says what the API server refused, and why', async () => {
    const account = await client.account(await client.namespace());
    const cluster = await open({ kubeconfig: await writeKubeconfig(account.address) });
    await expect(cluster.request({ path: '/api/v1/secrets' })).rejects.toMatchObject({
      name: 'ClusterFailure',
      status: 403,
      reason: 'Forbidden',
      message: expect.stringContaining('cannot list resource "secrets"'),
    });
  });

  test('is given up when nothing answers', async () => {
    const silent = createServer(() => undefined);
    const url = await listen(silent);
    const path = await writeKubeconfig({ ...client.address, url });
    const config = parse(await readFile(path, 'utf8'));
    config.clusters[0].cluster = { server: url, 'insecure-skip-tls-verify': true };
    await writeFile(path, stringify(config));
    const cluster = await open({ kubeconfig: path });
    await expect(cluster.request({ path: '/', timeout: 100 })).rejects.toThrow('no answer within 100 ms');
    const stop = new AbortController();
    const stopped = cluster.request({ path: '/', signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    silent.closeAllConnections();
    silent.close();
  });
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`;
}

/** A proxy that knows CONNECT. */
async function startProxy() {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, near) => {
    tunnels.push(url);
    const [host, port] = url.split(':');
    const far = connect(Number(port), host, () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
  });
  const url = await listen(server);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url, tunnels, close };
}

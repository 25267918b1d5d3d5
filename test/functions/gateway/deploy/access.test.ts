import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account, KubeClient } from '../../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../../cluster/suite.ts';
import { useGuarded } from '../../../support/guarded.ts';
import { readManifests, readText } from './manifests.ts';

const [server] = readManifests('rbac/server.yaml');

describeWithCluster('access.json as it is shipped, with the rights of kite-server and no others', () => {
  let client: KubeClient;
  let team = '';
  let member: Account;
  let stranger: Account;
  let directory = '';
  beforeAll(async () => {
    client = await sharedCluster();
    team = await client.namespace();
    member = await client.account(team);
    stranger = await client.account(team);
    await client.allow(member, team, [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]);
  });
  afterAll(async () => {
    await client.close();
    await rm(directory, { recursive: true, force: true });
  });

  const guarded = useGuarded({
    access: async () => {
      directory = await mkdtemp(join(tmpdir(), 'kite-access-'));
      const kube = await sharedCluster();
      const account = await kube.account(await kube.namespace());
      await kube.allow(account, undefined, server?.rules);
      const tokenFile = join(directory, 'token');
      const caFile = join(directory, 'ca.crt');
      await writeFile(tokenFile, account.address.token);
      await writeFile(caFile, kube.address.ca);
      await kube.close();
      const text = JSON.parse(readText('base/access.json'));
      Object.assign(text.clusters[0], { url: kube.address.url, tokenFile, caFile });
      return { text };
    },
  });

  test('whom the cluster lets into the namespace reads its issues, and nobody else does', async () => {
    const list = { query: { namespace: team } };
    expect((await guarded.as(member.address.token)('GET', '/issues', list)).status).toBe(200);
    expect((await guarded.as(stranger.address.token)('GET', '/issues', list)).status).toBe(403);
    expect((await guarded.as('no token of anybody')('GET', '/issues', list)).status).toBe(401);
    expect((await guarded.as(null)('GET', '/issues', list)).status).toBe(401);
  });
});

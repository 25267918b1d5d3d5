/** How a cluster is asked, over HTTP: where, by how many at once, and what is told of a bad answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod/mini';
import type { AccessControl, Caller } from '../../../functions/access/control.ts';
import { accessOf, bearing, identify } from './caller.ts';

const question = z.object({
  kind: z.string(),
  spec: z.object({
    token: z.optional(z.string()),
    user: z.optional(z.string()),
    resourceAttributes: z.optional(z.object({ namespace: z.optional(z.string()) })),
  }),
});

interface Api {
  readonly url: string;
  /** The paths, and the names of those on whose behalf it was asked. */
  readonly asked: { readonly path: string; readonly who: string }[];
  /** Questions of these wait until the server is closed. */
  readonly held: Set<string>;
  /** The text of every answer from now on. */
  text: string | null;
}

/** What answers as an API server where every token is the name of its user, who may do all in the namespace `team-NAME`. */
async function startApi(): Promise<Api> {
  const api = { url: '', asked: [] as Api['asked'], held: new Set<string>(), text: null as string | null };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) {
      parts.push(part);
    }
    const { spec } = question.parse(JSON.parse(Buffer.concat(parts).toString()));
    const who = spec.token ?? spec.user ?? '';
    api.asked.push({ path: request.url ?? '', who });
    if (api.held.has(who)) {
      return;
    }
    const allowed = spec.resourceAttributes?.namespace === `team-${who}`;
    const status = spec.token === undefined ? { allowed } : { authenticated: true, user: { username: who } };
    response.writeHead(201).end(api.text ?? JSON.stringify({ status }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  api.url = `http://127.0.0.1:${address.port}`;
  return api;
}

function open(api: Api, settings: object = {}, path = ''): AccessControl {
  const cluster = { name: 'alpha', url: `${api.url}${path}`, issuers: ['x'], tokenVariable: 'TOKEN' };
  return accessOf(
    { clusters: [cluster], compat: false, cache: { allowedSeconds: 60, deniedSeconds: 60 }, ...settings },
    { variables: { TOKEN: 'secret' } },
  );
}

const may = (access: AccessControl, caller: Caller, namespace: string, how = {}) =>
  access.may(caller, 'read', { cluster: 'alpha', namespace }, how);

describe('a cluster', () => {
  test.each(['', '/', '/k8s/clusters/c-1', '/k8s/clusters/c-1/'])(
    'is asked under its own path, not under that of another one: %j',
    async (path) => {
      const api = await startApi();
      const access = open(api, {}, path);
      expect(await may(access, await access.authenticate(bearing('ada')), 'team-ada')).toBe(true);
      const under = path.replace(/\/$/, '');
      expect(api.asked.map((one) => one.path)).toEqual([
        `${under}/apis/authentication.k8s.io/v1/tokenreviews`,
        `${under}/apis/authorization.k8s.io/v1/subjectaccessreviews`,
      ]);
    },
  );

  test('that is asked without end by one caller answers another one all the same', async () => {
    const api = await startApi();
    const access = open(api, { timeoutSeconds: 30 });
    const loud = await access.authenticate(bearing('loud'));
    api.held.add('loud');
    const many = Array.from({ length: 400 }, (_, number) => may(access, loud, `any-${number}`));
    const failed = Promise.allSettled(many);
    const quiet = await access.authenticate(bearing('quiet'));
    expect(await may(access, quiet, 'team-quiet')).toBe(true);
    expect(api.asked.filter(({ who }) => who === 'loud').length).toBeLessThanOrEqual(17);
    void failed;
  });

  test('whose answer is no JSON is not quoted: it may hold the token', async () => {
    const api = await startApi();
    api.text = 'hunter2hunter2';
    const found = await identify(open(api), bearing('hunter2hunter2'));
    expect(found).toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
});

describe('what a cluster said', () => {
  test('of a no is asked again where it must take as long as at first, and of a yes is not', async () => {
    const api = await startApi();
    const access = open(api);
    const ada = await access.authenticate(bearing('ada'));
    const cost = async (namespace: string, how: object): Promise<number> => {
      const before = api.asked.length;
      await may(access, ada, namespace, how);
      return api.asked.length - before;
    };
    const anew = { anew: true };
    expect([await cost('team-bob', anew), await cost('team-bob', anew)]).toEqual([1, 1]);
    expect([await cost('team-bob', {}), await cost('team-bob', anew)]).toEqual([0, 1]);
    expect([await cost('team-ada', anew), await cost('team-ada', anew)]).toEqual([1, 0]);
  });

  test('to one who asks for what it may not do drives out nobody’s yes', async () => {
    const api = await startApi();
    const access = open(api, { cache: { allowedSeconds: 60, deniedSeconds: 60, entries: 100 } });
    const ada = await access.authenticate(bearing('ada'));
    expect(await may(access, ada, 'team-ada')).toBe(true);
    const mallory = await access.authenticate(bearing('mallory'));
    await Promise.all(Array.from({ length: 150 }, (_, number) => may(access, mallory, `any-${number}`)));
    const before = api.asked.length;
    expect(await may(access, ada, 'team-ada')).toBe(true);
    expect(api.asked.length).toBe(before);
  });
});

import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { KiteError } from '../../../core/errors.ts';
import { readImpersonation } from '../../../functions/access/impersonation.ts';
import { credentialsOf } from '../../../functions/http/credentials.ts';
import { echo, echoed, gatewayOver } from '../../support/gateway.ts';

/** The credentials that arrive when these headers are sent over a real connection, in this order. */
async function sent(headers: readonly string[]) {
  const gateway = await gatewayOver({ 'health.get': echo });
  const body = await new Promise<string>((resolve, reject) => {
    const call = request(
      `${gateway.url}/api/v1/health`,
      { headers: ['host', 'kite', ...headers] },
      async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer as AsyncIterable<Buffer>) {
          parts.push(part);
        }
        resolve(Buffer.concat(parts).toString());
      },
    );
    call.once('error', reject);
    call.end();
  });
  return credentialsOf(echoed(JSON.parse(body)));
}

describe('the headers of a request', () => {
  test('that are repeated arrive value by value: a comma makes no two groups', async () => {
    const { impersonation } = await sent([
      ...['Impersonate-User', 'alice'],
      ...['Impersonate-Group', 'a,b'],
      ...['impersonate-group', 'c, d'],
      ...['IMPERSONATE-GROUP', 'e'],
      ...['Impersonate-Extra-Scopes', 'one'],
      ...['Impersonate-Extra-scopes', 'two,three'],
    ]);
    expect(Object.fromEntries(impersonation)).toEqual({
      'impersonate-user': ['alice'],
      'impersonate-group': ['a,b', 'c, d', 'e'],
      'impersonate-extra-scopes': ['one', 'two,three'],
    });
  });

  test('that hold UTF-8 arrive as it', async () => {
    const name = Buffer.from('žofie').toString('latin1');
    const { impersonation } = await sent(['Impersonate-User', name, 'Impersonate-Group', 'caf\u00e9']);
    expect([...impersonation.values()]).toEqual([['žofie'], ['caf\u00e9']]);
  });

  test('with two tokens are nobody’s', async () => {
    const refused = sent(['Authorization', 'Bearer a', 'Authorization', 'Bearer b']);
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('of an API Gateway that tells only the last value of each are taken as they are', () => {
    const event = {
      headers: { AUTHORIZATION: 'Bearer a', 'Impersonate-Group': 'a,b' },
      multiValueHeaders: null,
    };
    const read = credentialsOf({
      ...event,
      requestContext: { identity: { sourceIp: '192.0.2.7' } },
    } as never);
    expect(read).toEqual({
      authorization: 'Bearer a',
      impersonation: new Map([['impersonate-group', ['a,b']]]),
      sourceAddress: '192.0.2.7',
    });
  });
});

describe('impersonation', () => {
  const read = (headers: Record<string, string[]>) => readImpersonation(new Map(Object.entries(headers)));

  test('of nobody is none', () => {
    expect(read({})).toBeUndefined();
  });

  test('asks about every value by itself', () => {
    expect(
      read({
        'impersonate-user': ['alice'],
        'impersonate-uid': ['u-1'],
        'impersonate-group': ['a,b', 'c'],
        'impersonate-extra-scopes': ['one', 'two'],
        'impersonate-extra-acme.com%2fproject': ['p'],
      }),
    ).toEqual({
      user: {
        username: 'alice',
        uid: 'u-1',
        groups: ['a,b', 'c', 'system:authenticated'],
        extra: { scopes: ['one', 'two'], 'acme.com/project': ['p'] },
      },
      deeds: [
        { verb: 'impersonate', group: '', resource: 'users', name: 'alice' },
        { verb: 'impersonate', group: 'authentication.k8s.io', resource: 'uids', name: 'u-1' },
        { verb: 'impersonate', group: '', resource: 'groups', name: 'a,b' },
        { verb: 'impersonate', group: '', resource: 'groups', name: 'c' },
        ...['one', 'two'].map((name) => ({
          ...{ verb: 'impersonate', group: 'authentication.k8s.io', resource: 'userextras' },
          ...{ subresource: 'scopes', name },
        })),
        {
          ...{ verb: 'impersonate', group: 'authentication.k8s.io', resource: 'userextras' },
          ...{ subresource: 'acme.com/project', name: 'p' },
        },
      ],
    });
  });

  test.each([
    [
      ['system:serviceaccount:build:bot'],
      [],
      ['system:serviceaccounts', 'system:serviceaccounts:build', 'system:authenticated'],
    ],
    [['system:serviceaccount:build:bot'], ['own'], ['own', 'system:authenticated']],
    [['system:anonymous'], [], ['system:unauthenticated']],
    [['alice'], [], ['system:authenticated']],
    [['alice'], ['system:unauthenticated'], ['system:unauthenticated']],
  ])('%j with %j brings the groups %j', (user, group, expected) => {
    const found = read({ 'impersonate-user': user, ...(group.length > 0 && { 'impersonate-group': group }) });
    expect(found?.user.groups).toEqual(expected);
  });

  test('of a ServiceAccount asks about the account in its namespace', () => {
    const found = read({ 'impersonate-user': ['system:serviceaccount:build:bot'] });
    expect(found?.deeds).toEqual([
      { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace: 'build', name: 'bot' },
    ]);
  });

  test.each([
    ['groups of nobody', { 'impersonate-group': ['a'] }],
    ['an empty user', { 'impersonate-user': [''] }],
    ['an empty group', { 'impersonate-user': ['alice'], 'impersonate-group': [''] }],
    ['two users', { 'impersonate-user': ['alice', 'bob'] }],
    ['two uids', { 'impersonate-user': ['alice'], 'impersonate-uid': ['a', 'b'] }],
    ['what nobody knows', { 'impersonate-user': ['alice'], 'impersonate-role': ['root'] }],
    ['an extra without a name', { 'impersonate-user': ['alice'], 'impersonate-extra-': ['x'] }],
    [
      'hundreds of groups',
      { 'impersonate-user': ['alice'], 'impersonate-group': Array.from({ length: 200 }, String) },
    ],
    ['a group without end', { 'impersonate-user': ['alice'], 'impersonate-group': ['x'.repeat(5_000)] }],
  ])('of %s is malformed', (_, headers) => {
    expect(() => read(headers as unknown as Record<string, string[]>)).toThrow(KiteError);
  });
});

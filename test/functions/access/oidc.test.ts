import { createHmac } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccessControl } from '../../../functions/access/control.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';
import { accessOf, bearing, identify } from './caller.ts';

let issuer: TestIssuer;
let access: AccessControl;
/** Milliseconds since 1970, as Kite and the issuer have it. */
let now: number;

function open(more: object = {}): AccessControl {
  return accessOf(
    {
      issuers: [{ name: 'gitlab', issuer: issuer.url, audiences: ['kite'], actor: 'project_path', ...more }],
      rules: [
        {
          issuer: 'gitlab',
          match: { project_path: 'group/*', ref_protected: 'true' },
          clusters: ['alpha'],
          namespaces: ['team-*'],
          may: ['report', 'read'],
        },
      ],
      // Each question is asked: what is believed is the subject of other tests.
      cache: { allowedSeconds: 0, deniedSeconds: 0 },
      limits: { refusedBurst: 10_000 },
      timeoutSeconds: 0.5,
    },
    { clock: () => now, elapsed: () => now },
  );
}

beforeEach(async () => {
  now = Date.parse('2026-05-01T12:00:00Z');
  issuer = await startIssuer(() => now);
  access = open();
});
afterEach(() => issuer.close());

const claims = { project_path: 'group/project', ref_protected: 'true' };
const who = (token: string) => identify(access, bearing(token));
const seconds = () => now / 1000;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of a CI', () => {
  test('is let in with what the rules give its claims, and nothing more', async () => {
    const caller = await access.authenticate(bearing(await issuer.sign(claims)));
    expect(caller).toEqual({
      actor: 'gitlab:group/project',
      principal: 'gitlab:group/project',
      cluster: 'alpha',
      clusters: ['alpha'],
    });
    expect(Object.isFrozen(caller)).toBe(true);
    const may = (
      right: 'read' | 'report' | 'act' | 'admin',
      cluster: string | null,
      namespace: string | null,
    ) => access.may(caller, right, { cluster, namespace });
    expect(await may('report', 'alpha', 'team-a')).toBe(true);
    expect(await may('read', 'alpha', 'team-a')).toBe(true);
    expect(await may('act', 'alpha', 'team-a')).toBe(false);
    expect(await may('report', 'alpha', 'other')).toBe(false);
    expect(await may('report', 'beta', 'team-a')).toBe(false);
    expect(await may('read', 'alpha', null)).toBe(false);
    expect(await may('admin', 'alpha', null)).toBe(false);
  });

  test('whose claims satisfy no rule is known, and may do nothing anywhere', async () => {
    const caller = await access.authenticate(
      bearing(await issuer.sign({ ...claims, ref_protected: 'false' })),
    );
    expect(caller).toMatchObject({ actor: 'gitlab:group/project', clusters: [] });
    expect(await access.may(caller, 'read', { cluster: 'alpha', namespace: 'team-a' })).toBe(false);
  });

  test('is checked by the keys that its issuer’s own document names, where none are configured', async () => {
    expect(await who(await issuer.sign(claims))).toMatchObject({ actor: 'gitlab:group/project' });
    access = open({ jwks: `${issuer.url}/keys` });
    expect(await who(await issuer.sign(claims))).toMatchObject({ actor: 'gitlab:group/project' });
  });

  test.each([
    ['another audience', { aud: 'somebody-else' }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['no claim to call it by', { project_path: undefined }],
    ['a claim to call it by that is no text', { project_path: ['group/project'] }],
    ['an end that is no number', { exp: 'tomorrow' as never }],
  ])('with %s is refused', async (_, changed) => {
    expect(await who(await issuer.sign({ ...claims, ...changed } as JWTPayload))).toMatchObject({
      code: 'unauthenticated',
    });
  });

  test.each([
    ['ended 59 s ago', { exp: -59 }, true],
    ['ended 61 s ago', { exp: -61 }, false],
    ['begins in 59 s', { nbf: 59 }, true],
    ['begins in 61 s', { nbf: 61 }, false],
  ])('that %s: clocks may differ by a minute', async (_, times, isLetIn) => {
    const moved = Object.fromEntries(Object.entries(times).map(([name, by]) => [name, seconds() + by]));
    const found = await who(await issuer.sign({ ...claims, ...moved }));
    expect('actor' in found).toBe(isLetIn);
  });

  test('without a signature is refused', async () => {
    const payload = part({ ...claims, iss: issuer.url, aud: 'kite', exp: seconds() + 300 });
    for (const alg of ['none', 'None', 'NONE', '']) {
      expect(await who(`${part({ alg })}.${payload}.`)).toMatchObject({ code: 'unauthenticated' });
    }
    const [header, , signature] = (await issuer.sign(claims)).split('.');
    expect(await who(`${part({ alg: 'none' })}.${payload}.${signature}`)).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await who(`${header}.${payload}.${signature}`)).toMatchObject({ code: 'unauthenticated' });
  });

  test('that takes the public key for a shared secret is refused', async () => {
    const content = `${part({ alg: 'HS256', kid: 'first' })}.${part({ ...claims, iss: issuer.url, aud: 'kite', exp: seconds() + 300 })}`;
    const pem = await issuer.publicKey('first');
    for (const secret of [pem, pem.trim(), pem.replaceAll(/-----[^-]+-----|\s/g, '')]) {
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      expect(await who(`${content}.${signature}`)).toMatchObject({ code: 'unauthenticated' });
    }
  });

  test('of a key that is not published is refused, whatever it calls the key', async () => {
    expect(await who(await issuer.sign(claims, 'second'))).toMatchObject({ code: 'unauthenticated' });
    expect(await who(await issuer.sign(claims, 'second', 'first'))).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await who(await issuer.sign(claims, 'second', null))).toMatchObject({ code: 'unauthenticated' });
  });

  test('of a key that was published since is let in, and of one that was withdrawn it is not', async () => {
    expect(await who(await issuer.sign(claims))).toMatchObject({ actor: 'gitlab:group/project' });
    issuer.publish(['second']);
    expect(await who(await issuer.sign(claims, 'second'))).toMatchObject({ actor: 'gitlab:group/project' });
    expect(await who(await issuer.sign(claims, 'first'))).toMatchObject({ code: 'unauthenticated' });
  });

  test('costs no look at the keys once they are known', async () => {
    for (let time = 0; time < 5; time += 1) {
      await who(await issuer.sign({ ...claims, jti: String(time) }));
    }
    expect(issuer.fetched()).toBe(1);
  });

  test.each([
    ['answer 500', 500],
    ['are moved elsewhere', 302],
    ['hang', 'silence'],
  ] as const)(
    'cannot be judged while the keys %s: that is 503, and over when they are back',
    async (_, state) => {
      const token = await issuer.sign(claims);
      issuer.publish(state);
      expect(await who(token)).toMatchObject({ code: 'unavailable' });
      issuer.publish(['first']);
      expect(await who(token)).toMatchObject({ actor: 'gitlab:group/project' });
    },
  );

  test('of an issuer that is not listed is nobody’s, and nobody is asked', async () => {
    const other = await startIssuer(() => now);
    expect(await who(await other.sign(claims))).toMatchObject({
      code: 'unauthenticated',
      reason: 'nobody here knows the issuer of the token',
    });
    expect([issuer.fetched(), other.fetched()]).toEqual([0, 0]);
    await other.close();
  });

  test('is refused with the issuer’s name and another one’s key', async () => {
    const other = await startIssuer(() => now);
    expect(await who(await other.sign({ ...claims, iss: issuer.url }))).toMatchObject({
      code: 'unauthenticated',
    });
    await other.close();
  });

  test('that is huge is refused before anybody looks at it', async () => {
    expect(await who(await issuer.sign({ ...claims, more: 'x'.repeat(20_000) }))).toEqual({
      code: 'unauthenticated',
      reason: 'the token is longer than 16384 characters',
    });
    expect(issuer.fetched()).toBe(0);
  });

  test('may not impersonate', async () => {
    const impersonation = new Map([['impersonate-user', ['alice']]]);
    const found = await identify(access, bearing(await issuer.sign(claims), { impersonation }));
    expect(found).toMatchObject({ code: 'forbidden' });
  });

  test('is never told in the reason of a refusal', async () => {
    const token = await issuer.sign({ ...claims, aud: 'somebody-else' });
    const found = await who(token);
    expect(JSON.stringify(found)).not.toContain(token.split('.')[2]);
  });
});

describe('what is no Bearer token', () => {
  test.each([
    ['nothing', null],
    ['an empty header', ''],
    ['no token', 'Bearer'],
    ['another scheme', 'Basic a2l0ZTpraXRl'],
    ['two tokens', 'Bearer a b'],
    ['a letter that no token has', 'Bearer tøken'],
    ['an opaque token, where no cluster is', 'Bearer abc'],
    ['a JWT that is none', 'Bearer a.b.c'],
    ['a JWT without issuer', `Bearer ${part({})}.${part({})}.x`],
    ['a JWT whose issuer is no text', `Bearer ${part({})}.${part({ iss: ['a'] })}.x`],
    ['a JWT whose claims are none', `Bearer ${part({})}.${Buffer.from('null').toString('base64url')}.x`],
  ])('is refused: %s', async (_, authorization) => {
    expect(await identify(access, { ...bearing(null), authorization })).toMatchObject({
      code: 'unauthenticated',
    });
  });
});

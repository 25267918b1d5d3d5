import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { bearing, identify } from '../../functions/access/caller.ts';
import { describeWithCluster } from '../suite.ts';
import { until } from '../until.ts';
import { pods, useAsked } from './asked.ts';
import { tokenFor } from './roles.ts';

describeWithCluster('Who a cluster says a caller is', () => {
  const asked = useAsked();

  describe('a token', () => {
    test('of a ServiceAccount is that account, with the rights it has where it has them', async () => {
      const account = await asked.server.client.account(asked.namespace);
      const access = asked.open();
      const caller = await access.authenticate(bearing(account.address.token));
      expect(caller).toEqual({
        actor: account.user,
        principal: `alpha/${account.user}`,
        cluster: 'alpha',
        clusters: ['alpha'],
      });
      expect(await asked.rightsOf(access, caller)).toEqual([]);
      const take = await asked.server.client.allow(account, asked.namespace, [pods]);
      expect(await asked.rightsOf(access, caller)).toEqual(['read']);
      expect(await asked.may(access, caller, 'read', 'another')).toBe(false);
      expect(await asked.may(access, caller, 'read', null)).toBe(false);
      expect(await access.may(caller, 'read', { cluster: 'beta', namespace: asked.namespace })).toBe(false);
      expect(await access.may(caller, 'read', { cluster: null, namespace: asked.namespace })).toBe(false);
      await take();
      expect(await asked.rightsOf(access, caller)).toEqual([]);
    });

    test('that is opaque is asked of the default cluster', async () => {
      const access = asked.open();
      const caller = await access.authenticate(bearing(asked.server.address.token));
      expect(caller.actor).toBe('admin');
      expect(await asked.rightsOf(access, caller, null)).toEqual(['read', 'report', 'act', 'admin']);
    });

    test('is of the audience that is asked for, or nobody’s', async () => {
      const account = await asked.server.client.account(asked.namespace);
      const forKite = await tokenFor(asked.server.client, account, ['kite']);
      const forOther = await tokenFor(asked.server.client, account, ['other']);
      const access = asked.open({}, { audiences: ['kite', 'kite-too'] });
      expect(await identify(access, bearing(forKite))).toMatchObject({ actor: account.user });
      for (const token of [forOther, account.address.token]) {
        expect(await identify(access, bearing(token))).toMatchObject({ code: 'unauthenticated' });
      }
      expect(await identify(asked.open(), bearing(forKite))).toMatchObject({ code: 'unauthenticated' });
      expect(await identify(asked.open(), bearing(account.address.token))).toMatchObject({
        actor: account.user,
      });
    });

    test('that has ended is nobody’s, and so is one with a foreign or a changed signature', async () => {
      const account = await asked.server.client.account(asked.namespace);
      const real = account.address.token;
      const claims = decodeJwt(real);
      const { kid } = decodeProtectedHeader(real);
      const key = createPrivateKey(await readFile(join(asked.server.directory, 'sa.key'), 'utf8'));
      const signed = (exp: number) =>
        new SignJWT({ ...claims, exp })
          .setProtectedHeader({ alg: 'RS256', ...(kid !== undefined && { kid }) })
          .sign(key);
      const seconds = Math.floor(Date.now() / 1000);
      expect(await identify(asked.open(), bearing(await signed(seconds + 600)))).toMatchObject({
        actor: account.user,
      });
      const [header, payload] = real.split('.');
      for (const token of [
        await signed(seconds - 3_600),
        `${header}.${payload}.${randomBytes(256).toString('base64url')}`,
      ]) {
        const found = await identify(asked.open(), bearing(token));
        expect(found).toMatchObject({ code: 'unauthenticated' });
        expect(JSON.stringify(found)).not.toContain(token);
      }
    });

    test('of an account that was deleted is nobody’s soon after', async () => {
      const account = await asked.server.client.account(asked.namespace);
      const access = asked.open();
      expect(await identify(access, bearing(account.address.token))).toMatchObject({ actor: account.user });
      await asked.server.client.must(
        'DELETE',
        `/api/v1/namespaces/${asked.namespace}/serviceaccounts/${account.name}`,
      );
      await until('its token is refused', async () => {
        const found = await identify(access, bearing(account.address.token));
        return 'code' in found && found.code === 'unauthenticated';
      });
    });
  });
});

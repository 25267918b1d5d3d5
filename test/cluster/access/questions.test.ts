import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accessOf, bearing, identify } from '../../functions/access/caller.ts';
import { directory } from '../directory.ts';
import { describeWithCluster } from '../suite.ts';
import { until } from '../until.ts';
import { iss, pods, useAsked } from './asked.ts';
import { startFront } from './front.ts';

describeWithCluster('What Kite asks a cluster', () => {
  const asked = useAsked();

  describe('a question', () => {
    test.each([
      ['is answered with 500', 500, '{}'],
      ['is refused', 403, '{}'],
      ['is put off', 429, '{}'],
      ['is answered with no JSON', 201, 'allowed: true'],
      ['is answered without a status', 201, '{"allowed":true}'],
      [
        'is answered with something that is not yes or no',
        201,
        '{"status":{"allowed":"yes","authenticated":"yes"}}',
      ],
      ['is answered without end', 201, `{"status":{"allowed":true},"more":"${'x'.repeat(2_000_000)}"}`],
    ])('that %s is not a yes: that is 503', async (_, status, text) => {
      const access = asked.open();
      const caller = await access.authenticate(bearing(asked.server.address.token));
      asked.front.spoil({ resource: 'subjectaccessreviews', status, text });
      await expect(asked.may(access, caller, 'read')).rejects.toMatchObject({ code: 'unavailable' });
      asked.front.spoil({ resource: 'tokenreviews', status, text });
      expect(await identify(access, bearing(asked.server.address.token))).toMatchObject({
        code: 'unavailable',
      });
      asked.front.spoil(null);
      expect(await asked.may(access, caller, 'read')).toBe(true);
    });

    test('that is answered with yes and no at once is a no', async () => {
      const access = asked.open();
      const caller = await access.authenticate(bearing(asked.server.address.token));
      asked.front.spoil({
        resource: 'subjectaccessreviews',
        status: 201,
        text: '{"status":{"allowed":true,"denied":true}}',
      });
      expect(await asked.may(access, caller, 'read')).toBe(false);
      asked.front.spoil(null);
    });

    test('costs two round trips at first, and none while the answers are believed', async () => {
      const account = await asked.server.client.account(asked.namespace);
      await asked.server.client.allow(account, asked.namespace, [pods]);
      const access = asked.open({ compat: true, cache: { allowedSeconds: 60, deniedSeconds: 60 } });
      const ask = async () => {
        const caller = await access.authenticate(bearing(account.address.token));
        return asked.may(access, caller, 'report');
      };
      const before = asked.front.asked.length;
      asked.front.hold();
      const answers = Promise.all([ask(), ask(), ask()]);
      await until('the first round trip', () => asked.front.waiting() === 1);
      asked.front.release();
      await until('the second round trip', () => asked.front.waiting() === 2);
      asked.front.release();
      asked.front.flow();
      expect(await answers).toEqual([true, true, true]);
      expect(asked.front.asked.slice(before)).toEqual([
        'tokenreviews',
        'subjectaccessreviews',
        'subjectaccessreviews',
      ]);
      expect(await ask()).toBe(true);
      expect(asked.front.asked.slice(before)).toHaveLength(3);
    });

    test('is asked with a token whose file is read again when it was replaced', async () => {
      const file = join(await directory('token'), 'token');
      await writeFile(file, 'old');
      const access = asked.open({}, { tokenVariable: undefined, tokenFile: file });
      expect(await identify(access, bearing(asked.server.address.token))).toMatchObject({
        code: 'unavailable',
      });
      await writeFile(file, `${asked.kite.address.token}\n`);
      expect(await identify(access, bearing(asked.server.address.token))).toMatchObject({ actor: 'admin' });
      await rm(file);
    });

    test('to an API server that hangs is 503 in time, and nobody else’s trouble', async () => {
      const other = await startFront(asked.server.address);
      other.hold();
      const { address } = await asked.server.client.account(asked.namespace);
      const access = accessOf(
        {
          clusters: [
            { name: 'alpha', url: other.url, issuers: [iss], tokenVariable: 'TOKEN' },
            {
              name: 'beta',
              url: asked.front.url,
              issuers: ['https://beta'],
              tokenVariable: 'TOKEN',
              default: true,
            },
          ],
          timeoutSeconds: 0.3,
        },
        { variables: { TOKEN: asked.kite.address.token } },
      );
      const many = Array.from({ length: 300 }, (_, index) =>
        identify(access, bearing(`${address.token}${index}`)),
      );
      const beta = await identify(access, bearing(asked.server.address.token));
      expect(beta).toMatchObject({ actor: 'admin', cluster: 'beta' });
      const codes = new Set(
        (await Promise.all(many)).map((found) => ('code' in found ? found.code : 'let in')),
      );
      expect([...codes]).toEqual(['unavailable']);
      await other.close();
    });

    test('to an API server that is halted is 503 until it goes on', async () => {
      const access = asked.open({ timeoutSeconds: 0.5 });
      const caller = await access.authenticate(bearing(asked.server.address.token));
      asked.server.freeze('kube-apiserver');
      const answers = await Promise.allSettled([
        asked.may(access, caller, 'read'),
        access.authenticate(bearing(asked.server.address.token)),
      ]).finally(() => asked.server.thaw('kube-apiserver'));
      expect(answers).toMatchObject([
        { status: 'rejected', reason: { code: 'unavailable' } },
        { status: 'rejected', reason: { code: 'unavailable' } },
      ]);
      await until(
        'it answers again',
        async () => 'actor' in (await identify(access, bearing(asked.server.address.token))),
      );
      expect(await asked.may(access, caller, 'read')).toBe(true);
    });
  });
});

import { randomBytes } from 'node:crypto';
import { formatKey, keyDigest, keySecretBytes } from '../../core/access/key.ts';
import { create as operation } from '../../core/contract/operations/keys.ts';
import { KiteError } from '../../core/errors.ts';
import { createKey } from '../../db/keys/create.ts';
import { permitAdmin } from '../http/access/lists.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';

/** Characters of a key's id: hex digits of chance. */
const idLength = 12;

export const create = defineHandler(operation, async (request, runtime) => {
  const { name, namespaces, may, expiresAt } = request.body;
  const { caller, received } = request;
  const clusters = request.body.clusters ?? [caller.cluster ?? runtime.config.cluster];
  await permitAdmin(runtime, request, clusters.includes('*') ? null : clusters);
  if (expiresAt != null && expiresAt <= received) {
    throw new KiteError('invalid_request', {
      problems: [{ path: 'body.expiresAt', message: 'is over already; name a time to come' }],
    });
  }
  const id = runtime.newId().replaceAll('-', '').slice(0, idLength);
  const { text, secret } = formatKey(id, randomBytes(keySecretBytes));
  const key = await createKey(runtime.database.sql, {
    id,
    name,
    digest: keyDigest(secret),
    clusters: [...new Set(clusters)],
    namespaces: [...new Set(namespaces)],
    may: [...new Set(may)],
    expiresAt: expiresAt ?? null,
    now: received,
    actor: caller.actor,
    requestId: request.requestId,
  });
  return answer(201, { ...key, key: text });
});
export const handler = lambda(create);

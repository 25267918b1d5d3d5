import { randomBytes, randomUUID } from 'node:crypto';
import { formatKey, keyDigest, keySecretBytes } from '../../core/access/key.ts';
import { createKeyBody } from '../../core/contract/keys.ts';
import { createKey } from '../../db/keys/create.ts';
import { connectTo } from '../aws/database.ts';
import { readConfig } from '../config.ts';
import { toProblems } from '../http/problems.ts';
import { sentenceOf } from '../sentence.ts';

/** Characters of a key's id: hex digits of chance. */
const idLength = 12;

/**
 * Makes an API key for whoever may invoke this function: so the first one is made where nobody reaches the database
 * itself. It asks for nothing else, as `npm run ops -- keys create` does not; the audit names the function.
 *
 * @param event as the body of `POST /api/v1/keys`; without `clusters` it reaches KITE_CLUSTER
 * @returns the key, which is shown this once
 * @throws Error whose message says what is wrong with the event, or why there is no key
 */
export async function handler(event: unknown): Promise<{ readonly id: string; readonly key: string }> {
  const parsed = createKeyBody.safeParse(event, { reportInput: true });
  if (!parsed.success) {
    const problems = toProblems('event', parsed.error.issues);
    throw new Error(
      `There is no key. ${problems.map(({ path, message }) => `${path} ${message}.`).join(' ')}`,
    );
  }
  try {
    return await make(parsed.data);
  } catch (error) {
    // A cause would be logged with the statement that it is of, and the statement's parameters.
    throw new Error(`There is no key. ${sentenceOf(error)}`);
  }
}

async function make({ name, namespaces, may, clusters, expiresAt }: ReturnType<typeof createKeyBody.parse>) {
  const config = readConfig(process.env);
  if (config.databaseUrl === undefined) {
    throw new Error('DATABASE_URL is not set');
  }
  const id = randomUUID().replaceAll('-', '').slice(0, idLength);
  const { text, secret } = formatKey(id, randomBytes(keySecretBytes));
  const database = connectTo(config, config.databaseUrl, { connections: 1, timeout: config.databaseTimeout });
  try {
    await createKey(database.sql, {
      id,
      name,
      digest: keyDigest(secret),
      clusters: [...new Set(clusters ?? [config.cluster])],
      namespaces: [...new Set(namespaces)],
      may: [...new Set(may)],
      expiresAt: expiresAt ?? null,
      now: Date.now(),
      actor: `ops (${process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'function'})`,
      requestId: null,
    });
    return { id, key: text };
  } finally {
    await database.close();
  }
}

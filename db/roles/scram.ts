import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** As many as Postgres itself takes. */
const iterations = 4096;
const saltBytes = 16;

/**
 * What Postgres keeps of a password (RFC 5803): it can check a login by it, and nobody can log in with it. In a statement
 * it stands for the password, which then is in no log of statements.
 *
 * @param password of letters, digits and signs of ASCII: others would have to be normalised first
 */
export function scramSecret(password: string, salt: Buffer = randomBytes(saltBytes)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (words: string) => createHmac('sha256', salted).update(words).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}

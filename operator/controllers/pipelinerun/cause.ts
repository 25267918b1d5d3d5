/** Who can mend it. */
export type Cause = 'user' | 'platform' | 'unknown';

const quota = /exceeded quota|quota exceeded|resource ?quota/i;

/** Messages that tell of something that no tenant can mend; they are looked for first. */
const platform =
  /time(d )?[ -]?out|deadline exceeded|connection (refused|reset)|too ?many ?requests|internal (server )?error|service unavailable|bad gateway|gateway time-?out|unexpected EOF|failed calling webhook|etcd|no space left|low on resource|leader changed|\b(429|50[0-4])\b/i;

const user =
  /not found|does ?n[o']t exist|could ?n[o']t find|no such (task|pipeline|image|file|key)|(manifest|name) unknown|unauthorized|authentication required|forbidden|denied|invalid|bad reference|not allowed|missing|exceed(s|ed) (the|its|local)|exceeded its/i;

export function isQuota(message: string): boolean {
  return quota.test(message);
}

/** Who can mend what a message tells of, where the reason alone does not say it. A quota is the platform's to raise. */
export function causeOf(message: string): Cause {
  if (quota.test(message) || platform.test(message)) {
    return 'platform';
  }
  return user.test(message) ? 'user' : 'unknown';
}

const userError = '[User error] ';

/** A message and whether Tekton itself calls it the user's error, which it does by how the message begins. */
export function withoutMark(message: string): { readonly message: string; readonly isUsers: boolean } {
  const isUsers = message.startsWith(userError);
  return { message: isUsers ? message.slice(userError.length) : message, isUsers };
}

/** What a reader is told of who can mend it. */
export const causeSentences: Readonly<Record<Cause, string>> = {
  user: 'Whoever owns the pipeline and the code it runs on can mend this.',
  platform: 'The people who run the platform can mend this.',
  unknown: 'Who can mend this does not show here; the log says more.',
};

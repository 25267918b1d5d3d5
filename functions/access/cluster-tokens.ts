import * as z from 'zod/mini';
import { userActor } from '../../core/access/actor.ts';
import type { ClusterConfig } from './config.ts';
import type { Caller } from './control.ts';
import { type Identity, type Known, type KubeUser, userIdentity, type Verdict } from './identity.ts';
import type { Kube } from './kube.ts';
import { unanswered } from './refusal.ts';

const path = '/apis/authentication.k8s.io/v1/tokenreviews';

const texts = z.nullish(z.array(z.string()));
const review = z.object({
  status: z.object({
    authenticated: z.optional(z.boolean()),
    audiences: texts,
    error: z.optional(z.string()),
    user: z.optional(
      z.object({
        username: z.optional(z.string()),
        uid: z.optional(z.string()),
        groups: texts,
        extra: z.nullish(z.record(z.string(), z.array(z.string()))),
      }),
    ),
  }),
});

/**
 * Asks a cluster whose token this is, for one of the audiences.
 *
 * @param asker where the token came from
 * @param ends when the token itself says that it ends, in milliseconds since 1970
 * @throws KiteError `unavailable`
 */
export async function reviewToken(
  kube: Kube,
  { name, audiences }: Pick<ClusterConfig, 'name' | 'audiences'>,
  token: string,
  asker: string,
  ends: number | null,
): Promise<Verdict> {
  const answer = review.safeParse(
    await kube.ask(
      path,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, ...(audiences.length > 0 && { audiences }) },
      },
      asker,
    ),
  );
  if (!answer.success) {
    throw unanswered(
      'The cluster of this token',
      new Error(`cluster ${name} answered ${path} with no status`, { cause: answer.error }),
    );
  }
  const { status } = answer.data;
  const username = status.user?.username ?? '';
  if (status.authenticated !== true || username === '') {
    const why = status.error?.replaceAll(token, '(the token)').slice(0, 300) ?? 'no reason given';
    return { refused: `cluster ${name} does not know the token: ${why}` };
  }
  // An authenticator that knows nothing of audiences names none, and then the token is not known to be for us.
  if (audiences.length > 0 && !audiences.some((audience) => status.audiences?.includes(audience) === true)) {
    return { refused: `the token is valid in cluster ${name}, but for another audience` };
  }
  const { uid = '', groups, extra } = status.user ?? {};
  return { known: knownUser(name, { username, uid, groups: groups ?? [], extra: extra ?? {} }, null), ends };
}

/** @param via the user that asks on this user's behalf; null when the user asks itself */
export function knownUser(cluster: string, user: KubeUser, via: string | null): Known {
  const caller: Caller = Object.freeze({
    actor: userActor(user.username, via),
    principal: `${cluster}/${user.username}`,
    cluster,
    clusters: Object.freeze([cluster]),
  });
  const identity: Identity = userIdentity(cluster, user);
  return { caller, identity };
}

import * as z from 'zod/mini';
import { covers } from '../../core/access/grant.ts';
import type { Place, Right } from '../../core/access/right.ts';
import { Answers } from './answers.ts';
import type { AccessConfig, Attributes } from './config.ts';
import type { Identity, KubeUser } from './identity.ts';
import type { Kube } from './kube.ts';
import { unanswered } from './refusal.ts';

const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

const review = z.object({
  status: z.object({ allowed: z.boolean(), denied: z.optional(z.boolean()) }),
});

/** One thing that a user would do to one object or a kind of objects. */
export interface Deed extends Attributes {
  /** Absent: cluster-wide. */
  readonly namespace?: string;
  readonly name?: string;
}

type User = Extract<Identity, { kind: 'user' }>;

/** Asks clusters what their users may do, and believes the answers for seconds. */
export class Authorizer {
  readonly #config: Pick<AccessConfig, 'ask' | 'cache'>;
  readonly #clusters: ReadonlyMap<string, Kube>;
  readonly #clock: () => number;
  /** Apart, so that a caller who asks for what it may not do drives out nobody's yes. */
  readonly #yes: Answers<boolean>;
  readonly #no: Answers<boolean>;

  constructor(
    config: Pick<AccessConfig, 'ask' | 'cache'>,
    clusters: ReadonlyMap<string, Kube>,
    clock: () => number,
  ) {
    this.#config = config;
    this.#clusters = clusters;
    this.#clock = clock;
    this.#yes = new Answers(config.cache.entries, clock);
    this.#no = new Answers(config.cache.entries, clock);
  }

  /**
   * `admin` is of whole clusters, whatever namespace is named: a role in a namespace holds every verb there.
   *
   * @param anew asks again where a no is believed, so that a no takes as long whatever was asked before
   * @throws KiteError `unavailable`
   */
  async may(identity: Identity, right: Right, place: Place, anew = false): Promise<boolean> {
    const namespace = right === 'admin' ? null : place.namespace;
    if (identity.kind === 'grants') {
      return covers(identity.grants, right, { cluster: place.cluster, namespace });
    }
    if (place.cluster !== identity.cluster || namespace === '') {
      return false;
    }
    const key = `${identity.digest} right ${right} ${namespace === null ? 'everywhere' : `in ${namespace}`}`;
    if (anew) {
      this.#no.forget(key);
    }
    return this.#answer(key, () =>
      any(
        this.#config.ask[right].map((attributes) =>
          this.#ask(identity, namespace === null ? attributes : { ...attributes, namespace }),
        ),
      ),
    );
  }

  /** Whether a user may do one thing. @throws KiteError `unavailable` */
  async mayDo(identity: User, deed: Deed): Promise<boolean> {
    const key = `${identity.digest} deed ${JSON.stringify([deed.verb, deed.group, deed.resource, deed.subresource, deed.namespace, deed.name])}`;
    return this.#answer(key, () => this.#ask(identity, deed));
  }

  async #answer(key: string, question: () => Promise<boolean>): Promise<boolean> {
    const { allowed, denied } = this.#config.cache;
    return this.#yes.ask(key, async () => {
      if (this.#no.has(key)) {
        return { value: false, keep: 0 };
      }
      const begun = this.#clock();
      const value = await question();
      if (!value) {
        this.#no.keep(key, { value, keep: denied - (this.#clock() - begun) });
      }
      return { value, keep: value ? allowed : 0 };
    });
  }

  /** An answer that says both is a no. */
  async #ask({ cluster, user, digest }: User, deed: Deed): Promise<boolean> {
    const kube = this.#clusters.get(cluster);
    if (kube === undefined) {
      return false;
    }
    const answer = review.safeParse(
      await kube.ask(
        path,
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { ...subject(user), resourceAttributes: deed },
        },
        digest,
      ),
    );
    if (!answer.success) {
      throw unanswered(
        'The cluster of this token',
        new Error(`cluster ${cluster} answered ${path} with no status`, { cause: answer.error }),
      );
    }
    const { allowed, denied } = answer.data.status;
    return allowed && denied !== true;
  }
}

function subject({ username, uid, groups, extra }: KubeUser) {
  return { user: username, uid, groups, extra };
}

/** Whether one says yes. A failure counts only when none does: a question that was not answered is never a yes. */
async function any(questions: readonly Promise<boolean>[]): Promise<boolean> {
  const answers = await Promise.allSettled(questions);
  if (answers.some((answer) => answer.status === 'fulfilled' && answer.value)) {
    return true;
  }
  for (const answer of answers) {
    if (answer.status === 'rejected') {
      throw answer.reason;
    }
  }
  return false;
}

import { KiteError, type Problem } from '../../core/errors.ts';
import type { Deed } from './authorize.ts';
import type { KubeUser } from './identity.ts';

/** Values of all headers together: each is a question to the cluster. */
const mostValues = 128;
const mostCharacters = 1024;

const extraPrefix = 'impersonate-extra-';
const authenticated = 'system:authenticated';
const unauthenticated = 'system:unauthenticated';

/** Whom a caller would speak for, and what it must be allowed for that. */
export interface Impersonation {
  readonly user: KubeUser;
  /** One for each value that was sent. */
  readonly deeds: readonly Deed[];
}

/**
 * Reads the headers as an API server does, with two differences that only refuse more: a user that is empty is a
 * mistake here and not the caller itself, and so is a header that nobody knows.
 *
 * @returns undefined when nobody is impersonated
 * @throws KiteError `invalid_request`
 */
export function readImpersonation(
  headers: ReadonlyMap<string, readonly string[]>,
): Impersonation | undefined {
  if (headers.size === 0) {
    return undefined;
  }
  const problems: Problem[] = [];
  const refuse = (name: string, message: string): void =>
    void problems.push({ path: `headers.${name}`, message });
  const single = (name: string): string => {
    const values = headers.get(name) ?? [];
    if (values.length > 1) {
      refuse(name, 'is given more than once; give it once');
    }
    return values[0] ?? '';
  };
  const username = single('impersonate-user');
  const uid = single('impersonate-uid');
  const groups = headers.get('impersonate-group') ?? [];
  const extra = new Map<string, readonly string[]>();
  for (const [name, values] of headers) {
    if (name.startsWith(extraPrefix) && name.length > extraPrefix.length) {
      const key = unescapeKey(name.slice(extraPrefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...values]);
    } else if (!known.has(name)) {
      refuse(name, 'is none that is known here');
    }
    if (values.some((value) => value === '' || value.length > mostCharacters || value.includes('\0'))) {
      refuse(name, `is empty, longer than ${mostCharacters} characters, or no plain text`);
    }
  }
  if (username === '') {
    refuse('impersonate-user', 'is missing; the others say nothing without it');
  }
  if ([...headers.values()].flat().length > mostValues) {
    refuse('impersonate-group', `there are more than ${mostValues} values in all headers together`);
  }
  if (problems.length > 0) {
    throw new KiteError('invalid_request', { problems });
  }
  return {
    user: {
      username,
      uid,
      groups: completed(username, groups),
      extra: Object.fromEntries(extra),
    },
    deeds: [
      userDeed(username),
      ...(uid === '' ? [] : [{ ...inAuthentication, resource: 'uids', name: uid }]),
      ...groups.map((name) => ({ ...inCore, resource: 'groups', name })),
      ...[...extra].flatMap(([subresource, values]) =>
        values.map((name) => ({ ...inAuthentication, resource: 'userextras', subresource, name })),
      ),
    ],
  };
}

const known = new Set(['impersonate-user', 'impersonate-uid', 'impersonate-group']);
const inCore = { verb: 'impersonate', group: '' };
const inAuthentication = { verb: 'impersonate', group: 'authentication.k8s.io' };

/** A key may hold what no header's name may, percent-encoded. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function account(username: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function userDeed(username: string): Deed {
  const { namespace, name } = account(username) ?? {};
  return namespace === undefined || name === undefined
    ? { ...inCore, resource: 'users', name: username }
    : { ...inCore, resource: 'serviceaccounts', namespace, name };
}

/** The groups that everybody of a kind is in come along, as in an API server. */
function completed(username: string, groups: readonly string[]): readonly string[] {
  const { namespace } = account(username) ?? {};
  const own =
    groups.length === 0 && namespace !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : groups;
  if (own.includes(authenticated) || own.includes(unauthenticated)) {
    return own;
  }
  return [...own, username === 'system:anonymous' ? unauthenticated : authenticated];
}

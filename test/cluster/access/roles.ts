import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { type Account, KubeClient } from '../client.ts';
import { until } from '../until.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const shipped = ['roles.yaml', 'server.yaml'];

/** The roles that are shipped, as objects. */
export async function shippedRoles(): Promise<
  readonly { readonly metadata: { name: string; labels: object } }[]
> {
  const files = await Promise.all(
    shipped.map((name) =>
      readFile(new URL(`../../../functions/gateway/deploy/rbac/${name}`, import.meta.url), 'utf8'),
    ),
  );
  return files.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
}

/** Installs the roles that are shipped. */
export async function installRoles(client: KubeClient): Promise<void> {
  for (const role of await shippedRoles()) {
    await client.must('POST', `${RBAC}/clusterroles`, role);
  }
}

let bindings = 0;

/**
 * Gives a ClusterRole to somebody in a namespace, or everywhere.
 *
 * @param kind whether it is a user or a group
 */
export async function bind(
  client: KubeClient,
  role: string,
  name: string,
  namespace?: string,
  kind: 'User' | 'Group' = 'User',
): Promise<void> {
  bindings += 1;
  const [place, binding] =
    namespace === undefined
      ? [`${RBAC}/clusterrolebindings`, 'ClusterRoleBinding']
      : [`${RBAC}/namespaces/${namespace}/rolebindings`, 'RoleBinding'];
  await client.must('POST', place, {
    kind: binding,
    metadata: { name: `binding-${bindings}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind, name }],
  });
}

/** A token of an account for these audiences. */
export async function tokenFor(
  client: KubeClient,
  { namespace, name }: Account,
  audiences: readonly string[],
): Promise<string> {
  const { status } = await client.must(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    {
      spec: { audiences, expirationSeconds: 3_600 },
    },
  );
  return String(status.token);
}

/** Waits until the API server knows of it. */
export async function untilMayAsk({ address }: Account): Promise<void> {
  const client = new KubeClient(address);
  const ask = (path: string, spec: object) => client.call('POST', path, { spec });
  await until('the account may ask about others', async () => {
    const answers = await Promise.all([
      ask('/apis/authentication.k8s.io/v1/tokenreviews', { token: 'x' }),
      ask('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        user: 'x',
        resourceAttributes: { verb: 'get', resource: 'pods' },
      }),
    ]);
    return answers.every(({ status }) => status === 201);
  });
  await client.close();
}

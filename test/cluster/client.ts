import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { directory } from './directory.ts';
import { until } from './until.ts';

/** Where an API server is, and who one is there. */
export interface KubeAddress {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  /** A test knows what it has asked for. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** A permission, as RBAC words it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** All of them when absent. */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Somebody with a token of their own. */
export interface Account {
  readonly user: string;
  readonly namespace: string;
  readonly name: string;
  readonly address: KubeAddress;
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** What a test does in a cluster. */
export class KubeClient {
  readonly address: KubeAddress;
  readonly #agent: Agent;

  constructor(address: KubeAddress) {
    this.address = address;
    this.#agent = new Agent({ connect: { ca: address.ca } });
  }

  /** Any status is an answer. */
  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer> {
    const { statusCode, body: answer } = await request(`${this.address.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.address.token}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: statusCode, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  /** @returns the object that the API server answers with; a refusal is an error */
  async must(...args: Parameters<KubeClient['call']>): Promise<Answer['body']> {
    const { status, body } = await this.call(...args);
    if (status >= 300) {
      throw new Error(`${args[0]} ${args[1]}: ${status} ${body.message ?? body}`);
    }
    return body;
  }

  async isReady(): Promise<boolean> {
    return this.call('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** A namespace that no other test has, with these labels. */
  async namespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `test-${randomBytes(5).toString('hex')}`;
    await this.must('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    return name;
  }

  /** A ServiceAccount without any rights. */
  async account(namespace: string): Promise<Account> {
    const name = `account-${randomBytes(5).toString('hex')}`;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.must('POST', accounts, { metadata: { name } });
    const { status } = await this.must('POST', `${accounts}/${name}/token`, {
      spec: { expirationSeconds: 3_600 },
    });
    const address = { ...this.address, token: String(status.token) };
    return { user: `system:serviceaccount:${namespace}:${name}`, namespace, name, address };
  }

  /**
   * Gives rights in a namespace, or everywhere, and waits until the API server knows of it.
   * @returns takes them away again, and waits as well
   */
  async allow(
    { user }: Account,
    namespace: string | undefined,
    rules: readonly Rule[],
  ): Promise<() => Promise<void>> {
    const [kind, place] =
      namespace === undefined ? ['ClusterRole', RBAC] : ['Role', `${RBAC}/namespaces/${namespace}`];
    const name = `role-${randomBytes(5).toString('hex')}`;
    const plural = kind.toLowerCase();
    await this.must('POST', `${place}/${plural}s`, { metadata: { name }, rules });
    await this.must('POST', `${place}/${plural}bindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
    const may = async (): Promise<boolean> => {
      for (const { apiGroups, resources, resourceNames, verbs } of rules) {
        const [group = '', resource = '', verb = ''] = [apiGroups[0], resources[0], verbs[0]];
        const attributes = { group, resource, verb, namespace, name: resourceNames?.[0] };
        const { status } = await this.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          spec: { user, resourceAttributes: attributes },
        });
        if (status.allowed !== true) {
          return false;
        }
      }
      return true;
    };
    await until('the rights are given', may);
    return async () => {
      await this.must('DELETE', `${place}/${plural}bindings/${name}`);
      await until('the rights are taken away', async () => !(await may()));
    };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** @returns the path of a kubeconfig for this address, in a directory of its own */
export async function writeKubeconfig({ url, ca, token }: KubeAddress): Promise<string> {
  const path = join(await directory('kubeconfig'), 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

import { afterAll, afterEach, beforeAll } from 'vitest';
import type { AccessControl, Caller, Right } from '../../../functions/access/control.ts';
import { accessOf } from '../../functions/access/caller.ts';
import type { Account } from '../client.ts';
import { type KubeServer, startKubeServer } from '../server.ts';
import { type Front, startFront } from './front.ts';
import { bind, installRoles, untilMayAsk } from './roles.ts';

/** What the API server of the tests calls itself. */
export const iss = 'https://kubernetes.default.svc';
/** What a right to read is. */
export const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

/** An API server of a suite's own with the roles that are shipped, and Kite's access control before it. */
export interface Asked {
  readonly server: KubeServer;
  readonly front: Front;
  /** Whose token Kite asks with. */
  readonly kite: Account;
  readonly namespace: string;
  /**
   * Asks the cluster `alpha` over the front, with no more rights than the role that is shipped gives, and believes
   * nothing, unless the settings or the cluster's own say otherwise.
   */
  open(settings?: object, cluster?: object): AccessControl;
  may(access: AccessControl, caller: Caller, right: Right, where?: string | null): Promise<boolean>;
  /** The rights that somebody has in the namespace, or everywhere. */
  rightsOf(access: AccessControl, caller: Caller, where?: string | null): Promise<readonly Right[]>;
}

const all = ['read', 'report', 'act', 'admin'] as const;

export function useAsked(): Asked {
  let server: KubeServer;
  let front: Front;
  let kite: Account;
  let namespace: string;

  beforeAll(async () => {
    server = await startKubeServer();
    front = await startFront(server.address);
    await installRoles(server.client);
    namespace = await server.client.namespace();
    kite = await server.client.account(namespace);
    await bind(server.client, 'kite-server', kite.user);
    await untilMayAsk(kite);
  });
  afterEach(() => {
    front.flow();
    front.spoil(null);
  });
  afterAll(async () => {
    await front?.close();
    await server?.stop();
  });

  const may: Asked['may'] = (access, caller, right, where = namespace) =>
    access.may(caller, right, { cluster: 'alpha', namespace: where });
  return {
    get server() {
      return server;
    },
    get front() {
      return front;
    },
    get kite() {
      return kite;
    },
    get namespace() {
      return namespace;
    },
    open: (settings = {}, cluster = {}) =>
      accessOf(
        {
          clusters: [{ name: 'alpha', url: front.url, issuers: [iss], tokenVariable: 'TOKEN', ...cluster }],
          cache: { allowedSeconds: 0, deniedSeconds: 0 },
          limits: { refusedBurst: 10_000 },
          compat: false,
          ...settings,
        },
        { variables: { TOKEN: kite.address.token } },
      ),
    may,
    async rightsOf(access, caller, where = namespace) {
      const answers = await Promise.all(all.map((right) => may(access, caller, right, where)));
      return all.filter((_, index) => answers[index]);
    },
  };
}

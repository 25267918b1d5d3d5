import type { SecureContextOptions } from 'node:tls';

/** What a request carries to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> & {
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

/** Where an API server is, and how to be let in. */
export interface Access {
  /** Without a slash at the end. */
  readonly server: string;
  /** The pod's own namespace, or that of the context. */
  readonly namespace: string | undefined;
  /** `none`: not even if the environment names one. */
  readonly proxy: 'none' | 'environment' | { readonly url: string };
  /** @param isFresh read again what may have been kept, since the API server refused it */
  credentials(isFresh: boolean): Promise<Credentials>;
}

/** Tokens and certificates are exchanged while the operator runs: what was read is believed this long, in milliseconds. */
export const BELIEVED = 10_000;

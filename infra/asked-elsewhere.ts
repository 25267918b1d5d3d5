import type { DeployConfig } from './config.ts';

/** What the handlers' own reader has found in order. */
interface AskedElsewhere {
  readonly clusters?: readonly { readonly url: string; readonly tokenSecret?: string }[];
  readonly issuers?: readonly { readonly issuer: string; readonly jwks?: string }[];
}

type Access = DeployConfig['access'];

/** Secrets with the tokens by which clusters are asked who somebody is. */
export function tokenSecrets(access: Access): string[] {
  const { clusters = [] } = access as AskedElsewhere;
  return [...new Set(clusters.flatMap(({ tokenSecret }) => tokenSecret ?? []))];
}

/** 443, and whatever else clusters and issuers listen on. */
export function portsOf(access: Access): number[] {
  const { clusters = [], issuers = [] } = access as AskedElsewhere;
  const urls = [...clusters.map(({ url }) => url), ...issuers.map(({ issuer, jwks }) => jwks ?? issuer)];
  const ports = urls.map((url) => Number(new URL(url).port || 443));
  return [...new Set([443, ...ports])].sort((a, b) => a - b);
}

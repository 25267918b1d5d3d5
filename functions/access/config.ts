import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type * as z from 'zod/mini';
import type { Right } from '../../core/access/right.ts';
import type { Rule } from '../../core/access/rule.ts';
import { ConfigError } from '../../core/config-error.ts';
import { toProblems } from '../http/problems.ts';
import type { Rate } from './bucket.ts';
import { type AccessText, type Attributes, accessText, type Cluster, type Issuer } from './form.ts';
import type { ShareLimits } from './limits.ts';

export type { Attributes };

/** Durations are in milliseconds. */
export interface AccessConfig {
  readonly clusters: readonly ClusterConfig[];
  /** Where tokens go that say nothing of who issued them; undefined: nowhere. */
  readonly defaultCluster: string | undefined;
  readonly issuers: readonly IssuerConfig[];
  readonly rules: readonly Rule[];
  /** Whether API keys are taken. */
  readonly keys: boolean;
  /** Whether who may get pods may also report and act. */
  readonly compat: boolean;
  /** What a cluster is asked for each right; one yes is enough. */
  readonly ask: Readonly<Record<Right, readonly Attributes[]>>;
  readonly cache: { readonly allowed: number; readonly denied: number; readonly entries: number };
  readonly share: ShareLimits;
  readonly guesses: Rate;
  /** How long one question to a cluster or an issuer may take. */
  readonly timeout: number;
}

export interface ClusterConfig {
  readonly name: string;
  readonly url: URL;
  /** PEM; the system's own authorities when absent. */
  readonly ca: string | undefined;
  readonly issuers: readonly string[];
  /** Empty: those of the API server itself. */
  readonly audiences: readonly string[];
  /** The path of a file, a token itself, or the ARN of a secret. */
  readonly credential: { readonly file: string } | { readonly token: string } | { readonly secret: string };
}

export interface IssuerConfig {
  readonly name: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Absent: as the issuer's own document says. */
  readonly keys: URL | undefined;
  readonly ca: string | undefined;
  readonly algorithms: readonly string[];
  /** The claim that timelines show. */
  readonly actor: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads how access is controlled.
 *
 * @param text JSON, or the path of a file that holds it: of a function, from where its code lies
 * @param env where the names of secrets lead
 * @throws ConfigError naming all that is wrong, each with its path; it shows no secret
 */
export function readAccess(text: string, env: Environment): AccessConfig {
  const parsed = accessText.safeParse(parseText(text, env), { reportInput: true });
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.flatMap((issue) => lines(issue)));
  }
  const problems: string[] = [];
  const config = build(parsed.data, env, (path, message) => problems.push(`${path} ${message}`));
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return config;
}

function parseText(text: string, env: Environment): unknown {
  const json = text.startsWith('{') ? text : readText(resolve(env.LAMBDA_TASK_ROOT ?? '', text));
  try {
    return JSON.parse(json);
  } catch {
    // The parser's own message shows a piece of the text.
    throw new ConfigError([`is not valid JSON${json === text ? '' : `: ${text}`}`]);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`is neither a JSON object nor a file that can be read: ${reason(error)}`]);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lines(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')} is not a setting that there is`);
  }
  return toProblems('', [issue]).map(
    (problem) => `${problem.path.replace(/^\./, '') || 'it'} ${problem.message}`,
  );
}

type Complain = (path: string, message: string) => void;

function build(text: AccessText, env: Environment, complain: Complain): AccessConfig {
  const clusters = text.clusters.map((cluster, index) =>
    buildCluster(cluster, env, (path, message) => complain(`clusters.${index}.${path}`, message)),
  );
  const issuers = text.issuers.map((issuer, index) =>
    buildIssuer(issuer, (path, message) => complain(`issuers.${index}.${path}`, message)),
  );
  requireDistinct(text, complain);
  if (clusters.length === 0 && issuers.length === 0 && !text.keys) {
    complain('clusters', 'is empty, and so is issuers, and keys is off: nobody could be let in');
  }
  text.rules.forEach((rule, index) => {
    if (!issuers.some(({ name }) => name === rule.issuer)) {
      complain(`rules.${index}.issuer`, `is not the name of one of issuers: ${JSON.stringify(rule.issuer)}`);
    }
  });
  const { ask, cache, limits } = text;
  const pods: readonly Attributes[] = text.compat ? ask.read : [];
  return {
    clusters,
    defaultCluster: (text.clusters.find(({ default: isDefault }) => isDefault) ?? only(clusters))?.name,
    issuers,
    rules: text.rules,
    keys: text.keys,
    compat: text.compat,
    ask: { ...ask, report: [...ask.report, ...pods], act: [...ask.act, ...pods] },
    cache: {
      allowed: cache.allowedSeconds * 1000,
      denied: cache.deniedSeconds * 1000,
      entries: cache.entries,
    },
    share: { perSecond: limits.requestsPerSecond, burst: limits.burst, atOnce: limits.atOnce },
    guesses: { perSecond: limits.refusedPerSecond, burst: limits.refusedBurst },
    // Timers take no part of a millisecond, and 1.005 seconds are 1004.9999999999999 of them.
    timeout: Math.round(text.timeoutSeconds * 1000),
  };
}

function only<T>(all: readonly T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined;
}

/** An issuer chooses who is asked: two of the same would send the tokens of one to the other. */
function requireDistinct({ clusters, issuers }: AccessText, complain: Complain): void {
  const seen = new Map<string, string>();
  const once = (kind: string, value: string, path: string): void => {
    const first = seen.get(`${kind} ${value}`);
    if (first === undefined) {
      seen.set(`${kind} ${value}`, path);
    } else {
      complain(path, `is the same as ${first}: ${JSON.stringify(value)}`);
    }
  };
  clusters.forEach((cluster, index) => {
    once('cluster', cluster.name, `clusters.${index}.name`);
    for (const [at, issuer] of cluster.issuers.entries()) {
      once('iss', issuer, `clusters.${index}.issuers.${at}`);
    }
    if (cluster.default) {
      once('default', 'true', `clusters.${index}.default`);
    }
  });
  issuers.forEach((issuer, index) => {
    once('issuer', issuer.name, `issuers.${index}.name`);
    once('iss', issuer.issuer, `issuers.${index}.issuer`);
  });
}

function buildCluster(cluster: Cluster, env: Environment, complain: Complain): ClusterConfig {
  return {
    name: cluster.name,
    url: cluster.url,
    ca: readCa(cluster, complain),
    issuers: cluster.issuers,
    audiences: cluster.audiences,
    credential: readCredential(cluster, env, complain),
  };
}

function buildIssuer(issuer: Issuer, complain: Complain): IssuerConfig {
  const { name, audiences, algorithms, actor, jwks } = issuer;
  return {
    name,
    issuer: issuer.issuer,
    audiences,
    keys: jwks,
    ca: readCa(issuer, complain),
    algorithms,
    actor,
  };
}

function readCa(from: Pick<Cluster, 'ca' | 'caFile'>, complain: Complain): string | undefined {
  if (from.ca !== undefined && from.caFile !== undefined) {
    complain('caFile', 'is given beside ca; give one of them');
  }
  if (from.caFile === undefined) {
    return from.ca;
  }
  try {
    return readFileSync(from.caFile, 'utf8');
  } catch (error) {
    complain('caFile', `cannot be read: ${reason(error)}`);
    return undefined;
  }
}

function readCredential(
  { tokenFile, tokenVariable, tokenSecret }: Cluster,
  env: Environment,
  complain: Complain,
): ClusterConfig['credential'] {
  if ([tokenFile, tokenVariable, tokenSecret].filter((given) => given !== undefined).length !== 1) {
    complain(
      'tokenFile',
      'or tokenVariable or tokenSecret says with what the cluster is asked: give one of them',
    );
  }
  if (tokenSecret !== undefined) {
    return { secret: tokenSecret };
  }
  if (tokenVariable === undefined) {
    return { file: tokenFile ?? '' };
  }
  const token = env[tokenVariable]?.trim() ?? '';
  if (token === '') {
    complain('tokenVariable', `names a variable that is not set: ${tokenVariable}`);
  }
  return { token };
}

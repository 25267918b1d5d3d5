/** What the environment of a CI job says of the run that the job belongs to; each null where it does not say. */
export interface CiJob {
  /** Who reports, as timelines show it. */
  readonly source: string;
  readonly run: string | null;
  /** Tells one try of a run from the next one, which may end otherwise. */
  readonly attempt: string | null;
  readonly logUrl: string | null;
  /** When the run was created, RFC 3339. */
  readonly createdAt: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const httpUrl = /^https?:\/\/[^\s]+$/i;

/**
 * Null outside of the CIs that are known. What a pipeline is called is never read from here: its name is the issue's
 * identity, and a branch that fails would be cleared by another one that passes.
 */
export function ciJobIn(env: Environment): CiJob | null {
  const say = (name: string): string | null => (env[name]?.trim() ? (env[name]?.trim() ?? null) : null);
  if (say('GITLAB_CI') === 'true') {
    return {
      source: 'ci/gitlab',
      run: say('CI_PIPELINE_ID'),
      attempt: say('CI_JOB_ID'),
      logUrl: address(say('CI_PIPELINE_URL')),
      createdAt: moment(say('CI_PIPELINE_CREATED_AT')),
    };
  }
  if (say('GITHUB_ACTIONS') === 'true') {
    const parts = [say('GITHUB_SERVER_URL'), say('GITHUB_REPOSITORY'), 'actions/runs', say('GITHUB_RUN_ID')];
    return {
      source: 'ci/github',
      run: say('GITHUB_RUN_ID'),
      attempt: say('GITHUB_RUN_ATTEMPT'),
      logUrl: parts.includes(null) ? null : address(parts.join('/')),
      createdAt: null,
    };
  }
  return null;
}

const address = (text: string | null): string | null => (text !== null && httpUrl.test(text) ? text : null);

const moment = (text: string | null): string | null =>
  text === null || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString();

export function isHttpUrl(text: string): boolean {
  return httpUrl.test(text) && URL.canParse(text);
}

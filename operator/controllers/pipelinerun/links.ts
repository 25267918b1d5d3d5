import { limits, url } from '../../../core/contract/fields.ts';
import type { Link } from '../../../core/domain/report.ts';
import { pacWord, type Run, word } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';
import { commitOf, pullRequestOf } from './subject.ts';
import type { TaskFailure } from './task-reasons.ts';

const application = 'appstudio.openshift.io/application';
const snapshot = 'appstudio.openshift.io/snapshot';
const release = 'release.appstudio.openshift.io/';
const mostTasks = 5;

/** The log first, then the logs of the tasks that failed, then what was built. Of what is not known there is no link. */
export function linksOf(
  run: Run,
  failures: readonly TaskFailure[],
  settings: PipelineRunSettings,
): readonly Link[] {
  const { name = '', namespace = '' } = run.metadata;
  const page = consolePages(run, settings);
  const given = pacWord(run, 'log-url');
  const log = url.safeParse(given).success ? given : undefined;
  const shown = word(run, snapshot);
  const released = word(run, `${release}name`);
  const number = pullRequestOf(run);
  const wanted: readonly (readonly [string, string | undefined])[] = [
    ['Pipeline Run Logs', log ?? page(namespace, 'pipelineruns', name, '/logs')],
    ...failures
      .slice(0, mostTasks)
      .map(
        (failure) =>
          [
            `Logs of task ${failure.task}`,
            failure.name && page(namespace, 'taskruns', failure.name, '/logs'),
          ] as const,
      ),
    ['Commit', pacWord(run, 'sha-url') ?? repositoryPage(run, 'commit', commitOf(run))],
    [`Pull request #${number}`, repositoryPage(run, 'pull', number)],
    ['Pipeline run', log && page(namespace, 'pipelineruns', name, '')],
    ['Snapshot', shown && page(namespace, 'snapshots', shown, '')],
    ['Release', released && page(word(run, `${release}namespace`) ?? namespace, 'releases', released, '')],
  ];
  return wanted.flatMap(([title, address]) => (address ? [{ title, url: address }] : []));
}

/** Pages of the console, which are all below an application. */
function consolePages(run: Run, { consoleUrl }: PipelineRunSettings) {
  const app = word(run, application);
  return (namespace: string, kind: string, name: string, rest: string): string | undefined =>
    consoleUrl === undefined || app === undefined
      ? undefined
      : `${consoleUrl}/ns/${encoded(namespace)}/applications/${encoded(app)}/${kind}/${encoded(name)}${rest}`;
}

function encoded(part: string): string {
  return encodeURIComponent(part.toWellFormed());
}

/** Where hosts of repositories show a commit and a pull request, below the repository's own page. */
const pages: readonly {
  readonly provider: RegExp;
  readonly host: RegExp;
  readonly commit: string;
  readonly pull: string;
}[] = [
  { provider: /^github/, host: /^github\.com$/, commit: '/commit/', pull: '/pull/' },
  { provider: /^gitlab/, host: /^gitlab\./, commit: '/-/commit/', pull: '/-/merge_requests/' },
  { provider: /^(gitea|forgejo)/, host: /^(codeberg\.org|gitea\.)/, commit: '/commit/', pull: '/pulls/' },
  { provider: /^bitbucket/, host: /^bitbucket\.org$/, commit: '/commits/', pull: '/pull-requests/' },
];

function repositoryPage(run: Run, what: 'commit' | 'pull', id: string | undefined): string | undefined {
  const given = pacWord(run, 'repo-url');
  if (given === undefined || id === undefined || given.length > limits.url || !URL.canParse(given)) {
    return undefined;
  }
  const repository = given.replace(/(\.git)?\/*$/, '');
  const provider = pacWord(run, 'git-provider');
  const { hostname } = new URL(repository);
  const host = pages.find((one) =>
    provider === undefined ? one.host.test(hostname) : one.provider.test(provider),
  );
  return host && `${repository}${host[what]}${encoded(id)}`;
}

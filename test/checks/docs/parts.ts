/** The parts of README.md and docs/ that follow from the code. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { limits } from '../../../core/contract/fields.ts';
import { openapiDocument } from '../../../core/contract/openapi.ts';
import { commonErrors, guardErrors, type Operation, writeErrors } from '../../../core/contract/operation.ts';
import { operations } from '../../../core/contract/operations.ts';
import { type ErrorCode, errorTable } from '../../../core/errors.ts';
import { configVariables } from '../../../functions/config.ts';
import { assumed, egresses, monthlyCosts, total } from '../../../infra/costs.ts';
import { help } from '../../../operator/commands/help.ts';
import { exposedName, metrics } from '../../../operator/runtime/metrics.ts';
import { cliOptions, cliReference } from './cli.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RULES = join(ROOT, '.dependency-cruiser.cjs');

const errorCodes = Object.keys(errorTable) as ErrorCode[];
const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function configurationTable(): string {
  const rows = configVariables.map(({ name, default: value, meaning }) => [
    code(name),
    value === '' ? 'none' : /\s/.test(value) ? value : code(value),
    meaning,
  ]);
  return table(['variable', 'default', 'meaning'], rows);
}

function operationsTable(): string {
  const rows = Object.entries<Operation>(operations).map(([id, { method, path, access, summary }]) => [
    code(id),
    method,
    code(path),
    access,
    summary,
  ]);
  return table(['operation', 'method', 'path', 'access', 'what it does'], rows);
}

const coded = (name: ErrorCode): string => `${errorTable[name].status} ${code(name)}`;

/** Statuses as the OpenAPI document tells them; there, each code of an error stands in backticks before a colon. */
function statusesTable(): string {
  const { paths } = openapiDocument({ name: '', version: '', description: '' }) as {
    paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  };
  const rows = Object.entries<Operation>(operations).map(([id, { method, path, answers }]) => {
    const responses = Object.values(paths[path]?.[method.toLowerCase()]?.responses ?? {});
    const codes = responses.flatMap(({ description }) =>
      [...description.matchAll(/`(\w+)`:/g)].map(([, name]) => name),
    );
    const own = errorCodes.filter(
      (name) => codes.includes(name) && ![...commonErrors, ...guardErrors, ...writeErrors].includes(name),
    );
    return [code(id), Object.keys(answers).join(', '), own.map(coded).join(', ')];
  });
  return [
    table(['operation', 'answers', 'errors of its own'], rows),
    `Any operation may answer ${commonErrors.map(coded).join(', ')}; any but those whose access is \`public\` also ${guardErrors.map(coded).join(', ')}; any but \`GET\` also ${writeErrors.map(coded).join(', ')}.`,
  ].join('\n\n');
}

/** What each limit is a limit of, and in which unit. */
const limitMeanings: Readonly<Record<string, string>> = {
  name: 'characters of a name: of a cluster, a resource, a pipeline, an application, a release, a run',
  namespace: 'characters of a namespace',
  namespaces: 'namespaces of one list',
  nameBytes: 'bytes (UTF-8) of the name of a resource, a pipeline, an application or a release plan',
  kindBytes: 'bytes (UTF-8) of a `resourceType`',
  namespaceBytes: 'bytes (UTF-8) of a namespace',
  title: 'characters of a title, of an issue or of a link',
  description: 'bytes (UTF-8) of a description',
  url: 'characters of a URL',
  eventId: 'characters of an `eventId` or `runId`',
  source: 'characters of a `source`',
  labels: 'labels of a report or an issue',
  labelKey: 'characters of a label’s name',
  labelValue: 'characters of a label’s value',
  links:
    'links in one request; links that reports name and an issue keeps; links that people add to an issue',
  relations: 'relations of an issue',
  reports: 'reports in one batch',
  body: 'bytes of a body',
  jsonDepth: 'levels of nesting in a body',
  pageSize: 'entries on one page (`limit`)',
  offset: 'entries that `offset` passes over',
};

function limitsTable(): string {
  const values = new Map<string, number>(Object.entries(limits));
  for (const name of values.keys()) {
    if (limitMeanings[name] === undefined) {
      throw new Error(
        `Say in test/checks/docs/parts.ts what the limit ${name} of core/contract/fields.ts is.`,
      );
    }
  }
  const rows = Object.entries(limitMeanings).flatMap(([name, meaning]) => {
    const value = values.get(name);
    return value === undefined ? [] : [[value.toLocaleString('en'), meaning]];
  });
  return table(['at most', 'of'], rows);
}

function errorsTable(): string {
  const rows = Object.entries(errorTable).map(([name, { status, retryable, sentence }]) => [
    `[${code(name)}](#${name})`,
    String(status),
    retryable ? 'yes' : 'no',
    sentence,
  ]);
  return table(['code', 'status', 'send it again', 'message'], rows);
}

/** What is read here of a rule of `.dependency-cruiser.cjs`. */
interface Rule {
  readonly name: string;
  readonly comment: string;
  readonly from: { readonly path?: Pattern; readonly pathNot?: Pattern };
  readonly to: { readonly path?: Pattern; readonly pathNot?: Pattern; readonly dependencyTypesNot?: Pattern };
}
type Pattern = string | readonly string[];

const { forbidden: rules } = createRequire(import.meta.url)(RULES) as { readonly forbidden: readonly Rule[] };

/** What a path pattern of the rules lets through, in words. */
function rooms(pattern: Pattern | undefined): string[] {
  return [pattern ?? []].flat().flatMap((one) => {
    const [, packages] = /^\^node_modules\/\(@types\/\)\?\((.+)\)\/$/.exec(one) ?? [];
    if (packages !== undefined) {
      return packages.split('|');
    }
    const plain = one
      .replace(/^\^/, '')
      .replace(/\/?\$?$/, '')
      .replaceAll('\\.', '.');
    const [, before = '', choices = ''] = /^(.*)\((.+)\)$/.exec(plain) ?? [];
    return choices === '' ? [plain] : choices.split('|').map((choice) => before + choice);
  });
}

const names: Readonly<Record<string, string>> = { node_modules: 'any package', crypto: 'node:crypto' };
const listed = (found: readonly string[]): string =>
  found.map((name) => names[name] ?? code(name)).join(', ');

/** The rules that list what a room may import. */
function importsTable(): string {
  const rows = rules.flatMap(({ from, to }) => {
    if (to.pathNot === undefined || from.path === undefined || to.path !== undefined) {
      return [];
    }
    const except = rooms(from.pathNot);
    const builtins = [to.dependencyTypesNot ?? []].flat().includes('core') ? ', node:*' : '';
    return [
      [
        listed(rooms(from.path)) + (except.length === 0 ? '' : ` without ${listed(except)}`),
        listed(rooms(to.pathNot)) + builtins,
      ],
    ];
  });
  return table(['modules in', 'may import'], rows);
}

/** The rules that forbid something in particular. */
function prohibitionsTable(): string {
  const rows = rules.flatMap(({ name, comment, to }) =>
    to.pathNot !== undefined && to.path === undefined ? [] : [[code(name), comment]],
  );
  return table(['rule', 'what it holds'], rows);
}

/** A file of the project as it is, so that what is shown is what is compiled and tested. */
function source(path: string): string {
  const text = readFileSync(join(ROOT, path), 'utf8').trimEnd();
  return ['```ts', `// ${path}`, text, '```'].join('\n');
}

function metricsTable(): string {
  const rows = Object.entries(metrics).map(([name, { kind, help, labels = [] }]) => [
    code(exposedName(name)),
    kind,
    labels.map(code).join(', '),
    help,
  ]);
  return table(['metric', 'kind', 'labels', 'meaning'], rows);
}

const rates = [0, 1000, 100_000];
const dollars = (value: number): string => value.toFixed(2);
const rateName = (rate: number): string =>
  rate === 0 ? 'idle' : `${rate.toLocaleString('en')} reports a day`;

function costsTable(): string {
  const rows = egresses.map((egress) => [
    egress === 'existing' ? 'a network that is there' : code(egress),
    ...rates.map((rate) => dollars(total(monthlyCosts(egress, rate)))),
  ]);
  return table(['egress', ...rates.map(rateName)], rows);
}

function costsLines(): string {
  return rates
    .map((rate) => {
      const lines = monthlyCosts('nat', rate);
      const rows = lines
        .filter((one) => one.dollars >= 0.01)
        .map((one) => [one.what, one.sum, dollars(one.dollars)]);
      return `${rateName(rate).replace(/^./, (first) => first.toUpperCase())}:\n\n${table(['what', 'sum', '$'], [...rows, ['all', '', dollars(total(lines))]])}`;
    })
    .join('\n\n');
}

function costsAssumed(): string {
  const { reportMs, readMs, readsPerReport, logBytes, reportAnswerBytes, readAnswerBytes } = assumed;
  const { historyBytes, historyDays } = assumed;
  return table(
    ['of', 'assumed'],
    [
      [
        'a report, as a request of its own',
        `${reportMs} ms of a function, ${reportAnswerBytes} bytes of answer`,
      ],
      ['a read', `${readMs} ms, ${readAnswerBytes} bytes; ${readsPerReport} of them for each report`],
      ['either', `${logBytes} bytes of log lines, one trace`],
      ['the history', `${historyBytes} bytes of disk a report, for ${historyDays} days`],
    ],
  );
}

/** Each part by its name, as Markdown without a line break at its end. */
export const parts: Readonly<Record<string, () => string>> = {
  configuration: configurationTable,
  operations: operationsTable,
  statuses: statusesTable,
  limits: limitsTable,
  errors: errorsTable,
  costs: costsTable,
  'costs:assumed': costsAssumed,
  'costs:lines': costsLines,
  imports: importsTable,
  prohibitions: prohibitionsTable,
  'example:observe': () => source('operator/controllers/deployment/observe.ts'),
  'example:controller': () => source('operator/controllers/deployment/controller.ts'),
  'example:all': () => source('operator/controllers/all.ts'),
  'operator:help': () => ['```text', help.trimEnd(), '```'].join('\n'),
  'operator:configuration': () =>
    ['```yaml', readFileSync(join(ROOT, 'operator/config/example.yaml'), 'utf8').trimEnd(), '```'].join('\n'),
  'operator:metrics': metricsTable,
  'cli:options': cliOptions,
  'cli:reference': cliReference,
  ...Object.fromEntries(
    Object.entries(errorTable).map(([name, { status, retryable, sentence }]) => [
      `error:${name}`,
      () =>
        `Status ${status}. ${retryable ? 'Send it again.' : 'Do not send it again unchanged.'}\n\n> ${sentence}`,
    ]),
  ),
};

import type { Issue } from '../../../core/contract/issue.ts';
import { isUnknown, passedOf, sentenceOf, type Verdict } from './verdict.ts';

/** What was reported, as test cases: what JUnit wrote first and every CI reads. */
export function junitOf(verdict: Verdict): string {
  const { subject, where, issues } = verdict;
  const unknown = isUnknown(verdict);
  const why = verdict.trouble === null ? '' : `: ${verdict.trouble}`;
  const cases = unknown
    ? [testCase(where, subject, problem('error', 'unknown', `${sentenceOf(verdict)} in ${where}${why}`, ''))]
    : [
        ...issues.map((issue) =>
          testCase(
            classOf(issue),
            nameOf(issue),
            problem('failure', issue.severity, issue.title, detailsOf(issue)),
          ),
        ),
        ...passedOf(verdict).map((report) => testCase(classOf(report), nameOf(report), '')),
      ];
  // A suite without a case is taken for one that was not run.
  const shown = cases.length === 0 ? [testCase(where, sentenceOf(verdict), '')] : cases;
  const counts = `tests="${shown.length}" failures="${issues.length}" errors="${unknown ? 1 : 0}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kite check" ${counts} time="0">`,
    `  <testsuite name="${attribute(subject)}" ${counts} skipped="0" time="0">`,
    ...shown,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

type Thing = Pick<Issue, 'scope' | 'namespace' | 'issueType'>;

const classOf = ({ namespace, issueType }: Thing): string => `${namespace}.${issueType}`;
const nameOf = ({ scope }: Thing): string => `${scope.resourceType}/${scope.resourceName}`;

function testCase(className: string, name: string, inner: string): string {
  const start = `    <testcase classname="${attribute(className)}" name="${attribute(name)}" time="0"`;
  return inner === '' ? `${start}/>` : `${start}>${inner}</testcase>`;
}

function problem(element: string, type: string, message: string, text: string): string {
  return `<${element} type="${attribute(type)}" message="${attribute(message)}">${content(text)}</${element}>`;
}

function detailsOf(issue: Issue): string {
  return [
    issue.description,
    '',
    `issue ${issue.id}, ${issue.severity}, since ${issue.detectedAt}, seen ${issue.occurrences} times`,
    ...issue.links.map(({ title, url }) => `${title}: ${url}`),
  ].join('\n');
}

/** What XML 1.0 has no way to write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/g;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function content(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(unwritable, '\ufffd')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[&<>]/g, (character) => entities[character] ?? character);
}

function attribute(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(unwritable, '\ufffd')
    .replaceAll(/[&<>"'\t\n\r]/g, (character) => entities[character] ?? character);
}

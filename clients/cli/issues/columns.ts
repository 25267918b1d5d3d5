import type { Issue } from '../../../core/contract/issue.ts';
import { age } from '../output/age.ts';
import { line } from '../output/plain.ts';
import type { Styles } from '../output/style.ts';
import type { Column } from '../output/table.ts';

/** As many characters of an id as are typed. */
const shortLength = 8;
export const shortId = (id: string): string => line(id).slice(0, shortLength);

export const scopeOf = ({ scope }: Pick<Issue, 'scope'>): string =>
  `${line(scope.resourceType)}/${line(scope.resourceName)}`;

/** What differs between the issues of one list. */
export interface Differs {
  readonly namespace: boolean;
  readonly state: boolean;
}

/** @param now milliseconds since 1970 */
export function issueColumns(styles: Styles, now: number, differs: Differs): readonly Column<Issue>[] {
  const dimWhenOver =
    (issue: Issue) =>
    (text: string): string =>
      issue.state === 'RESOLVED' ? styles.dim(text) : text;
  return [
    { title: 'ID', text: ({ id }) => shortId(id), style: () => styles.bold },
    ...(differs.namespace
      ? [{ title: 'NAMESPACE', text: (issue: Issue) => line(issue.namespace), least: 9, drop: 5 }]
      : []),
    {
      title: 'SEVERITY',
      text: ({ severity }) => line(severity),
      style: ({ severity, state }) => (state === 'RESOLVED' ? styles.dim : styles.severity(severity)),
    },
    ...(differs.state
      ? [
          {
            title: 'STATE',
            text: ({ state }: Issue) => line(state),
            style: ({ state }: Issue) => styles.state(state),
            drop: 3,
          },
        ]
      : []),
    { title: 'TYPE', text: ({ issueType }) => line(issueType), drop: 2 },
    { title: 'AGE', text: ({ detectedAt }) => age(detectedAt, now), drop: 4 },
    { title: 'SEEN', text: ({ occurrences }) => `${occurrences}x`, drop: 1 },
    { title: 'SCOPE', text: scopeOf, least: 16, drop: 6 },
    { title: 'TITLE', text: ({ title }) => line(title), least: 16, style: dimWhenOver },
  ];
}

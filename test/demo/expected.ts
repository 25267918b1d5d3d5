import type { Issue } from '../../core/contract/issue.ts';
import type { ExpectedIssue } from './fixtures.ts';

const compared = ['state', 'severity', 'occurrences', 'reopened'] as const;

/** One sentence for each issue that is missing, that nobody expected, or that differs; none when all agree. */
export function differences(expected: readonly ExpectedIssue[], issues: readonly Issue[]): readonly string[] {
  const found = new Map(
    issues.map((issue) => [nameOf(issue.namespace, issue.issueType, scopeOf(issue)), issue]),
  );
  const sentences = expected.flatMap((wanted) => {
    const name = nameOf(wanted.namespace, wanted.issueType, wanted.scope);
    const issue = found.get(name);
    found.delete(name);
    return issue === undefined
      ? [`${name} is missing: ${wanted.why}`]
      : compared
          .filter((field) => issue[field] !== wanted[field])
          .map((field) => `${name} has ${field} ${issue[field]} instead of ${wanted[field]}: ${wanted.why}`);
  });
  return [...sentences, ...[...found.keys()].map((name) => `${name} was not expected`)];
}

/** As `expected.json` and the table write a scope. */
export function scopeOf({ scope }: Pick<Issue, 'scope'>): string {
  return `${scope.resourceType}/${scope.resourceName}`;
}

function nameOf(namespace: string, issueType: string, scope: string): string {
  return `${namespace} ${issueType} ${scope}`;
}

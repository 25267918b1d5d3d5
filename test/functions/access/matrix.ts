import type { OperationId } from '../../../core/contract/operations.ts';

/** Who asks. What each of them may do is said in matrix.test.ts. */
export const roles = [
  'nobody',
  'stranger',
  'reader',
  'reporter',
  'actor',
  'admin',
  'operator',
  'impersonator',
] as const;
export type Role = (typeof roles)[number];

/**
 * Answers of one operation to one role: on what is in its own namespace (for admin operations: cluster), on what is in a
 * foreign one, and on a mixture of both.
 */
type Cells = readonly [own: string, foreign: string, mixed: string];
type Row = Readonly<Record<Role, Cells>>;

const same = (answer: string): Cells => [answer, answer, answer];
const unknown = same('401 unauthenticated');
const refused = same('403 forbidden');
const hidden = same('404 not_found');
const ownOnly = (answer: string, otherwise: string): Cells => [answer, otherwise, otherwise];

/** Nobody is asked. Mixed and foreign are not to be told apart. */
const open = (answer: string): Row =>
  Object.fromEntries(roles.map((role) => [role, same(answer)])) as Record<Role, Cells>;

/** Mixed: of both namespaces at once. */
const list: Row = {
  nobody: unknown,
  stranger: refused,
  reader: ownOnly('200', '403 forbidden'),
  reporter: refused,
  actor: ownOnly('200', '403 forbidden'),
  admin: same('200'),
  operator: refused,
  impersonator: ownOnly('200', '403 forbidden'),
};

/** Mixed: an issue of the foreign namespace, with the own one in the query. */
const readOne: Row = {
  nobody: unknown,
  stranger: hidden,
  reader: ownOnly('200', '404 not_found'),
  reporter: hidden,
  actor: ownOnly('200', '404 not_found'),
  admin: ['200', '200', '403 namespace_mismatch'],
  operator: hidden,
  impersonator: ownOnly('200', '404 not_found'),
};

/** Mixed as of one that is read, but for relations, where the other end is foreign. */
const act = (done: string, mixed = '403 namespace_mismatch'): Row => ({
  nobody: unknown,
  stranger: hidden,
  reader: ownOnly('403 forbidden', '404 not_found'),
  reporter: hidden,
  actor: ownOnly(done, '404 not_found'),
  admin: [done, done, mixed],
  operator: hidden,
  impersonator: ownOnly(done, '404 not_found'),
});

/** Mixed: the body names the foreign namespace, the query the own one. */
const write = (seen: string, unseen: string): Row => ({
  nobody: unknown,
  stranger: refused,
  reader: refused,
  reporter: ownOnly(unseen, '403 forbidden'),
  actor: refused,
  admin: [seen, seen, '403 namespace_mismatch'],
  operator: [unseen, unseen, '403 namespace_mismatch'],
  impersonator: ownOnly(seen, '403 forbidden'),
});
const failed = write('201 with the issue', '201 without the issue');
const passed = write('200', '200');

/** Mixed: one report in each namespace. */
const batch: Row = {
  nobody: unknown,
  stranger: ['200 forbidden', '200 forbidden', '200 forbidden, forbidden'],
  reader: ['200 forbidden', '200 forbidden', '200 forbidden, forbidden'],
  reporter: ['200 opened', '200 forbidden', '200 opened, forbidden'],
  actor: ['200 forbidden', '200 forbidden', '200 forbidden, forbidden'],
  admin: ['200 opened', '200 opened', '200 opened, opened'],
  operator: ['200 opened', '200 opened', '200 opened, opened'],
  impersonator: ['200 opened', '200 forbidden', '200 opened, forbidden'],
};

/** Mixed: of both clusters. */
const administer = (own: string, foreign: string, mixed: string): Row => ({
  nobody: unknown,
  stranger: refused,
  reader: refused,
  reporter: refused,
  actor: refused,
  admin: [own, foreign, mixed],
  operator: refused,
  impersonator: refused,
});

export const matrix = {
  'root.get': open('200'),
  'health.get': open('200'),
  'version.get': open('200'),
  'openapi.get': open('200'),
  'issues.list': list,
  'issues.summary': list,
  'issues.create': failed,
  'issues.get': readOne,
  'issues.events': readOne,
  'issues.update': act('200'),
  'issues.delete': act('204'),
  'issues.resolve': act('200'),
  'issues.reopen': act('200'),
  'issues.link': act('201'),
  'relations.create': act('201', '201'),
  'relations.delete': act('204', '204'),
  'reports.apply': batch,
  'reports.list': list,
  'webhooks.pipeline-failure': failed,
  'webhooks.pipeline-success': passed,
  'webhooks.mintmaker-custom': failed,
  'webhooks.release-failure': failed,
  'webhooks.release-success': passed,
  'keys.create': administer('201', '403 forbidden', '403 forbidden'),
  'keys.list': administer('200', '200', '200'),
  'keys.revoke': administer('204', '404 not_found', '404 not_found'),
  'audit.list': administer('200', '403 forbidden', '200'),
} as const satisfies Readonly<Record<OperationId, Row>>;

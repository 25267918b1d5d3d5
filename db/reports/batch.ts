import { distinctKey, endsOf, identityKey } from '../../core/domain/identity.ts';
import { orderKey, orderTime } from '../../core/domain/order.ts';
import { type Identity, normaliseLabels, type Report, userSource } from '../../core/domain/report.ts';

/** What of a report depends on how it is applied. */
export interface BatchOptions {
  /** The id of each issue that is opened. */
  readonly newId: () => string;
  /** Whether the reports after the first count only if the first one does. */
  readonly together?: boolean;
  /** Whether the same reports may have been applied already, those without an id too. */
  readonly again?: boolean;
}

/** A row as `apply_reports` makes it where it is missing. */
interface Row {
  readonly identity: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_namespace: string;
  readonly issue_type: string;
  readonly ends_of: string | null;
}

/** The fields of a report, each an array of the elements of a Postgres array literal. */
function emptyColumns() {
  return {
    numbers: [] as string[],
    identities: [] as string[],
    ids: [] as string[],
    outcomes: [] as string[],
    keys: [] as string[],
    observedAts: [] as string[],
    subjectCreatedAts: [] as string[],
    filedAts: [] as string[],
    sources: [] as string[],
    eventIds: [] as string[],
    distinctKeys: [] as string[],
    repeatables: [] as string[],
    anonymouses: [] as string[],
    runNames: [] as string[],
    runUids: [] as string[],
    actors: [] as string[],
    leaders: [] as string[],
  };
}

/** Array literals by field, and what is JSON. */
type Arguments = Readonly<
  Record<keyof ReturnType<typeof emptyColumns> | 'pipelines' | 'others' | 'rows' | 'contents', string>
>;

/**
 * Reports as `apply_reports` takes them: one Postgres array literal a field, of which the server makes arrays much
 * faster than it takes JSON apart.
 */
export class Batch {
  readonly #options: BatchOptions;
  readonly #rows = new Map<string, Row>();
  readonly #pipelines: string[] = [];
  readonly #others: string[] = [];
  readonly #columns = emptyColumns();
  readonly #contents: (object | null)[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#contents.length === 0;
  }

  /** @param n orders the answers */
  add(n: number, report: Report): void {
    const ends = endsOf(report.identity);
    const identity = this.#addRow(report.identity, ends === null ? null : this.#addRow(ends, null));
    const { newId, together, again } = this.#options;
    const observedAt = iso(report.observedAt);
    const subjectCreatedAt = report.subjectCreatedAt === null ? empty : iso(report.subjectCreatedAt);
    const filedAt = report.source === userSource ? report.observedAt : orderTime(report);
    const columns = this.#columns;
    columns.numbers.push(String(n));
    columns.identities.push(identity);
    columns.ids.push(newId());
    columns.outcomes.push(report.outcome);
    columns.keys.push(`"\\\\x${orderKey(report).toString('hex')}"`);
    columns.observedAts.push(observedAt);
    columns.subjectCreatedAts.push(subjectCreatedAt);
    columns.filedAts.push(filedAt === report.observedAt ? observedAt : iso(filedAt));
    columns.sources.push(quote(report.source));
    columns.eventIds.push(quote(report.eventId));
    columns.distinctKeys.push(distinctKey('report', identity, report));
    columns.repeatables.push(again === true || !report.anonymous ? 't' : 'f');
    columns.anonymouses.push(report.anonymous ? 't' : 'f');
    columns.runNames.push(quote(report.run?.name));
    columns.runUids.push(quote(report.run?.uid));
    columns.actors.push(quote(report.actor));
    columns.leaders.push(together === true && n > 0 ? '0' : empty);
    this.#contents.push(contentOf(report));
  }

  #addRow(identity: Identity, endsOfKey: string | null): string {
    const key = identityKey(identity);
    if (!this.#rows.has(key)) {
      const { resourceType, resourceName, resourceNamespace } = identity.scope;
      this.#rows.set(key, {
        identity: key,
        cluster: identity.cluster,
        namespace: identity.namespace,
        resource_type: resourceType,
        resource_name: resourceName,
        resource_namespace: resourceNamespace,
        issue_type: identity.issueType,
        ends_of: endsOfKey,
      });
      const isPipeline = resourceType === 'pipelinerun' && identity.issueType === 'pipeline';
      (isPipeline ? this.#pipelines : this.#others).push(key);
    }
    return key;
  }

  /** By the names of the function's parameters. */
  toArguments(): Arguments {
    const columns = Object.entries(this.#columns).map(([name, values]) => [name, literal(values)]);
    return {
      ...(Object.fromEntries(columns) as Record<keyof ReturnType<typeof emptyColumns>, string>),
      pipelines: literal(this.#pipelines),
      others: literal(this.#others),
      rows: JSON.stringify([...this.#rows.values()]),
      contents: JSON.stringify(this.#contents),
    };
  }
}

/** What a failing report says, as it is kept; null for the others. */
function contentOf({ failure, identity, labels }: Report): object | null {
  return failure === null
    ? null
    : {
        title: failure.title,
        description: failure.description,
        severity: failure.severity,
        links: failure.links,
        dueAt: failure.dueAt === null ? null : iso(failure.dueAt),
        labels: normaliseLabels(identity.scope, labels),
      };
}

/** @param time milliseconds since 1970 */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Null as an element of an array literal. */
const empty = 'null';

function literal(elements: readonly string[]): string {
  return `{${elements.join(',')}}`;
}

/** Any text as an element of an array literal. */
function quote(value: string | null | undefined): string {
  return value === null || value === undefined ? empty : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

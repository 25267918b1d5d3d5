import type * as z from 'zod/mini';
import { limits, times, url } from '../../core/contract/fields.ts';
import type { reportInput } from '../../core/contract/reports.ts';
import type { IssueType, Link, Severity } from '../../core/domain/report.ts';
import type { Outgoing } from '../runtime/controller.ts';
import { selects } from './selector.ts';
import type { Surroundings } from './settings.ts';

/** What a report is about, whatever it says of it. Texts may be of any length: they are cut to the contract's limits. */
export interface About {
  /** The controller's name; the report's source is `operator/` and this. */
  readonly controller: string;
  readonly namespace: string;
  readonly issueType: IssueType;
  /** Lower case, such as `component`. */
  readonly resourceType: string;
  readonly resourceName: string;
  /** Milliseconds since 1970. */
  readonly observedAt: number;
  /** Milliseconds since 1970: when the judged thing was created, for things that end. */
  readonly subjectCreatedAt?: number | undefined;
  readonly eventId: string;
  readonly run?: { readonly name: string | undefined; readonly uid: string | undefined };
  /** Those that are undefined are left out. */
  readonly labels?: Readonly<Record<string, string | undefined>>;
  /** The observed object's own labels, by which its severity may be overridden. */
  readonly selectable: Readonly<Record<string, string>>;
}

export interface Failing {
  readonly title: string;
  readonly description: string;
  /** Unless the surroundings override it. */
  readonly severity: Severity;
  /** Those that are no http or https URL are left out. */
  readonly links?: readonly Link[];
}

type Wire = z.input<typeof reportInput>;

export function passing(about: About, around: Surroundings): Outgoing {
  return outgoing(about, { outcome: 'passing', ...common(about, around) });
}

export function failing(about: About, failure: Failing, around: Surroundings): Outgoing {
  const override = around.severityOverrides.find(({ selector }) => selects(selector, about.selectable));
  return outgoing(about, {
    outcome: 'failing',
    ...common(about, around),
    title: line(failure.title, limits.title),
    description: longText(failure.description),
    severity: override?.severity ?? failure.severity,
    links: (failure.links ?? [])
      .filter((link) => url.safeParse(link.url).success)
      .slice(0, limits.links)
      .map((link) => ({ title: line(link.title, limits.title), url: link.url })),
  });
}

function outgoing(about: About, report: Wire): Outgoing {
  const { namespace, issueType, scope, eventId, outcome } = report;
  return {
    controller: about.controller,
    outcome,
    subject: `${namespace} ${issueType} ${scope.resourceType}/${scope.resourceName}`,
    eventId: eventId ?? '',
    report,
  };
}

function common(about: About, around: Surroundings) {
  const { subjectCreatedAt, run } = about;
  return {
    ...(around.clusterName === undefined ? {} : { cluster: around.clusterName }),
    namespace: named(about.namespace, limits.namespace, limits.namespaceBytes),
    scope: {
      resourceType: named(about.resourceType, limits.name, limits.kindBytes),
      resourceName: named(about.resourceName, limits.name, limits.nameBytes),
    },
    issueType: about.issueType,
    source: line(`operator/${about.controller}`, limits.source),
    eventId: line(about.eventId, limits.eventId),
    observedAt: iso(about.observedAt),
    ...(subjectCreatedAt === undefined ? {} : { subjectCreatedAt: iso(subjectCreatedAt) }),
    ...(run === undefined
      ? {}
      : { run: { name: cut(run.name ?? '', limits.name), uid: cut(run.uid ?? '', limits.name) } }),
    labels: Object.fromEntries(
      Object.entries(about.labels ?? {})
        .flatMap(([key, value]) =>
          value === undefined ? [] : [[line(key, limits.labelKey), cut(value, limits.labelValue)] as const],
        )
        .slice(0, limits.labels),
    ),
  };
}

function iso(time: number): string {
  return new Date(Math.min(Math.max(time, times.earliest), times.latest)).toISOString();
}

/** Plain Unicode without NUL, at most so many units of it, and no half of a character at the cut. */
function cut(text: string, most: number): string {
  const plain = text.replaceAll('\0', '\u{fffd}').toWellFormed();
  return plain.length <= most ? plain : plain.slice(0, most).replace(/[\u{d800}-\u{dbff}]$/u, '');
}

/** One line that is not blank, with an ellipsis where it was cut. */
function line(text: string, most: number): string {
  const plain = cut(text, text.length).replace(/\s+/g, ' ').trim();
  const short = plain.length <= most ? plain : `${cut(plain, most - 1)}…`;
  return short === '' ? '(unnamed)' : short;
}

/** A name, no longer than so many units and so many bytes of UTF-8. */
function named(text: string, most: number, bytes: number): string {
  const short = cut(text, most);
  return bytesCut(short.trim() === '' ? '(unnamed)' : short, bytes);
}

function bytesCut(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) {
    return text;
  }
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}

const cutNote = '\n… (cut)';

function longText(text: string): string {
  const plain = cut(text, text.length).trim();
  if (plain === '') {
    return '(nothing is said)';
  }
  const short = bytesCut(plain, limits.description - Buffer.byteLength(cutNote));
  return short === plain ? plain : short + cutNote;
}

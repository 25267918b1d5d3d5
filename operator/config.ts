import { dirname, resolve } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod/mini';
import { ConfigError } from '../core/config-error.ts';
import { type Problem, toLines, toProblems } from './config/problems.ts';
import { type logFormats, type logLevels, schema } from './config/schema.ts';
import { controllers as kinds } from './controllers/all.ts';
import type { Surroundings } from './controllers/settings.ts';
import type { Controller } from './runtime/controller.ts';
import type { NamespaceSelection } from './runtime/places.ts';

/** Where the operator runs, which decides some defaults. */
export interface Place {
  /** Whether it is in a pod, and speaks to that pod's API server. */
  readonly isPod: boolean;
  /** Where the journal lies when nobody says. */
  readonly journalDirectory: string;
}

/** Everything that the file decides; plain data, so that two can be compared. Times are in milliseconds. */
export interface Config {
  readonly kite: {
    readonly url: string;
    /** An absolute path, as are the others. */
    readonly tokenFile: string | undefined;
    readonly caFile: string | undefined;
  };
  readonly surroundings: Surroundings;
  /** Those that run, with what each alone is told. */
  readonly controllers: Readonly<Partial<Record<ControllerName, unknown>>>;
  readonly namespaces: NamespaceSelection;
  readonly resync: number;
  readonly journal: { readonly directory: string; readonly mostReports: number; readonly mostBytes: number };
  readonly lease: {
    readonly isEnabled: boolean;
    readonly name: string;
    /** Absent: the one that the cluster's credentials name. */
    readonly namespace: string | undefined;
  };
  /** Absent host: every address. */
  readonly server: { readonly host: string | undefined; readonly port: number };
  readonly log: {
    readonly level: (typeof logLevels)[number];
    readonly format: (typeof logFormats)[number] | undefined;
  };
  readonly grace: number;
}

type ControllerName = keyof typeof kinds;
const controllerNames = Object.keys(kinds) as readonly ControllerName[];

/** Runs where the file lists no controller at all. */
const usual: ControllerName = 'pipelinerun';
const megabyte = 1024 * 1024;

/**
 * Reads what stands in the configuration file. The empty text gives the defaults.
 *
 * @param path of the file, from whose directory relative paths in it count
 * @throws ConfigError
 */
export function parseConfig(text: string, path: string, place: Place): Config {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ code, message, pos }) => {
        const said = code === 'MULTIPLE_DOCS' ? 'A second document begins here; give one.' : message;
        return `line ${counter.linePos(pos[0]).line}: ${said}`;
      }),
    );
  }
  const plain = plainOf(document) ?? {};
  const given = isSection(plain) ? withoutBlanks(plain) : plain;
  const parsed = schema.safeParse(given, { reportInput: true });
  const problems = [...(parsed.success ? [] : toProblems([], parsed.error.issues))];
  const controllers = chosen(isSection(given) ? given.controllers : undefined, problems);
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(toLines(problems, document, counter));
  }
  return settled(parsed.data, controllers, dirname(path), place);
}

/** The controllers that run. */
export function controllersOf({ controllers, surroundings }: Config): readonly Controller[] {
  return Object.entries(controllers).map(([name, own]) => {
    const { create } = kinds[name as ControllerName] as Kind;
    return create({ ...surroundings, ...(own as object) } as never);
  });
}

/** A controller of which it is not known what it alone is told: its own schema has made that. */
interface Kind {
  readonly settings: z.ZodMiniType;
  readonly create: (settings: never) => Controller;
}

/** @param problems takes what is wrong with them */
function chosen(given: unknown, problems: Problem[]): Config['controllers'] {
  const sections = isSection(given) ? given : {};
  const asked = Object.hasOwn(sections, usual) ? sections : { [usual]: {}, ...sections };
  const found: Partial<Record<ControllerName, unknown>> = {};
  for (const [name, section] of Object.entries(asked)) {
    const path = ['controllers', name];
    if (!isControllerName(name)) {
      problems.push({ path, message: `is not a controller; there are ${controllerNames.join(', ')}` });
      continue;
    }
    const { enabled = true, ...own } = isSection(section) ? withoutBlanks(section) : {};
    if (section !== null && !isSection(section)) {
      problems.push({ path, message: 'is not a section' });
    } else if (typeof enabled !== 'boolean') {
      problems.push({ path: [...path, 'enabled'], message: 'is not true or false' });
    }
    const { settings } = kinds[name] as Kind;
    const parsed = settings.safeParse(own, { reportInput: true });
    if (!parsed.success) {
      problems.push(...toProblems(path, parsed.error.issues));
    } else if (enabled === true) {
      found[name] = parsed.data;
    }
  }
  return found;
}

function settled(
  data: z.output<typeof schema>,
  controllers: Config['controllers'],
  from: string,
  place: Place,
): Config {
  const { kite, journal, lease, server, log } = data;
  const { clusterName, consoleUrl, severityOverrides, namespaces, resync, grace } = data;
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(from, path);
  return {
    kite: { url: kite.url, tokenFile: absolute(kite.tokenFile), caFile: absolute(kite.caFile) },
    surroundings: { clusterName, consoleUrl, severityOverrides },
    controllers,
    namespaces,
    resync,
    journal: {
      directory: absolute(journal.directory) ?? place.journalDirectory,
      mostReports: journal.mostReports,
      mostBytes: journal.mostMegabytes * megabyte,
    },
    lease: { isEnabled: lease.enabled ?? place.isPod, name: lease.name, namespace: lease.namespace },
    server: { host: server.host ?? (place.isPod ? undefined : '127.0.0.1'), port: server.port },
    log: { level: log.level, format: log.format },
    grace,
  };
}

/** A key without a value, such as a section whose lines are all commented out, counts as absent. */
function withoutBlanks(section: Section): Section {
  return Object.fromEntries(
    Object.entries(section)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, isSection(each) && key !== 'controllers' ? withoutBlanks(each) : each]),
  );
}

function plainOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias without an anchor, or far too many of them.
    throw new ConfigError([`the file ${error instanceof Error ? error.message : String(error)}`]);
  }
}

type Section = Readonly<Record<string, unknown>>;

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isControllerName(name: string): name is ControllerName {
  return Object.hasOwn(kinds, name);
}

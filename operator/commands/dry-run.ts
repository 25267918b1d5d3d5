import { controllersOf } from '../config.ts';
import type { Controller, Observation, Outgoing, Subject } from '../runtime/controller.ts';
import { observeOnce } from '../runtime/manager/once.ts';
import { createManager, type ManagerOptions } from '../runtime/manager.ts';
import type { Where } from './arguments.ts';
import { chance, connect, openConfig, openLog, type Setting, silent } from './setting.ts';

type Asked = Where & { readonly isOnce: boolean; readonly isJson: boolean };

/**
 * Prints for each object what would be reported, or why nothing would be; when watching, again whenever that changes.
 * Nothing is sent or kept, and no lease is asked for.
 *
 * @returns the exit code: 1 when something could not be listed or observed
 */
export async function dryRun(where: Asked, setting: Setting): Promise<number> {
  const { config } = await openConfig(where, setting.env);
  // What is printed says it already.
  const log = openLog(config, 2, config.log.level === 'info' ? 'warn' : config.log.level);
  const cluster = await connect(where, setting.env);
  const write = where.isJson ? asJson : asText;
  const print = (subject: Subject, name: string, made: Observation) =>
    setting.print(write(subject, name, made));
  try {
    const options: ManagerOptions = {
      cluster,
      controllers: controllersOf(config).map((controller) => telling(controller, print)),
      namespaces: config.namespaces,
      resync: config.resync,
      accept: async () => undefined,
      telemetry: silent,
      log,
      ...chance,
    };
    return where.isOnce ? await pass(options, setting) : await watch(options, setting);
  } finally {
    await cluster.close();
    log.flush();
  }
}

async function watch(options: ManagerOptions, { stop }: Setting): Promise<number> {
  await createManager({ ...options, drain: 0 }).run(stop);
  return 0;
}

async function pass(options: ManagerOptions, { print, stop }: Setting): Promise<number> {
  const { rows, problems } = await observeOnce(options, stop);
  const failures = rows.flatMap(({ controller, namespace, name, failure }) =>
    failure === undefined ? [] : [`${controller}: ${namespace}/${name} cannot be observed: ${failure}`],
  );
  const said = [...problems.map(({ name, message }) => `${name}: ${message}`), ...failures];
  for (const sentence of said) {
    process.stderr.write(`${sentence}\n`);
  }
  if (rows.length === 0 && said.length === 0) {
    process.stderr.write('There is nothing to observe.\n');
  }
  print('');
  return said.length === 0 ? 0 : 1;
}

/** The controller, which tells of each look whose outcome is not what the last one at the same object came to. */
function telling(
  controller: Controller,
  tell: (subject: Subject, name: string, made: Observation) => void,
): Controller {
  const told = new Map<string, string>();
  return {
    ...controller,
    observe: async (subject, reader, now) => {
      const made = await controller.observe(subject, reader, now);
      const { uid } = subject.object.metadata;
      const outcome = [made.reason, ...made.reports.map(({ eventId }) => eventId)].join('\n');
      if (told.get(uid) !== outcome) {
        tell(subject, controller.name, made);
      }
      if (subject.isDeleted) {
        told.delete(uid);
      } else {
        told.set(uid, outcome);
      }
      return made;
    },
  };
}

function asJson(
  { object, isDeleted }: Subject,
  controller: string,
  { reports, reason }: Observation,
): string {
  const { namespace, name, uid } = object.metadata;
  const line = {
    controller,
    namespace,
    name,
    uid,
    isDeleted,
    reason,
    reports: reports.map(({ report }) => report),
  };
  return `${JSON.stringify(line)}\n`;
}

function asText({ object }: Subject, controller: string, { reports, reason }: Observation): string {
  const { namespace, name } = object.metadata;
  const verdict = reports.length === 0 ? 'not reported' : 'reported    ';
  const lines = [
    `${verdict}  ${controller}  ${namespace}/${name}: ${reason}`,
    ...reports.map((one) => `                ${toLine(one)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function toLine({ outcome, subject, report }: Outgoing): string {
  const said = outcome === 'failing' ? [String(report.severity), JSON.stringify(report.title)] : [];
  return [outcome, subject, ...said].join('  ');
}

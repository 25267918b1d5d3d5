import type { LogsUrl } from '../../core/contract/from-webhook.ts';
import type { Config } from '../config.ts';

/** Where the log of a run is, by the template that the configuration has. */
export function logsUrlOf(config: Config): LogsUrl {
  return (namespace, run) =>
    config.logsUrl
      ?.replaceAll('{namespace}', encodeURIComponent(namespace))
      .replaceAll('{run}', encodeURIComponent(run)) ?? null;
}

import type { Health } from '../../core/contract/health.ts';
import { health as operation } from '../../core/contract/operations/about.ts';
import { KiteError } from '../../core/errors.ts';
import { checkDatabase, type DatabaseHealth } from '../../db/health/check.ts';
import { about } from '../http/about.ts';
import { answer } from '../http/answer.ts';
import { defineHandler, lambda } from '../http/handler.ts';
import type { Runtime } from '../http/runtime.ts';

export const get = defineHandler(operation, async (request, runtime) => {
  const database = await ask(runtime);
  const seconds = (runtime.clock() - request.received) / 1000;
  const up = database !== null;
  const status = up ? 'UP' : 'DOWN';
  const body: Health = {
    status,
    message: up ? 'All components are up' : 'The database does not answer',
    timestamp: new Date(request.received).toISOString(),
    components: {
      api: { status: 'UP', message: 'The API is up', details: { version: about.version } },
      database: {
        status,
        message: up ? 'The database is up' : 'The database does not answer',
        details: {
          connection_status: up ? 'connected' : 'disconnected',
          response_time_seconds: seconds,
          open_connections: database?.open ?? 0,
          idle_connections: database?.idle ?? 0,
          max_open_connections: database?.most ?? 0,
        },
      },
      response_time: { status: 'UP', message: 'Measured', details: { duration_seconds: seconds } },
    },
  };
  return up ? answer(200, body) : answer(503, body);
});
export const handler = lambda(get);

/** How long health waits for the database at the most, in milliseconds, and always less than the request may take. */
const longest = 2_000;

/** Null when the database does not answer. */
async function ask(runtime: Runtime): Promise<DatabaseHealth | null> {
  try {
    return await checkDatabase(runtime.database, Math.min(longest, runtime.config.requestTimeout * 0.8));
  } catch (error) {
    if (error instanceof KiteError && error.code === 'unavailable') {
      return null;
    }
    throw error;
  }
}

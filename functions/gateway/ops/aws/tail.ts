import { setTimeout as pause } from 'node:timers/promises';
import type { Place } from './arguments.ts';
import { clientConfig, explain, loadAws } from './client.ts';

/** Milliseconds between two questions for what is new. */
const interval = 2_000;
/** Milliseconds by which a line may come later than a younger one: so far back each question reaches. */
const lateness = 10_000;

/**
 * Writes what a function has logged, the oldest first, and goes on with what comes where it is asked to follow.
 *
 * @param options.from milliseconds since 1970
 * @param options.write takes a line with its end
 * @throws Error whose message says why it cannot be read
 */
export async function tail(
  place: Place,
  functionName: string,
  options: {
    readonly from: number;
    readonly follow: boolean;
    readonly clock: () => number;
    readonly write: (line: string) => void;
  },
): Promise<void> {
  const { CloudWatchLogsClient, FilterLogEventsCommand } = await loadAws(
    () => import('@aws-sdk/client-cloudwatch-logs'),
  );
  const client = new CloudWatchLogsClient(clientConfig(place));
  const group = `/aws/lambda/${functionName}`;
  let seen = new Map<string, number>();
  let { from } = options;
  try {
    for (;;) {
      const asked = options.clock();
      let nextToken: string | undefined;
      do {
        const page = await client.send(
          new FilterLogEventsCommand({ logGroupName: group, startTime: from, nextToken }),
        );
        for (const { eventId = '', timestamp = 0, message = '' } of page.events ?? []) {
          if (!seen.has(eventId)) {
            seen.set(eventId, timestamp);
            options.write(`${new Date(timestamp).toISOString()}  ${message.trimEnd()}\n`);
          }
        }
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      if (!options.follow) {
        return;
      }
      from = Math.max(from, asked - lateness);
      seen = new Map([...seen].filter(([, timestamp]) => timestamp >= from));
      await pause(interval);
    }
  } catch (error) {
    throw new Error(explain(error, `log ${group}`, place), { cause: error });
  } finally {
    client.destroy();
  }
}

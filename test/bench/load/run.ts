import { httpSender } from './http.ts';
import { Latencies } from './latencies.ts';
import { messagesOf } from './messages.ts';
import type { LoadPlan, LoadResult } from './plan.ts';
import type { Outcome, Sender } from './sender.ts';
import { statementSender } from './statements.ts';

const defaultConnections = 16;
const complaintsKept = 5;

/** Carries out a plan: each connection sends its next request as soon as the one before is answered. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  if (plan.seconds === undefined && plan.count === undefined) {
    throw new Error('A plan says how long or how many.');
  }
  const connections = plan.connections ?? defaultConnections;
  const sender = plan.url.startsWith('postgres')
    ? statementSender(plan.url, connections)
    : httpSender(plan.url, connections, plan.token);
  try {
    return await send(plan, connections, sender);
  } finally {
    await sender.close();
  }
}

async function send(plan: LoadPlan, connections: number, sender: Sender): Promise<LoadResult> {
  const messages = messagesOf(plan);
  const latencies = new Latencies();
  const outcomes: Record<string, number> = {};
  const complaints: string[] = [];
  let [sent, reports, measured, measuredReports, errors, cut] = [0, 0, 0, 0, 0, 0];
  const begin = performance.now() + plan.warmUp * 1000;
  const end = plan.seconds === undefined ? Number.POSITIVE_INFINITY : begin + plan.seconds * 1000;
  const most = plan.count ?? Number.POSITIVE_INFINITY;
  let [first, last] = [Number.POSITIVE_INFINITY, begin];

  const note = ({ name, complaint }: Outcome): void => {
    outcomes[name] = (outcomes[name] ?? 0) + 1;
    if (complaint !== null) {
      errors += 1;
      if (complaints.length < complaintsKept) {
        complaints.push(complaint);
      }
    }
  };
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < end && measured < most; now = performance.now()) {
      const isMeasured = now >= begin;
      measured += isMeasured ? 1 : 0;
      const n = sent;
      sent += 1;
      const message = messages.at(n);
      if (plan.cutEvery !== undefined && n % plan.cutEvery === 0) {
        cut += 1;
        await sender.cutOff(message);
      }
      const started = performance.now();
      const outcome = await sender.send(message);
      note(outcome);
      reports += outcome.complaint === null ? message.size : 0;
      if (isMeasured) {
        const ended = performance.now();
        first = Math.min(first, started);
        last = Math.max(last, ended);
        if (outcome.complaint === null) {
          latencies.add(ended - started, performance.timeOrigin + ended);
          measuredReports += message.size;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));

  const seconds = Math.max(0, last - first) / 1000 || 1;
  const [p50 = 0, p99 = 0, max = 0] = latencies.percentiles(50, 99, 100);
  return {
    seconds,
    requests: latencies.count,
    perSecond: latencies.count / seconds,
    reportsPerSecond: measuredReports / seconds,
    p50,
    p99,
    max,
    outcomes,
    errors,
    complaints,
    sent,
    reports,
    next: plan.from + sent * messages.span,
    cut,
    slices: latencies.slices(),
  };
}

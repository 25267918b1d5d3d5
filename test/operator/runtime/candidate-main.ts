/**
 * A replica in a process of its own: tells by lines when it leads, when it is told to stop, and whether it holds the
 * lease then. SIGTERM is a clean stop.
 *
 *   tsx test/operator/runtime/candidate-main.ts KUBECONFIG NAMESPACE IDENTITY TIMING
 */
import { connectCluster } from '../../../operator/runtime/cluster.ts';
import { createElection } from '../../../operator/runtime/lease.ts';
import { pause } from '../../../operator/runtime/patience.ts';
import { countingTelemetry, recordingLog } from './watching.ts';

const [kubeconfig, namespace = '', identity = '', timing = '{}'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const cluster = await connectCluster({ kubeconfig, env: {}, clock: Date.now });
const election = createElection({
  cluster,
  namespace,
  name: 'operator',
  identity,
  timing: JSON.parse(timing),
  lead: async (signal) => {
    console.log('leads');
    while (!signal.aborted) {
      // What a process that was halted does first when it goes on.
      if (!election.holds()) {
        console.log('holds no more');
      }
      await pause(20, signal);
    }
    console.log('stops');
  },
  telemetry: countingTelemetry().telemetry,
  log: recordingLog().log,
  clock: Date.now,
  random: Math.random,
});
console.log('candidate');
await election.run(stop.signal);
await cluster.close();
console.log('ended');

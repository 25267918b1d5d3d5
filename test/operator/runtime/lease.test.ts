import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Cluster } from '../../../operator/runtime/cluster.ts';
import { createElection, type Election, type Timing } from '../../../operator/runtime/lease.ts';
import { pause } from '../../../operator/runtime/patience.ts';
import { type KubeClient, writeKubeconfig } from '../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { type Relay, startRelay } from './broken-network.ts';
import { connectTo, countingTelemetry, recordingLog } from './watching.ts';

const QUICK: Partial<Timing> = { lease: 2_000, renewDeadline: 1_200, renew: 200, look: 100 };

interface Candidate {
  readonly election: Election;
  readonly end: () => Promise<void>;
}

interface Started {
  readonly child: ChildProcess;
  /** What it has told. */
  readonly lines: readonly string[];
}

describeWithCluster('An election', () => {
  let client: KubeClient;
  let cluster: Cluster;
  let relay: Relay;
  let namespace: string;
  /** What has happened, in order, to all candidates of a test in this process. */
  let story: string[] = [];
  const endings: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    client = await sharedCluster();
    cluster = await connectTo(client.address);
    relay = await startRelay(client.address);
  });
  afterEach(async () => {
    await Promise.all(endings.splice(0).map((end) => end()));
  });
  afterAll(async () => {
    await relay.close();
    await cluster.close();
    await client.close();
  });

  async function begin(): Promise<void> {
    namespace = await client.namespace();
    story = [];
  }

  function enter(identity: string, over = cluster, lead?: (signal: AbortSignal) => Promise<void>): Candidate {
    const stop = new AbortController();
    const election = createElection({
      cluster: over,
      namespace,
      name: 'operator',
      identity,
      timing: QUICK,
      lead: async (signal) => {
        story.push(`${identity} leads`);
        await (lead ?? ((until) => pause(3_600_000, until)))(signal);
        story.push(`${identity} stops`);
      },
      telemetry: countingTelemetry().telemetry,
      log: recordingLog().log,
      clock: Date.now,
      random: Math.random,
    });
    const running = election.run(stop.signal);
    const end = async (): Promise<void> => {
      stop.abort();
      await running;
    };
    endings.push(end);
    return { election, end };
  }

  const lease = async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/operator`;
    return (await client.must('GET', path)).spec;
  };

  test('has one leader, and another one as soon as it stops', async () => {
    await begin();
    const first = enter('first');
    await until('the first leads', () => first.election.holds());
    const second = enter('second');
    await until('the second knows', () => second.election.state().holder === 'first');
    const renewed = (await lease()).renewTime;
    await until('it is renewed', async () => (await lease()).renewTime !== renewed);
    expect(second.election.holds()).toBe(false);
    await first.end();
    await until('the second leads', () => second.election.holds());
    expect(story).toStrictEqual(['first leads', 'first stops', 'second leads']);
    expect(await lease()).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
  });

  test('of many that begin at once has one', async () => {
    await begin();
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => enter(name));
    await until('all know who leads', () =>
      all.every(({ election }) => election.holds() || election.state().holder !== ''),
    );
    expect(all.filter(({ election }) => election.holds())).toHaveLength(1);
    expect(story).toHaveLength(1);
  });

  test('has another leader when one is cut off, which has stopped by then', async () => {
    await begin();
    const first = enter('first', relay.cluster);
    await until('the first leads', () => first.election.holds());
    const second = enter('second');
    await until('the second knows', () => second.election.state().holder === 'first');
    relay.cut();
    await until('the second leads', () => second.election.holds());
    expect(first.election.holds()).toBe(false);
    expect(first.election.state().problem).toBeDefined();
    expect(story).toStrictEqual(['first leads', 'first stops', 'second leads']);
    relay.mend();
    await until('the first knows', () => first.election.state().holder === 'second');
    expect(first.election.state()).toMatchObject({ isLeader: false, problem: undefined });
  });

  test('makes a leader stop at once when somebody else has taken the lease', async () => {
    await begin();
    const first = enter('first');
    await until('the first leads', () => first.election.holds());
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/operator`;
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 3_600 };
    await client.must('PATCH', path, { spec });
    await until('it stops', () => story.includes('first stops'));
    expect(first.election.holds()).toBe(false);
    expect((await lease()).holderIdentity).toBe('somebody');
  });

  test('survives that others edit the lease, or remove it', async () => {
    await begin();
    const first = enter('first');
    await until('the first leads', () => first.election.holds());
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/operator`;
    await client.must('PATCH', path, { metadata: { labels: { edited: 'yes' } } });
    const { renewTime } = await lease();
    await until('it is renewed', async () => (await lease()).renewTime !== renewTime);
    await client.must('DELETE', path);
    await until('it is there again', async () => (await client.call('GET', path)).status === 200);
    expect(first.election.holds()).toBe(true);
    expect(story).toStrictEqual(['first leads']);
  });

  test('gives the lease up when leading ends by itself, and lets others go first', async () => {
    await begin();
    const first = enter('first', cluster, async () => undefined);
    await until('it has led', () => story.includes('first stops'));
    const second = enter('second');
    await until('the second leads', () => second.election.holds());
    expect(story.slice(0, 2)).toStrictEqual(['first leads', 'first stops']);
    await first.end();
  });

  test('is named as a problem without the right to the lease', async () => {
    await begin();
    const account = await client.account(namespace);
    const theirs = await connectTo(account.address);
    const { election, end } = enter('first', theirs);
    await until('it is named', () => election.state().problem !== undefined);
    expect(election.state().problem).toContain('forbidden');
    await end();
    await theirs.close();
  });

  test('has another leader within 20 s of a kill, with the usual timing', async () => {
    await begin();
    const kubeconfig = await writeKubeconfig(client.address);
    const both = [start(kubeconfig, 'first'), start(kubeconfig, 'second')];
    await until('both are there', () => both.every(({ lines }) => lines.includes('candidate')));
    const leader = await until('one leads', () => both.find(({ lines }) => lines.includes('leads')));
    leader.child.kill('SIGKILL');
    await until('the other one leads', () => both.every(({ lines }) => lines.includes('leads')), 20_000);
  }, 60_000);

  test('ends the lead of a process that was halted for too long', async () => {
    await begin();
    const kubeconfig = await writeKubeconfig(client.address);
    const first = start(kubeconfig, 'first', { lease: 3_000, renewDeadline: 2_000, renew: 300 });
    await until('the first leads', () => first.lines.includes('leads'));
    first.child.kill('SIGSTOP');
    const second = enter('second');
    await until('the second leads', () => second.election.holds());
    first.child.kill('SIGCONT');
    await until('the first stops', () => first.lines.includes('stops'));
    expect(first.lines.indexOf('leads')).toBe(first.lines.lastIndexOf('leads'));
    expect(second.election.holds()).toBe(true);
    first.child.kill('SIGTERM');
    await until('the first ends', () => first.lines.includes('ended'));
  }, 60_000);

  /** A candidate in a process of its own. */
  function start(kubeconfig: string, identity: string, timing: Partial<Timing> = {}): Started {
    const lines: string[] = [];
    const program = join(import.meta.dirname, 'candidate-main.ts');
    const args = [program, kubeconfig, namespace, identity, JSON.stringify(timing)];
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => void lines.push(...text.trim().split('\n')));
    endings.push(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    });
    return { child, lines };
  }
});

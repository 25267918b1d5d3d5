import { ClusterFailure, hasStatus } from './cluster/failure.ts';
import type { Cluster } from './cluster.ts';
import { type Lease, LeaseRecord } from './lease/record.ts';
import type { Log } from './log.ts';
import { pause } from './patience.ts';
import type { Telemetry } from './telemetry.ts';

export interface ElectionOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly name: string;
  /** Different for each process that runs at the same time: a pod's name, or a random one. */
  readonly identity: string;
  /**
   * Observes until `signal` is aborted. It is called when this replica becomes the leader. The lease is renewed until it
   * has resolved, if the API server lets it, and given up only then; also when it ends by itself.
   */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly timing?: Partial<Timing>;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Milliseconds since 1970, for what is written into the lease. */
  readonly clock: () => number;
  /** Milliseconds that only ever go forward, by which it is judged. Default `performance.now`. */
  readonly monotonic?: () => number;
  readonly random: () => number;
}

/** In milliseconds. */
export interface Timing {
  /** How long others wait for a leader that is not heard of. Default 12 s. */
  readonly lease: number;
  /** After this time without a renewal the leader stops to observe. Shorter than `lease`. Default 8 s. */
  readonly renewDeadline: number;
  /** Between two renewals. Default 2 s. */
  readonly renew: number;
  /** Between two looks of a standby. Default 1 s. */
  readonly look: number;
}

export interface ElectionState {
  readonly isLeader: boolean;
  /** Empty when nobody leads, or nobody is known to. */
  readonly holder: string;
  /** Why the lease cannot be read or written, in a sentence. */
  readonly problem: string | undefined;
}

export interface Election {
  /** Takes part until `signal` is aborted; then it lets `lead` end, gives the lease up and resolves. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether this replica leads and its lease cannot have expired. */
  holds(): boolean;
  state(): ElectionState;
}

const DEFAULTS: Timing = { lease: 12_000, renewDeadline: 8_000, renew: 2_000, look: 1_000 };

/**
 * Decides with a Lease which of several replicas leads.
 *
 * Clocks of different machines are never compared: a standby takes over when it has seen no change of the lease for as
 * long as the lease lasts, by its own clock. The leader counts from before it sent its last renewal, so it has stopped
 * before anybody else can begin. With the defaults a standby leads at most 14 s after the leader was killed, and within
 * about a second after a clean stop.
 */
export function createElection(options: ElectionOptions): Election {
  return new Candidate(options);
}

class Candidate implements Election {
  readonly #options: ElectionOptions;
  readonly #timing: Timing;
  readonly #record: LeaseRecord;
  readonly #monotonic: () => number;
  /** The lease as it was seen last, and when it was first seen like that. */
  #seen: { readonly lease: Lease | null; readonly since: number } | undefined;
  /** Until when this replica leads, by the monotonic clock. */
  #until = Number.NEGATIVE_INFINITY;
  #problem: string | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#timing = { ...DEFAULTS, ...options.timing };
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#record = new LeaseRecord(options.cluster, options, Math.max(this.#timing.renew, 1_000));
  }

  holds(): boolean {
    return this.#monotonic() < this.#until;
  }

  state(): ElectionState {
    const holder = this.#seen?.lease?.spec?.holderIdentity ?? '';
    return { isLeader: this.holds(), holder, problem: this.#problem };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { telemetry, random } = this.#options;
    telemetry.gauge('leader', 0);
    while (!signal.aborted) {
      if (await this.#attempt(() => this.#acquire())) {
        await this.#lead(signal);
        continue;
      }
      const { look } = this.#timing;
      await pause(Math.min(look * (0.8 + 0.4 * random()), Math.max(10, this.#remaining())), signal);
    }
  }

  /** Milliseconds until the lease that was seen has expired. */
  #remaining(): number {
    if (this.#seen === undefined || (this.#seen.lease?.spec?.holderIdentity ?? '') === '') {
      return Number.POSITIVE_INFINITY;
    }
    const seconds = this.#seen.lease?.spec?.leaseDurationSeconds ?? 0;
    const remaining = this.#seen.since + Math.max(seconds * 1000, 1_000) - this.#monotonic();
    return remaining > 0 ? remaining : Number.POSITIVE_INFINITY;
  }

  /** @returns whether this replica leads from now on */
  async #acquire(): Promise<boolean> {
    const lease = await this.#look();
    const holder = lease?.spec?.holderIdentity ?? '';
    if (holder !== '' && holder !== this.#options.identity && !this.#isExpired()) {
      return false;
    }
    await this.#claim(lease, this.#options.identity);
    return true;
  }

  async #look(): Promise<Lease | null> {
    const lease = await this.#record.read();
    const isSame =
      this.#seen !== undefined &&
      this.#seen.lease?.metadata.resourceVersion === lease?.metadata.resourceVersion;
    if (!isSame) {
      this.#seen = { lease, since: this.#monotonic() };
    }
    return lease;
  }

  #isExpired(): boolean {
    const seconds = this.#seen?.lease?.spec?.leaseDurationSeconds ?? 0;
    const since = this.#seen?.since ?? this.#monotonic();
    return this.#monotonic() - since >= Math.max(seconds * 1000, 1_000);
  }

  /** Renews or takes the lease; what counts is when it was sent, since nobody can have seen it earlier. */
  async #claim(before: Lease | null, holder: string): Promise<void> {
    const sent = this.#monotonic();
    const seconds = holder === '' ? 1 : Math.ceil(this.#timing.lease / 1000);
    const lease = await this.#record.write(before, { holder, seconds, now: this.#options.clock() });
    this.#seen = { lease, since: this.#monotonic() };
    this.#until = holder === '' ? Number.NEGATIVE_INFINITY : sent + this.#timing.renewDeadline;
  }

  /** Leads until it is over, one way or another. */
  async #lead(outer: AbortSignal): Promise<void> {
    const { telemetry, log, lead, identity } = this.#options;
    log.info({ identity }, 'this replica leads');
    telemetry.gauge('leader', 1);
    const stopped = new AbortController();
    const ended = new AbortController();
    const stop = (): void => stopped.abort();
    outer.addEventListener('abort', stop);
    if (outer.aborted) {
      stop();
    }
    const renewing = this.#renew(stop, ended.signal);
    try {
      await lead(stopped.signal);
    } catch (error) {
      log.error({ identity, err: error }, 'leading has failed');
    } finally {
      outer.removeEventListener('abort', stop);
      ended.abort();
      await renewing;
      telemetry.gauge('leader', 0);
    }
    if (this.holds()) {
      await this.#attempt(async () => {
        await this.#claim(this.#seen?.lease ?? null, '');
        return true;
      });
      this.#until = Number.NEGATIVE_INFINITY;
      log.info({ identity }, 'this replica has given up the lead');
    } else {
      log.warn({ identity }, 'this replica has lost the lead');
    }
    // The others first, also when leading ended by itself.
    await pause(this.#timing.look * 2, outer);
  }

  /** Renews until `signal` is aborted; calls `stop` when the lease is lost, or cannot be renewed in time. */
  async #renew(stop: () => void, signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      clearTimeout(timer);
      timer = setTimeout(stop, Math.max(0, this.#until - this.#monotonic()));
    };
    arm();
    while (!signal.aborted && this.holds()) {
      await pause(this.#timing.renew * (0.8 + 0.4 * random()), signal);
      if (signal.aborted || !this.holds()) {
        break;
      }
      if (await this.#attempt(() => this.#keep())) {
        arm();
      }
    }
    clearTimeout(timer);
    if (!signal.aborted) {
      stop();
    }
  }

  /** @returns whether it was renewed; not leading any more is known at once, whoever holds the lease now */
  async #keep(): Promise<boolean> {
    const { identity } = this.#options;
    try {
      await this.#claim(this.#seen?.lease ?? null, identity);
      return true;
    } catch (error) {
      if (!hasStatus(error, 404, 409)) {
        throw error;
      }
    }
    const lease = await this.#look();
    if (lease === null || lease.spec?.holderIdentity === identity) {
      await this.#claim(lease, identity);
      return true;
    }
    this.#until = Number.NEGATIVE_INFINITY;
    return false;
  }

  /** A failure is named and counted; losing a race is none. */
  async #attempt(work: () => Promise<boolean>): Promise<boolean> {
    const { log, telemetry, identity } = this.#options;
    try {
      const done = await work();
      this.#problem = undefined;
      return done;
    } catch (error) {
      if (hasStatus(error, 409)) {
        this.#problem = undefined;
        return false;
      }
      const message = error instanceof ClusterFailure ? error.message : String(error);
      if (this.#problem !== message) {
        log.warn({ identity, err: error }, 'the lease cannot be read or written');
      }
      this.#problem = message;
      telemetry.count('lease_failures');
      return false;
    }
  }
}

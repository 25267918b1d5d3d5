import { sliceLength } from './plan.ts';

/** Every latency of a run, in milliseconds, and the slowest of each slice of time. */
export class Latencies {
  #all = new Float64Array(65_536);
  #count = 0;
  readonly #slices = new Map<number, { requests: number; slowest: number }>();

  get count(): number {
    return this.#count;
  }

  /** @param endedAt milliseconds since 1970 */
  add(latency: number, endedAt: number): void {
    if (this.#count === this.#all.length) {
      const more = new Float64Array(this.#count * 2);
      more.set(this.#all);
      this.#all = more;
    }
    this.#all[this.#count] = latency;
    this.#count += 1;
    const at = Math.floor(endedAt / sliceLength) * sliceLength;
    const slice = this.#slices.get(at);
    if (slice === undefined) {
      this.#slices.set(at, { requests: 1, slowest: latency });
    } else {
      slice.requests += 1;
      slice.slowest = Math.max(slice.slowest, latency);
    }
  }

  /** The smallest latency that so many of a hundred do not exceed; 0 when there are none. */
  percentiles(...parts: readonly number[]): readonly number[] {
    const sorted = this.#all.slice(0, this.#count).sort();
    return parts.map((part) => sorted[Math.max(0, Math.ceil((part / 100) * this.#count) - 1)] ?? 0);
  }

  slices(): { at: number; requests: number; slowest: number }[] {
    return [...this.#slices].map(([at, slice]) => ({ at, ...slice })).sort((a, b) => a.at - b.at);
  }
}

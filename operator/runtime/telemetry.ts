/** Where the runtime counts. What the names mean stands in operator/runtime/metrics.ts. */
export interface Telemetry {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** @param seconds how long it took */
  time(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void;
}

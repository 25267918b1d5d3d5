/** The options that every command takes, as commander read them. */
export interface GlobalOptions {
  readonly namespace?: string;
  readonly url?: string;
  readonly context?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly kube?: boolean;
  /** Says --kube as well. */
  readonly kubeContext?: string;
  readonly timeout?: number;
  readonly verbose?: boolean;
}

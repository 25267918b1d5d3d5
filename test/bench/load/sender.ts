import type { Message } from './messages.ts';

/** What became of a request. */
export interface Outcome {
  /** The status, or the error's name where there was no answer. */
  readonly name: string;
  /** What is wrong with it, in words; null when it was answered as it should be. */
  readonly complaint: string | null;
}

/** Sends messages to one place; never throws for what the other side does. */
export interface Sender {
  send(message: Message): Promise<Outcome>;
  /** Sends the whole request and hangs up before the answer. */
  cutOff(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** A failure as an outcome. */
export function failed(error: unknown): Outcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = code !== '' ? code : error instanceof Error ? error.name : 'error';
  return {
    name,
    complaint: `${name}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300),
  };
}

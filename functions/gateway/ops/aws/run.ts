import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { type FunctionsCommand, readFunctionsCommand, UsageError } from './arguments.ts';
import { eventOf } from './event.ts';
import { invoke, readAnswer, tellMigrations } from './invoke.ts';
import { tail } from './tail.ts';
import { functionsUsage } from './usage.ts';

/** @returns the exit code */
export async function runFunctionsCommand(args: readonly string[]): Promise<number> {
  try {
    return await carryOut(readFunctionsCommand(args));
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n\n${functionsUsage}`);
    return 2;
  }
}

async function carryOut(command: FunctionsCommand): Promise<number> {
  const { place } = command;
  switch (command.verb) {
    case 'help':
      process.stdout.write(functionsUsage);
      return 0;
    case 'call': {
      const body = await contentOf(command.call.body);
      const event = eventOf(command.operation, command.call, body, {
        requestId: randomUUID(),
        received: Date.now(),
        caller: process.env.KITE_TOKEN,
      });
      const name = `${place.stack}-${command.operation.replace('.', '-')}`;
      const answer = readAnswer(await invoke(place, name, JSON.stringify(event)));
      process.stderr.write(`${answer.status}\n`);
      process.stdout.write(answer.body === '' ? '' : `${answer.body}\n`);
      return answer.status < 400 ? 0 : 1;
    }
    case 'invoke': {
      const payload = await contentOf(command.payload);
      process.stdout.write(`${await invoke(place, command.functionName, payload ?? '{}')}\n`);
      return 0;
    }
    case 'migrate': {
      const asked = JSON.stringify(command.check ? { check: true } : {});
      process.stdout.write(tellMigrations(await invoke(place, `${place.stack}-database-migrate`, asked)));
      return 0;
    }
    case 'tail':
      await tail(place, command.functionName, {
        from: Date.now() - command.since,
        follow: command.follow,
        clock: Date.now,
        write: (line) => process.stdout.write(line),
      });
      return 0;
  }
}

/** JSON that was given, or that comes on standard input. */
async function contentOf(given: string | undefined): Promise<string | undefined> {
  const content = given === '-' ? await text(process.stdin) : given;
  if (content !== undefined) {
    try {
      JSON.parse(content);
    } catch (error) {
      throw new UsageError(
        `What is to be sent is not JSON: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return content;
}

import type postgres from 'postgres';
import { retrying } from '../failure.ts';
import { scramSecret } from './scram.ts';

/** A login that reads and writes rows, and can do nothing to what holds them. */
export interface AppRole {
  readonly name: string;
  readonly password: string;
  /** Milliseconds after which the server gives up one of its statements. */
  readonly statementTimeout: number;
}

/** Held while a role is made, so that two of us do not do it at once. */
const lock = 0x6b697466;

/** Written by the owner alone: which migrations landed, how far history was dropped. */
const read = ['schema_migrations', 'history'];
/** Only added to: who did what is not undone by whoever did it. */
const appended = ['audit'];

/**
 * Makes sure that the role exists, with this password, these settings, and rights on all that the migrations have made and will
 * make; of rights that it should not have it loses those that this knows. Safe to call at any time, by many at once.
 *
 * @param sql a client of the owner of the tables, who may create roles
 */
export async function ensureAppRole(sql: postgres.Sql, role: AppRole): Promise<void> {
  await retrying(() =>
    sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${lock})`;
      await ensureLogin(tx, role);
      await grant(tx, role.name);
    }),
  );
}

async function ensureLogin(tx: postgres.TransactionSql, { name, password, statementTimeout }: AppRole) {
  const [known] = await tx`select from pg_roles where rolname = ${name}`;
  if (known === undefined) {
    await tx`create role ${tx(name)} login`;
  }
  // Statements like these take no parameters and may be logged, so the password itself is in none.
  await tx.unsafe(`alter role ${quoted(name)} login password '${scramSecret(password)}'`);
  const settings = {
    statement_timeout: statementTimeout,
    idle_in_transaction_session_timeout: statementTimeout * 2,
    timezone: 'UTC',
    jit: 'off',
  };
  for (const [setting, value] of Object.entries(settings)) {
    await tx.unsafe(`alter role ${quoted(name)} set ${setting} = '${value}'`);
  }
}

async function grant(tx: postgres.TransactionSql, name: string): Promise<void> {
  const role = tx(name);
  const [here] = await tx<{ database: string }[]>`select current_database() as database`;
  const database = tx(here?.database ?? '');
  await tx`revoke create, temporary on database ${database} from public`;
  await tx`revoke create on schema public from public`;
  await tx`grant connect on database ${database} to ${role}`;
  await tx`grant usage on schema public to ${role}`;
  await tx`grant select, insert, update, delete on all tables in schema public to ${role}`;
  await tx`grant usage on all sequences in schema public to ${role}`;
  await tx`grant execute on all functions in schema public to ${role}`;
  await tx`alter default privileges in schema public grant select, insert, update, delete on tables to ${role}`;
  await tx`alter default privileges in schema public grant usage on sequences to ${role}`;
  await tx`alter default privileges in schema public grant execute on functions to ${role}`;
  // Only the owner of an index may tidy it: who takes words into it does so with the owner's rights, and nothing beside.
  await tx`alter function index_texts(integer) security definer set search_path = public, pg_temp`;
  await tx`revoke insert, update, delete on ${tx(read)} from ${role}`;
  await tx`revoke update, delete on ${tx(appended)} from ${role}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

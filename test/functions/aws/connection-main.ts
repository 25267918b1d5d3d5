import { failureCode } from '../../../db/failure.ts';
import { connectTo } from '../../../functions/aws/database.ts';
import { readConfig } from '../../../functions/config.ts';

// A process that connects as its environment says, and prints as JSON how it is connected, or why not:
// `node --import tsx test/functions/aws/connection-main.ts`. KITE_TEST_NOW is the time by which tokens are dated.
const config = readConfig(process.env);
const now = Number(process.env.KITE_TEST_NOW);
const { sql, close } = connectTo(
  config,
  config.databaseUrl ?? '',
  { connections: 1, timeout: config.databaseTimeout },
  () => now,
);
try {
  const [row] = await sql`
    select current_user::text as user, ssl, current_setting('TimeZone') as zone,
      current_setting('application_name') as name, current_setting('statement_timeout') as timeout
    from pg_stat_ssl where pid = pg_backend_pid()`;
  console.log(JSON.stringify(row));
} catch (error) {
  console.log(JSON.stringify({ code: failureCode(error) }));
}
await close();

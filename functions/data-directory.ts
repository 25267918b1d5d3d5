import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where the embedded database lies when nobody says: in the user's data folder; undefined without a home.
 *
 * @param isRoot whether root asks, whose home the database's own user cannot enter
 */
export function defaultDataDirectory(
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string | undefined {
  const { XDG_DATA_HOME: data } = env;
  if (data !== undefined && isAbsolute(data)) {
    return join(data, 'kite');
  }
  if (isRoot) {
    return '/var/lib/kite';
  }
  const home = env.HOME ?? homeOfUser();
  if (home === undefined || !isAbsolute(home)) {
    return undefined;
  }
  return process.platform === 'darwin'
    ? join(home, 'Library/Application Support/kite')
    : join(home, '.local/share/kite');
}

function homeOfUser(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

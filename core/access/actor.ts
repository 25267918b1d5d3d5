/** Characters of a name on a timeline. */
const longest = 300;

/** A name as timelines and the audit write it: one line of plain text that Postgres takes, cut with an ellipsis. */
function plain(name: string): string {
  const line = name.toWellFormed().replaceAll(/\p{Cc}/gu, '\ufffd');
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

/** @param via who asked on that user's behalf; null when the user asked itself */
export function userActor(user: string, via: string | null): string {
  return via === null ? plain(user) : `${plain(user)} via ${plain(via)}`;
}

export function keyActor(id: string, name: string): string {
  return `key:${id} (${plain(name)})`;
}

/** @param issuer the name that the configuration gives it, such as `gitlab` */
export function tokenActor(issuer: string, subject: string): string {
  return plain(`${issuer}:${subject}`);
}

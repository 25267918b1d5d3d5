import { existsSync } from 'node:fs';

/** Where the migrations are: beside the bundle, or in the sources. */
export function findMigrations(): URL {
  const places = ['./migrations/', '../db/migrations/'].map((path) => new URL(path, import.meta.url));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(
      `the migrations are missing: expected them in ${places.map((place) => place.pathname).join(' or ')}`,
    );
  }
  return found;
}

import { isDeepStrictEqual } from 'node:util';
import type postgres from 'postgres';
import { componentOf, isFailing, type Runs } from './runs.ts';

interface Component {
  failing: number;
  passing: number;
  occurrences: number;
  state: string | null;
}

/** In which components the database differs from what the runs of a phase add up to; empty when nothing is lost or counted twice. */
export async function differences(sql: postgres.Sql, runs: Runs): Promise<readonly string[]> {
  const wanted = expected(runs);
  const rows = await sql<(Component & { name: string })[]>`
    select i.resource_name as name, i.occurrences, i.state,
      count(*) filter (where e.outcome = 'failing')::int as failing,
      count(*) filter (where e.outcome = 'passing')::int as passing
    from issues i join events e on e.issue_key = i.key
    where i.namespace like 'bench-%' and i.resource_type = 'component' and i.resource_name like ${`${runs.phase}-%`}
    group by i.key`;
  const found = new Map(rows.map(({ name, ...component }) => [name, component]));
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((name) => {
    const [want, have] = [wanted.get(name), found.get(name)];
    return isDeepStrictEqual(want, have)
      ? []
      : [`${name}: ${JSON.stringify(have)} instead of ${JSON.stringify(want)}`];
  });
}

/** Each run is one event; a component's state is that of its newest run. */
function expected(runs: Runs): ReadonlyMap<string, Component> {
  const components = new Map<string, Component>();
  for (let index = 0; index < runs.count; index += 1) {
    const name = componentOf(runs, index);
    const component = components.get(name) ?? { failing: 0, passing: 0, occurrences: 0, state: null };
    components.set(name, component);
    if (isFailing(index)) {
      component.failing += 1;
      component.occurrences += 1;
      component.state = 'ACTIVE';
    } else {
      component.passing += 1;
      component.state = component.state === null ? null : 'RESOLVED';
    }
  }
  return components;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, controllersOf, type Place, parseConfig } from '../../operator/config.ts';
import { problemsIn } from '../support/problems.ts';

const laptop: Place = { isPod: false, journalDirectory: '/home/ada/.local/state/kite-operator' };
const pod: Place = { ...laptop, isPod: true };

function read(text: string, place: Place = laptop): Config {
  return parseConfig(text, '/etc/kite-operator/operator.yaml', place);
}

function problemsOf(text: string): readonly string[] {
  return problemsIn(() => read(text));
}

const names = (config: Config): readonly string[] => controllersOf(config).map(({ name }) => name);

test('without a word everything is as npm start on the same laptop needs it', () => {
  const config = read('');
  expect(config).toMatchObject({
    kite: { url: 'http://127.0.0.1:8080', tokenFile: undefined, caFile: undefined },
    namespaces: { names: [], excluded: [] },
    resync: 36_000_000,
    journal: { directory: laptop.journalDirectory, mostReports: 200_000, mostBytes: 1024 ** 3 },
    lease: { isEnabled: false, name: 'kite-operator', namespace: undefined },
    server: { host: '127.0.0.1', port: 8081 },
    log: { level: 'info', format: undefined },
    grace: 20_000,
  });
  expect(names(config)).toEqual(['pipelinerun']);
});

test('in a pod the replicas agree on who observes, and probes reach the server', () => {
  expect(read('', pod)).toMatchObject({
    lease: { isEnabled: true },
    server: { host: undefined, port: 8081 },
  });
  expect(read('lease: {enabled: false}', pod).lease.isEnabled).toBe(false);
});

test('the documented example is right, and says the defaults where it does not say that it gives an example', () => {
  const text = readFileSync(join(import.meta.dirname, '../../operator/config/example.yaml'), 'utf8');
  const example = read(text);
  expect(names(example)).toEqual(['pipelinerun']);
  const { kite, controllers, resync, grace, journal, lease, server, log } = read('');
  expect(example).toMatchObject({
    ...{ kite, controllers, resync, grace },
    journal: { mostReports: journal.mostReports, mostBytes: journal.mostBytes },
    lease: { name: lease.name },
    server,
    log: { level: log.level },
  });
  // Comments must not hide a setting that there is not.
  const uncommented = text.replace(/^( *)# (tokenFile|caFile):/gm, '$1$2:').replace('http://', 'https://');
  expect(read(uncommented).kite).toMatchObject({
    tokenFile: '/var/run/secrets/kite/token',
    caFile: '/var/run/secrets/kite/ca.crt',
  });
});

test('everything that is wrong is named at once, with its path and line', () => {
  expect(
    problemsOf(`kite:
  url: ftp://kite
  tokenFil: a
controllers:
  pipelinerun:
    stuckAfter: soon
    color: blue
  pipelineruns: {}
  deployment: 7
namespaces:
  names: [Team_A, team-b]
  selector: '='
severityOverrides:
  - {selector: a=b, severity: high}
  - severity: minor
journal:
  mostReports: lots
  mostMegabytes: 0
server:
  port: 65536
log: loud
grace: 1h30m
nonsense: true
`),
  ).toEqual([
    'line 2: kite.url is not an http or https URL',
    'line 3: kite.tokenFil is not a setting that there is',
    'line 6: controllers.pipelinerun.stuckAfter is not a span of time such as 90s, 30m, 2h or 7d',
    'line 7: controllers.pipelinerun.color is not a setting that there is',
    'line 8: controllers.pipelineruns is not a controller; there are pipelinerun, deployment',
    'line 9: controllers.deployment is not a section',
    'line 11: namespaces.names.0 is not the name of a namespace: up to 63 lower case letters, digits and hyphens',
    'line 12: namespaces.selector is not a label selector such as app=a,tier!=b,env in (c,d)',
    'line 12: namespaces.selector cannot be given beside names, which would win; give one of the two',
    'line 14: severityOverrides.0.severity is not one of info, minor, major, critical',
    'line 15: severityOverrides.1.selector is missing',
    'line 17: journal.mostReports is not a number',
    'line 18: journal.mostMegabytes is less than 1',
    'line 20: server.port is more than 65535',
    'line 21: log is not a section',
    'line 22: grace is not a span of time such as 90s, 30m, 2h or 7d',
    'line 23: nonsense is not a setting that there is',
  ]);
});

test.each([
  ['a: b: c', 'line 1: Nested mappings are not allowed in compact mappings'],
  ['grace: 1s\ngrace: 2s', 'line 2: Map keys must be unique'],
  ['hello', 'the file is not a section'],
  ['- kite', 'the file is not a section'],
  ['grace: 1s\n---\ngrace: 2s', 'line 2: A second document begins here; give one.'],
  ['kite: *elsewhere', 'the file Unresolved alias (the anchor must be set before the alias): elsewhere'],
])('what is no configuration at all is refused: %j', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

test('a section whose lines are all commented out counts as absent', () => {
  expect(read('kite:\nnamespaces:\n  names:\njournal:\n')).toEqual(read(''));
});

test.each([
  ['', ['pipelinerun']],
  ['controllers:', ['pipelinerun']],
  ['controllers: {deployment: {}}', ['pipelinerun', 'deployment']],
  ['controllers:\n  deployment:\n', ['pipelinerun', 'deployment']],
  ['controllers: {deployment: {enabled: false}}', ['pipelinerun']],
  ['controllers: {pipelinerun: {enabled: false}, deployment: {unavailableAfter: 5m}}', ['deployment']],
  ['controllers: {pipelinerun: {enabled: false}}', []],
])('the controllers of %j run', (text, expected) => {
  expect(names(read(text))).toEqual(expected);
});

test('names of which all are excluded would watch nothing', () => {
  expect(problemsOf('namespaces: {names: [a, b], excluded: [b, a]}')).toEqual([
    'line 1: namespaces.excluded leaves none of the names: nothing would be watched',
  ]);
  expect(read('namespaces: {names: [a, b], excluded: [b]}').namespaces).toMatchObject({ excluded: ['b'] });
});

test('a controller that is off is held to be right all the same', () => {
  expect(problemsOf('controllers: {deployment: {enabled: false, unavailableAfter: never}}')).toEqual([
    'line 1: controllers.deployment.unavailableAfter is not a span of time such as 90s, 30m, 2h or 7d',
  ]);
  expect(problemsOf('controllers: {deployment: {enabled: maybe}}')).toEqual([
    'line 1: controllers.deployment.enabled is not true or false',
  ]);
});

test('paths count from the file, not from where the operator was started', () => {
  const config = read('kite: {tokenFile: token, caFile: /ca.crt}\njournal: {directory: ../journal}');
  expect(config.kite).toMatchObject({ tokenFile: '/etc/kite-operator/token', caFile: '/ca.crt' });
  expect(config.journal.directory).toBe('/etc/journal');
});

test.each([
  [
    'http://kite.example.com',
    ['line 3: kite.tokenFile would be sent unencrypted to another machine; give kite.url as https://…'],
  ],
  ['https://kite.example.com', []],
  ['http://127.0.0.1:8080', []],
  ['http://[::1]:8080', []],
  ['http://localhost:8080', []],
  [
    'http://localhost.example.com',
    ['line 3: kite.tokenFile would be sent unencrypted to another machine; give kite.url as https://…'],
  ],
])('a token is sent to %s only where nobody can read it on its way', (url, problems) => {
  expect(problemsOf(`kite:\n  url: '${url}'\n  tokenFile: token`)).toEqual(problems);
});

test.each([
  'https://ada:secret@kite.example.com',
  'https://kite.example.com?a=b',
  'https://kite.example.com#a',
])('an address with more than an address is refused: %s', (url) => {
  expect(problemsOf(`kite: {url: '${url}'}`)).toEqual([
    'line 1: kite.url holds a user, a query or a fragment; give the address alone, such as https://kite.example.com',
  ]);
});

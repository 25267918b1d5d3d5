/** What a first deployment needs, and what a change of the configuration does to a stack that is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { choices } from './choices.ts';
import { configText } from './configuration.ts';
import { useSynth } from './synth.ts';

const synth = useSynth();
const { database } = JSON.parse(configText('prod')) as {
  readonly database: Readonly<Record<string, unknown>>;
};
/** Of the account's containers, Lambda reserves none of the last hundred. */
const unreserved = 100;

it('the quota of containers that docs/deploy.md names is what the stack reserves, and a hundred', () => {
  const functions = Object.values(synth.template('prod').findResources('AWS::Lambda::Function'));
  const reserved = functions.reduce(
    (sum, { Properties }) => sum + Number(Properties.ReservedConcurrentExecutions ?? 0),
    0,
  );
  console.log(`containers: ${reserved} reserved, so the quota is ${reserved + unreserved} at least`);
  const page = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
  const [, quota, own] = /at least \*\*(\d+)\*\*: (\d+) are reserved/.exec(page) ?? [];
  expect({ quota, own }).toEqual({ quota: String(reserved + unreserved), own: String(reserved) });
});

it('a stack whose database is protected cannot be destroyed half', () => {
  expect(synth.stack('prod').terminationProtection).toBe(true);
  const unprotected = synth.stack('prod', { database: { ...database, deletionProtection: false } });
  expect(unprotected.terminationProtection).toBe(false);
  expect(synth.stack('local').terminationProtection).toBe(false);
});

it('another snapshot runs the migration again', () => {
  const versionOf = (template: Template): unknown =>
    Object.values(template.findResources('Custom::Trigger'))[0]?.Properties.HandlerArn;
  const [before, same, after] = [
    synth.template('prod'),
    synth.template('prod'),
    synth.template('prod', { database: { ...database, snapshot: 'kite-restore' } }),
  ].map(versionOf);
  expect(before).toMatchObject({ Ref: expect.stringContaining('CurrentVersion') });
  expect(same).toEqual(before);
  expect(after).not.toEqual(before);
});

it('with or without a NAT gateway, functions and the database keep their ranges', () => {
  const ranges = (template: Template): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(template.findResources('AWS::EC2::Subnet'))
        .filter(([id]) => !id.includes('public'))
        .map(([id, { Properties }]) => [id, Properties.CidrBlock]),
    );
  const open = ranges(synth.template('prod'));
  expect(Object.keys(open)).toHaveLength(4);
  expect(ranges(synth.template('prod', choices.closed))).toEqual(open);
});

it('the log of the CDK’s own function is of the stack', () => {
  synth.template('prod').hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: {
      'Fn::Join': ['', ['/aws/lambda/', { Ref: Match.stringLikeRegexp('^AWSCDKTrigger') }]],
    },
  });
});

it('without reserved containers, it is said that nothing holds connections back', () => {
  Annotations.fromStack(synth.stack('prod', choices.unreserved)).hasWarning(
    '/kite-prod',
    Match.stringLikeRegexp('nothing holds functions below the connections'),
  );
  Annotations.fromStack(synth.stack('prod')).hasNoWarning('*', Match.anyValue());
});

/** Who is told when something is wrong with the stack of production, and what they are told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTemplate, useSynth } from './synth.ts';

const synth = useSynth();
let template: Template;
beforeAll(() => {
  template = synth.template('prod');
});
const { resources } = readTemplate(() => template);

describe('alarms', () => {
  it('lead to a section of the runbook each, and tell somebody', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const sections = new Set(
      [...page.matchAll(/^## (\w+)$/gm)].map(([, heading = '']) => heading.toLowerCase()),
    );
    const silent = synth.template('prod', {
      alarms: { runbook: 'https://x.example/runbook', silentHours: 12 },
    });
    const alarms = Object.values(silent.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThanOrEqual(14);
    for (const { Properties } of alarms) {
      const { AlarmName, AlarmDescription, AlarmActions } = Properties as Record<string, string>;
      const [, anchor = ''] = /https:\/\/x\.example\/runbook#(\w+)$/.exec(AlarmDescription ?? '') ?? [];
      expect(sections, AlarmName).toContain(anchor);
      expect(AlarmActions, AlarmName).toHaveLength(1);
    }
  });

  it('may write to the topic', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
          }),
        ]),
      },
    });
  });

  it('of silence is there only when it is asked for', () => {
    const names = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties.AlarmName),
    );
    expect(names).not.toContain('kite-prod-KiteSilent');
  });
});

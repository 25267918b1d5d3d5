/** What docs/costs.md counts is what the stack holds. */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { monthlyCosts, parts, total } from '../../infra/costs.ts';
import { readTemplate, useSynth } from './synth.ts';

const synth = useSynth();
let template: Template;
beforeAll(() => {
  template = synth.template('prod');
});
const { resources, only } = readTemplate(() => template);

describe('the costs', () => {
  it('are of the stack as it is', () => {
    const metrics = resources('AWS::CloudWatch::Alarm').reduce((sum, [, { Properties }]) => {
      const all = (Properties.Metrics ?? [{ MetricStat: {} }]) as readonly { readonly MetricStat?: object }[];
      return sum + all.filter(({ MetricStat }) => MetricStat !== undefined).length;
    }, 0);
    const memory = (name: string) =>
      resources('AWS::Lambda::Function').find(
        ([, { Properties }]) => Properties.FunctionName === `kite-prod-${name}`,
      )?.[1].Properties.MemorySize;
    expect({
      databaseGb: Number(only('AWS::RDS::DBInstance').AllocatedStorage),
      databaseClass: only('AWS::RDS::DBInstance').DBInstanceClass,
      secrets: resources('AWS::SecretsManager::Secret').length,
      alarmMetrics: metrics,
      ingestMb: memory('reports-apply'),
      readMb: memory('issues-list'),
      wordsMb: memory('scheduled-words'),
      gateways: resources('AWS::EC2::NatGateway').length,
    }).toEqual({
      databaseGb: parts.databaseGb,
      databaseClass: 'db.t4g.small',
      secrets: parts.secrets,
      alarmMetrics: parts.alarmMetrics,
      ingestMb: parts.ingestMb,
      readMb: parts.readMb,
      wordsMb: parts.wordsMb,
      gateways: 1,
    });
  });

  it('add up', () => {
    const lines = monthlyCosts('nat', 0);
    expect(lines.find(({ what }) => what === 'proxy')).toEqual({
      what: 'proxy',
      sum: '2 vCPU × 730 h × 0.015 $/vCPU h',
      dollars: 2 * 730 * 0.015,
    });
    expect(total(monthlyCosts('nat', 1000))).toBeGreaterThan(total(lines));
    expect(total(monthlyCosts('none', 0))).toBeLessThan(total(lines));
  });
});

/** What a configuration may choose, and what the stack is then. */
import { Match } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { choices } from './choices.ts';
import { useSynth } from './synth.ts';

const synth = useSynth();

it('no way out: no NAT gateway, and one endpoint for what the migration asks of AWS', () => {
  const template = synth.template('prod', choices.closed);
  template.resourceCountIs('AWS::EC2::NatGateway', 0);
  template.resourceCountIs('AWS::EC2::InternetGateway', 0);
  template.resourceCountIs('AWS::EC2::VPCEndpoint', 1);
  const [endpoint] = Object.values(template.findResources('AWS::EC2::VPCEndpoint'));
  expect(endpoint?.Properties.SubnetIds).toHaveLength(1);
});

it('a network that is there: nothing of it is made or looked up', () => {
  const template = synth.template('prod', choices.existing);
  template.resourceCountIs('AWS::EC2::VPC', 0);
  template.resourceCountIs('AWS::EC2::Subnet', 0);
  template.hasResourceProperties('AWS::RDS::DBSubnetGroup', {
    SubnetIds: ['subnet-00000003', 'subnet-00000004'],
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    VpcConfig: Match.objectLike({ SubnetIds: ['subnet-00000001', 'subnet-00000002'] }),
  });
});

it('an account and a region: zones are not looked up', () => {
  const template = synth.template('prod', { account: '123456789012', region: 'eu-west-1' });
  template.hasResourceProperties('AWS::EC2::Subnet', {
    AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
  });
});

it('two zones of one’s own choice', () => {
  const subnets = Object.values(synth.template('prod', { zones: [0, 2] }).findResources('AWS::EC2::Subnet'));
  const zones = new Set(subnets.map(({ Properties }) => JSON.stringify(Properties.AvailabilityZone)));
  expect([...zones].sort()).toEqual(
    [0, 2].map((index) => JSON.stringify({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })),
  );
});

it('an account with few containers: none is reserved', () => {
  const template = synth.template('prod', choices.unreserved);
  for (const { Properties } of Object.values(template.findResources('AWS::Lambda::Function'))) {
    expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  }
});

it('a domain, a firewall, and somebody to write to', () => {
  const template = synth.template('prod', choices.public);
  template.hasResourceProperties('AWS::ApiGateway::DomainName', { SecurityPolicy: 'TLS_1_2' });
  template.hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
  template.hasOutput('Url', { Value: 'https://kite.example.com' });
  template.hasOutput('DomainTarget', {});
  template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
  const [acl] = Object.values(template.findResources('AWS::WAFv2::WebACL'));
  for (const rule of ['GenericRFI_BODY', 'EC2MetaDataSSRF_BODY']) {
    expect(JSON.stringify(acl), rule).toContain(`{"ActionToUse":{"Count":{}},"Name":"${rule}"}`);
  }
  template.hasResourceProperties('AWS::SNS::Subscription', {
    Protocol: 'email',
    Endpoint: 'oncall@example.com',
  });
});

it('a database that is there: no network, no proxy, no token', () => {
  const template = synth.template('local');
  for (const type of [
    'AWS::RDS::DBInstance',
    'AWS::EC2::VPC',
    'AWS::SecretsManager::Secret',
    'AWS::ApiGateway::Account',
  ]) {
    template.resourceCountIs(type, 0);
  }
  for (const { Properties } of Object.values(template.findResources('AWS::Lambda::Function'))) {
    const { Environment } = Properties as { Environment?: { Variables: Record<string, string> } };
    expect(Environment?.Variables ?? {}).not.toHaveProperty('KITE_DATABASE_AUTH');
  }
});

/** Changes of a configuration that change what the stack is made of. */
export const choices = {
  closed: { egress: 'none' },
  existing: {
    egress: {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      functionSubnetIds: ['subnet-00000001', 'subnet-00000002'],
      databaseSubnetIds: ['subnet-00000003', 'subnet-00000004'],
    },
  },
  unreserved: { concurrency: 'account' },
  public: {
    api: {
      requestsPerSecond: 200,
      burst: 400,
      accountLogging: true,
      domain: {
        name: 'kite.example.com',
        certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000',
      },
      firewall: { requestsPerFiveMinutes: 5000 },
    },
    alarms: { runbook: 'https://x.example/runbook', email: 'oncall@example.com', silentHours: 12 },
  },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>;

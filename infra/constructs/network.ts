import { aws_ec2 as ec2, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Egress } from '../config.ts';

export interface NetworkProps {
  readonly egress: Egress;
  /** Ports that handlers may reach outside: those of the clusters and issuers that are asked who somebody is. */
  readonly ports: readonly number[];
}

/** Where functions and the database are, and what functions reach from there. */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  readonly functionSubnets: ec2.SubnetSelection;
  readonly databaseSubnets: ec2.SubnetSelection;
  /** Of every function that asks the database. */
  readonly functions: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, { egress, ports }: NetworkProps) {
    super(scope, id);
    if (typeof egress === 'object') {
      // The ids say all that is needed, so nothing is looked up.
      this.vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId: egress.vpcId,
        availabilityZones: egress.availabilityZones,
      });
      this.functionSubnets = { subnets: this.existing('Functions', egress.functionSubnetIds) };
      this.databaseSubnets = { subnets: this.existing('Database', egress.databaseSubnetIds) };
    } else {
      this.vpc = this.makeVpc(egress) as ec2.IVpc;
      this.functionSubnets = { subnetGroupName: 'functions' };
      this.databaseSubnets = { subnetGroupName: 'database' };
    }
    this.functions = new ec2.SecurityGroup(this, 'FunctionsGroup', {
      vpc: this.vpc,
      description: 'Functions of Kite: they call, nobody calls them.',
      allowAllOutbound: false,
    });
    if (egress === 'none') {
      this.reachSecrets();
    } else {
      for (const port of ports) {
        this.functions.addEgressRule(
          ec2.Peer.anyIpv4(),
          ec2.Port.tcp(port),
          'clusters, issuers, Secrets Manager',
        );
      }
    }
  }

  private makeVpc(egress: 'nat' | 'none'): ec2.Vpc {
    const isolated = ec2.SubnetType.PRIVATE_ISOLATED;
    const database = { name: 'database', subnetType: isolated, cidrMask: 24 };
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'Groups let through what is named and nothing else; flow logs are switched on to look for a fault.',
    });
    // Ranges are given out in this order: what is only there with a NAT gateway comes last, so that no other range moves.
    return new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: 2,
      natGateways: egress === 'nat' ? 1 : 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration:
        egress === 'nat'
          ? [
              { name: 'functions', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
              database,
              { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
            ]
          : [{ name: 'functions', subnetType: isolated, cidrMask: 20 }, database],
    });
  }

  /** Secrets Manager is all that functions need of AWS; one zone's endpoint serves both, at half the price. */
  private reachSecrets(): void {
    const endpoint = this.vpc.addInterfaceEndpoint('Secrets', {
      service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      subnets: { subnets: this.vpc.selectSubnets(this.functionSubnets).subnets.slice(0, 1) },
      open: false,
    });
    endpoint.connections.allowFrom(this.functions, ec2.Port.tcp(443), 'functions read secrets');
  }

  private existing(name: string, ids: readonly string[]): ec2.ISubnet[] {
    return ids.map((subnetId, index) => ec2.Subnet.fromSubnetId(this, `${name}${index}`, subnetId));
  }
}

import { type aws_apigateway as apigateway, Stack, aws_wafv2 as waf } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface FirewallProps {
  readonly stage: apigateway.Stage;
  /** Of one address; what is beyond is refused. */
  readonly requestsPerFiveMinutes: number;
}

/** The rules that AWS keeps, and a limit for each address. */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { stage, requestsPerFiveMinutes }: FirewallProps) {
    super(scope, id);
    const seen = (name: string): waf.CfnWebACL.VisibilityConfigProperty => ({
      metricName: `${Stack.of(this).stackName}-${name}`,
      cloudWatchMetricsEnabled: true,
      // Samples would hold whole requests.
      sampledRequestsEnabled: false,
    });
    const kept = (
      name: string,
      excluded: readonly string[] = [],
    ): waf.CfnWebACL.ManagedRuleGroupStatementProperty => ({
      vendorName: 'AWS',
      name,
      ruleActionOverrides: excluded.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
    });
    const groups = [
      // Batches of reports are larger than 8 KB, and failures quote commands, markup and URLs of any host.
      kept('AWSManagedRulesCommonRuleSet', [
        'SizeRestrictions_BODY',
        'CrossSiteScripting_BODY',
        'GenericLFI_BODY',
        'GenericRFI_BODY',
        'EC2MetaDataSSRF_BODY',
      ]),
      kept('AWSManagedRulesKnownBadInputsRuleSet'),
      kept('AWSManagedRulesAmazonIpReputationList'),
    ];
    const acl = new waf.CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: seen('firewall'),
      rules: [
        {
          name: 'rate',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerFiveMinutes } },
          visibilityConfig: seen('rate'),
        },
        ...groups.map((group, index) => ({
          name: group.name,
          priority: index + 1,
          overrideAction: { none: {} },
          statement: { managedRuleGroupStatement: group },
          visibilityConfig: seen(group.name),
        })),
      ],
    });
    new waf.CfnWebACLAssociation(this, 'Association', {
      resourceArn: stage.stageArn,
      webAclArn: acl.attrArn,
    });
  }
}

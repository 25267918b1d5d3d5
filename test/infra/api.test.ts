/** What API Gateway does by itself, without a function. */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../../core/contract/operation.ts';
import { operations } from '../../core/contract/operations.ts';
import { errorTable } from '../../core/errors.ts';
import { readTemplate, useSynth } from './synth.ts';

const synth = useSynth();
let template: Template;
beforeAll(() => {
  template = synth.template('prod');
});
const { resources } = readTemplate(() => template);

describe('what API Gateway answers by itself', () => {
  it('is in the one error format', () => {
    const responses = resources('AWS::ApiGateway::GatewayResponse');
    expect(responses.length).toBeGreaterThanOrEqual(16);
    for (const [, { Properties }] of responses) {
      const { ResponseType, StatusCode, ResponseTemplates, ResponseParameters } = Properties as unknown as {
        ResponseType: string;
        StatusCode?: string;
        ResponseTemplates: Record<string, string>;
        ResponseParameters: Record<string, string>;
      };
      const body = JSON.parse(ResponseTemplates['application/json'] ?? '') as {
        code: keyof typeof errorTable;
        error: string;
      };
      const { status, sentence } = errorTable[body.code];
      expect(body, ResponseType).toEqual({
        error: sentence,
        message: sentence,
        code: body.code,
        details: [],
        requestId: '$context.requestId',
      });
      if (!ResponseType.startsWith('DEFAULT_')) expect(StatusCode, ResponseType).toBe(String(status));
      expect(ResponseParameters, ResponseType).toHaveProperty(['gatewayresponse.header.x-request-id']);
    }
  });

  it('is 405 with Allow for a method that a route does not take', () => {
    const allowed = resources('AWS::ApiGateway::Method').flatMap(([, { Properties }]) => {
      const { HttpMethod, Integration } = Properties as unknown as {
        HttpMethod: string;
        Integration: {
          IntegrationResponses: { StatusCode: string; ResponseParameters: Record<string, string> }[];
        };
      };
      if (HttpMethod !== 'ANY') return [];
      const refused = Integration.IntegrationResponses.find(({ StatusCode }) => StatusCode === '405');
      return refused?.ResponseParameters['method.response.header.Allow'] ?? [];
    });
    const routes = new Map<string, string[]>();
    for (const { method, path } of Object.values<Operation>(operations)) {
      routes.set(path, [...(routes.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
    }
    expect(allowed.sort()).toEqual(
      [...routes.values()].map((own) => `'${[...own, 'OPTIONS'].join(', ')}'`).sort(),
    );
  });

  it('is the same whatever a body is sent as', () => {
    const answered = resources('AWS::ApiGateway::Method').flatMap(([, { Properties }]) => {
      const { HttpMethod, Integration } = Properties as unknown as {
        HttpMethod: string;
        Integration: { RequestTemplates?: Record<string, string> };
      };
      return HttpMethod === 'ANY' ? [Integration.RequestTemplates ?? {}] : [];
    });
    expect(answered.length).toBeGreaterThan(1);
    for (const templates of answered) {
      expect(Object.keys(templates).sort()).toEqual([
        ...['application/json', 'application/octet-stream', 'application/x-www-form-urlencoded'],
        ...['application/xml', 'multipart/form-data', 'text/plain', 'text/xml'],
      ]);
      expect(new Set(Object.values(templates)).size).toBe(1);
    }
  });

  it('is to be sent again, where a function was refused or ended: whether it wrote is not known', () => {
    for (const type of [
      'API_CONFIGURATION_ERROR',
      'INTEGRATION_FAILURE',
      'INTEGRATION_TIMEOUT',
      'DEFAULT_5XX',
    ]) {
      template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
        ResponseType: type,
        ResponseTemplates: { 'application/json': Match.stringLikeRegexp('"code":"outcome_unknown"') },
        ResponseParameters: Match.objectLike({ 'gatewayresponse.header.Retry-After': "'2'" }),
      });
    }
  });

  it('has a method for each operation, and HEAD where GET is', () => {
    const methods = resources('AWS::ApiGateway::Method').map(([, { Properties }]) =>
      String(Properties.HttpMethod),
    );
    const count = (method: string) => methods.filter((one) => one === method).length;
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const own = Object.values<Operation>(operations).filter((operation) => operation.method === method);
      expect(count(method), method).toBe(own.length);
    }
    expect(count('HEAD')).toBe(count('GET'));
  });

  it('is logged without queries', () => {
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      TracingEnabled: true,
      AccessLogSetting: { Format: Match.stringLikeRegexp('requestId') },
      MethodSettings: [
        Match.objectLike({ DataTraceEnabled: false, ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 }),
      ],
    });
    const [[, stage] = []] = resources('AWS::ApiGateway::Stage');
    expect(JSON.stringify(stage)).not.toMatch(/querystring|\$context\.path"|authorization/i);
  });
});

import { describe, expect, test } from 'vitest';
import { readAwsIdentity } from '../../../functions/aws/credentials.ts';
import { databaseToken } from '../../../functions/aws/database-token.ts';

const now = Date.parse('2026-11-22T01:02:03.456Z');
const identity = {
  region: 'eu-central-1',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE/token+with=signs==',
};
const host = 'kite.proxy-abc.eu-central-1.rds.amazonaws.com';

function readToken(token: string): { readonly address: string; readonly fields: Record<string, string> } {
  const [address = '', query = ''] = token.split('/?');
  return { address, fields: Object.fromEntries(new URLSearchParams(query)) };
}

describe('a token for the database', () => {
  test('is what the signer of the AWS SDK makes (@smithy/signature-v4 5.7.5, presign for 900 s)', () => {
    const { address, fields } = readToken(
      databaseToken(`postgres://kite_app@${host}/kite?sslmode=verify-full`, identity, now),
    );
    expect(address).toBe(`${host}:5432`);
    expect(fields).toEqual({
      Action: 'connect',
      DBUser: 'kite_app',
      'X-Amz-Security-Token': identity.sessionToken,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20261122/eu-central-1/rds-db/aws4_request',
      'X-Amz-Date': '20261122T010203Z',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': 'a396d24411805367855521da69cc4bdbec3965cef722bd8ba1dd346cdcc26a03',
    });
  });

  test('is for one user and one address, and bare keys need no session', () => {
    const { sessionToken: _, ...keys } = identity;
    const { address, fields } = readToken(databaseToken(`postgres://o%2Fne@${host}:6543/kite`, keys, now));
    expect(address).toBe(`${host}:6543`);
    expect(fields.DBUser).toBe('o/ne');
    expect(fields).not.toHaveProperty('X-Amz-Security-Token');
  });
});

describe('who this process is at AWS', () => {
  const env = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };

  test('is read from the environment', () => {
    expect(readAwsIdentity({ ...env, AWS_SESSION_TOKEN: 'session' })).toEqual({
      region: 'eu-central-1',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    });
    expect(readAwsIdentity(env)).not.toHaveProperty('sessionToken');
    expect(readAwsIdentity({ ...env, AWS_REGION: ' ', AWS_DEFAULT_REGION: 'us-east-1' }).region).toBe(
      'us-east-1',
    );
  });

  test('all that is missing is named', () => {
    expect(() => readAwsIdentity({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' })).toThrow(
      'AWS_REGION, AWS_SECRET_ACCESS_KEY is not set: requests to AWS cannot be signed',
    );
  });
});

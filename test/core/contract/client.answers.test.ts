import { describe, expect, test } from 'vitest';
import { fetch as smallFetch } from '../../../clients/cli/net/fetch.ts';
import { KiteAnswerError, KiteApiError, KiteNetworkError } from '../../../core/contract/client/failures.ts';
import { closedAddress, down, failureOf, hangUp, json, type Reply, useAnswering } from './answering.ts';

const ear = useAnswering();

describe('what is no answer', () => {
  const unreachable = async (to: string, fetch: typeof globalThis.fetch | typeof smallFetch) =>
    failureOf(
      ear
        .client({ url: to, fetch, patience: { attempts: 1, firstWait: 1, longestWait: 1 } })
        .call('health.get', {}),
    );

  test.each([
    ['the fetch of Node', globalThis.fetch],
    ['that of the command line', smallFetch],
  ])('is told by its reason, over %s', async (_, fetch) => {
    expect(await unreachable(await closedAddress(), fetch)).toMatchObject({ reason: 'refused' });
    expect(await unreachable('http://kite.invalid', fetch)).toMatchObject({ reason: 'unresolved' });
    ear.replies = [hangUp];
    const closed = await unreachable(ear.url, fetch);
    expect(closed).toBeInstanceOf(KiteNetworkError);
    expect(closed).toMatchObject({ reason: 'closed', url: `${ear.url}/api/v1` });
    expect(await unreachable(ear.url.replace('http:', 'https:'), fetch)).toMatchObject({ reason: 'plain' });
  });

  test('no answer in time is none, neither to the head nor to the body', async () => {
    const halted: Reply = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    };
    for (const reply of [() => undefined, halted]) {
      for (const fetch of [globalThis.fetch, smallFetch]) {
        ear.replies = [reply];
        const patience = { attempts: 1, firstWait: 1, longestWait: 1 };
        expect(
          await failureOf(ear.client({ fetch, timeout: 50, patience }).call('health.get', {})),
        ).toMatchObject({
          reason: 'timeout',
        });
      }
    }
  });

  test.each<[string, Reply, string]>([
    [
      'a page',
      (_, response) => response.writeHead(200).end('<!doctype html><h1>Log in</h1>'),
      'an HTML page (status 200)',
    ],
    [
      'a page of a proxy',
      (_, response) => response.writeHead(404).end('<html>'),
      'an HTML page (status 404)',
    ],
    ['nothing', (_, response) => response.writeHead(200).end(), 'nothing'],
    ['text', (_, response) => response.writeHead(200).end('OK'), 'something else than JSON'],
    ['JSON of others', json(200, { hello: 1 }), 'JSON without data'],
    ['an error of others', json(404, { detail: 'no' }), "JSON that is not Kite's"],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'https://sso.example.com/' }).end(),
      'a redirect to https://sso.example.com/',
    ],
  ])('%s is told as what it is', async (_, reply, words) => {
    ear.replies = [reply];
    // A path of its own, since what an earlier test gave up on may still arrive.
    const error = await failureOf(ear.client({ url: `${ear.url}/own` }).call('issues.list', {}));
    expect(error).toBeInstanceOf(KiteAnswerError);
    expect((error as Error).message).toContain(words);
    expect(ear.seen.filter(({ url }) => url.startsWith('/own/'))).toHaveLength(1);
  });

  test('health that is down is an answer, and an error in its place is an error', async () => {
    const health = { status: 'DOWN', message: 'no', timestamp: '', components: {} };
    ear.replies = [json(503, health)];
    expect(await ear.client().call('health.get', {})).toMatchObject({ status: 503, body: health });
    ear.replies = [down];
    expect(await failureOf(ear.client().call('health.get', {}))).toBeInstanceOf(KiteApiError);
  });
});

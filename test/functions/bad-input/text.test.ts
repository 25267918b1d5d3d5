/** Text that cannot be kept is refused; every other text comes back as it was sent, whatever it looks like. */
import { beforeAll, describe, expect, it } from 'vitest';
import { at, component, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, namedPaths, useKite, wholeIssue } from '../../support/kite.ts';
import {
  type Field,
  fieldsOf,
  issueToWrite,
  pathOf,
  relate,
  reportOf,
  type Write,
  withValue,
  writes,
} from '../../support/writes.ts';

const kite = useKite();
let id: string;

beforeAll(async () => {
  id = await issueToWrite(kite);
});

function sendBody(write: Write, body: unknown) {
  return kite.ask(write.method, pathOf(write, id), { body });
}

function stringsOf(body: unknown): readonly Field[] {
  return fieldsOf(body).filter(({ value }) => typeof value === 'string');
}

/** Unstorable: NUL, and halves of a surrogate pair, which JSON can carry as escapes. */
const unstorable = ['a\u0000b', '\u0000', 'a\ud800b', '\udc00a', '\ud83d'];
/** Fields whose length no name limits: reasons and logs are texts. */
const isLong = (field: Field): boolean =>
  /^(description|failureReason|failurePhase|logs)$/.test(String(field.path[0]));

describe.each([...writes, relate])('$name', (write) => {
  it('refuses NUL and lone surrogates in each of its texts, and names the field', async () => {
    const before = await kite.stored();
    for (const { path } of stringsOf(write.full('any'))) {
      for (const text of unstorable) {
        const error = expectError(await sendBody(write, withValue(write.full('any'), path, text)), 400);
        expect(namedPaths(error)[0], path.join('.')).toMatch(new RegExp(`^${path.join('.')}`));
      }
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses 10,000 characters in each of its names, and names the field', async () => {
    const before = await kite.stored();
    for (const field of stringsOf(write.full('any')).filter((one) => !isLong(one))) {
      for (const text of ['x'.repeat(10_000), `https://long.example/${'x'.repeat(10_000)}`]) {
        const body = withValue(write.full('any'), field.path, text);
        const error = expectError(await sendBody(write, body), 400);
        expect([...new Set(namedPaths(error))]).toEqual([field.path.join('.')]);
      }
    }
    expect(await kite.stored()).toBe(before);
  });
});

describe('a report of a batch', () => {
  it('with NUL, a lone surrogate or 10,000 characters in any text spoils only itself', async () => {
    const before = await kite.stored();
    const whole = reportOf('any');
    const bad = stringsOf(whole).flatMap((field) =>
      [...unstorable, ...(isLong(field) ? [] : ['x'.repeat(10_000)])].map((text) =>
        withValue(whole, field.path, text),
      ),
    );
    const results = await kite.reports(bad);
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['rejected']));
    expect(await kite.stored()).toBe(before);
  });

  it('with a NUL or lone surrogate in the name of a label is rejected', async () => {
    const labels = ['a\u0000b', 'a\ud800b', '', 'x'.repeat(10_000)].map((name) => ({ [name]: 'x' }));
    const results = await kite.reports(labels.map((one) => ({ ...reportOf('any'), labels: one })));
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['rejected']));
  });
});

describe('the limits of the contract', () => {
  const create = (fields: object) => kite.post('/issues/', issueBody(freshNamespace(), fields));
  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const link = (index: number) => ({ title: `Log ${index}`, url: `https://logs.example/${index}` });
  const labels = (count: number) => Object.fromEntries(many(count, (index) => [`label-${index}`, 'x']));

  it.each([
    ['a name of 500 characters', component('n'.repeat(500)), component('n'.repeat(501))],
    ['a title of 500 characters', { title: 't'.repeat(500) }, { title: 't'.repeat(501) }],
    ['a description of 64 KiB', { description: 'd'.repeat(65_536) }, { description: 'd'.repeat(65_537) }],
    [
      '64 KiB counted in bytes',
      { description: 'é'.repeat(32_768) },
      { description: `${'é'.repeat(32_768)}x` },
    ],
    ['50 links', { links: many(50, link) }, { links: many(51, link) }],
    ['64 labels', { labels: labels(64) }, { labels: labels(65) }],
  ])('take %s, and not one more', async (_, taken, refused) => {
    wholeIssue(bodyOf(await create(taken), 201));
    expectError(await create(refused), 400);
  });

  it('a pipeline, id or release with the longest name still makes an issue, with the whole name in its scope', async () => {
    const namespace = freshNamespace();
    const name = 'n'.repeat(500);
    const failure = { pipelineName: name, namespace, failureReason: 'Failed' };
    const logs = { pipelineId: name, namespace, type: 'error', logs: ['one'] };
    const release = { application: name, namespace, failurePhase: 'verify', release: name };
    for (const issue of [
      await kite.failure('pipeline-failure', failure),
      await kite.failure('mintmaker-custom', logs),
      await kite.failure('release-failure', release),
    ]) {
      expect(issue.scope.resourceName).toBe(name);
    }
  });

  it('logs and reasons longer than a description are kept from their beginning, since today’s clients send them', async () => {
    const namespace = freshNamespace();
    const long = 'log line é\n'.repeat(20_000);
    const logs = await kite.failure('mintmaker-custom', {
      pipelineId: 'a',
      namespace,
      type: 'error',
      logs: [long],
    });
    const reason = await kite.failure('pipeline-failure', {
      pipelineName: 'a',
      namespace,
      failureReason: long,
    });
    for (const { description } of [logs, reason]) {
      expect(description).toContain('log line é\nlog line é');
      expect(Buffer.byteLength(description)).toBeGreaterThan(60_000);
      expect(Buffer.byteLength(description)).toBeLessThanOrEqual(65_536);
      expect(description.isWellFormed()).toBe(true);
    }
  });
});

describe('an address of logs that is none', () => {
  it.each(['javascript:alert(1)', 'data:text/html,<script>', 'not an address', '//logs.example/1'])(
    '%s never becomes a link',
    async (address) => {
      const namespace = freshNamespace();
      const pipeline = { pipelineName: 'a', namespace, failureReason: 'b', logsUrl: address };
      const release = {
        application: 'a',
        namespace,
        failurePhase: 'b',
        release: 'c',
        pipelineRunUrl: address,
      };
      for (const [webhook, body] of [
        ['pipeline-failure', pipeline],
        ['release-failure', release],
      ] as const) {
        const answer = await kite.post(`/webhooks/${webhook}`, body);
        expect([201, 400]).toContain(answer.status);
      }
      for (const issue of (await kite.list({ namespace })).data) expect(issue.links).toEqual([]);
    },
  );
});

describe('text that looks like something else', () => {
  const texts = [
    "'; drop table issues; --",
    "' or '1'='1",
    '$1 $2 $x {{x}} %s %n \\ \\u0000 \\\\',
    '<script>alert("1")</script>&amp;<b>',
    '{"a": [1]}',
    'null',
    'Zürich 東京 🦊 \u202eright to left\u202c e\u0301',
    'İSTANBUL ΑΣ ẞ ǅ',
    'two\nlines\ttab\r\n"quoted"',
  ];

  it.each(texts)('comes back from every field of an issue as it was sent: %j', async (text) => {
    const namespace = `${text} ${freshNamespace()}`;
    const labels = { [text]: text, application: text, component: text, origin: text };
    const body = issueBody(namespace, {
      title: text,
      description: text,
      scope: { resourceType: text.toLowerCase(), resourceName: text, resourceNamespace: text },
      links: [{ title: text, url: 'https://logs.example/?q=%27%3B--&x=$1' }],
      labels,
      cluster: text,
      eventId: text,
      run: { name: text, uid: text },
      observedAt: at(0),
    });
    const created = wholeIssue(bodyOf(await kite.post('/issues/', body, { query: { namespace } }), 201));
    expect(created).toMatchObject({
      title: text,
      description: text,
      namespace,
      cluster: text,
      scope: { resourceType: text.toLowerCase(), resourceName: text, resourceNamespace: text },
      links: [{ title: text, url: 'https://logs.example/?q=%27%3B--&x=$1' }],
      labels,
      application: text,
      component: text,
      origin: text,
    });
    expect(await kite.issue(created.id)).toEqual(created);
    const filters = { namespace, cluster: text, resourceType: text, resourceName: text, search: text };
    const more = {
      application: text,
      component: text,
      origin: text,
      pipelineRun: text,
      label: [`${text}=${text}`],
    };
    const filtered = await kite.list({ ...filters, ...(text.includes('=') ? { ...more, label: [] } : more) });
    expect(filtered.data).toEqual([created]);
    expect((await kite.list({ namespace, search: `${text}?` })).total).toBe(0);
  });

  it.each(texts)('comes back from an edit and from webhooks as it was sent: %j', async (text) => {
    const namespace = freshNamespace();
    const failure = { pipelineName: text, namespace, failureReason: text, runId: text };
    const issue = await kite.failure('pipeline-failure', failure);
    expect(issue.title).toBe(`Pipeline run failed: ${text}`);
    expect(issue.description).toBe(`The pipeline run ${text} failed with reason: ${text}`);
    const answer = await kite.ask('PUT', `/issues/${issue.id}`, { body: { title: text, description: text } });
    expect(wholeIssue(bodyOf(answer, 200))).toMatchObject({ title: text, description: text });
    const message = await kite.success('pipeline-success', { pipelineName: text, namespace });
    expect(message).toMatch(/^Resolved \d issue\(s\) for pipeline /);
    expect(message.endsWith(`pipeline ${text}`)).toBe(true);
  });
});

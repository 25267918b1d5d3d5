/** Bodies that cannot be read as one JSON value with one meaning: refused by every operation, and nothing is written. */
import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { component, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite, wholeIssue } from '../../support/kite.ts';
import { allWrites, issueToWrite, pathOf, type Write } from '../../support/writes.ts';

const kite = useKite();
const json = { 'content-type': 'application/json' };
const mebibyte = 1024 * 1024;
let id: string;

beforeAll(async () => {
  id = await issueToWrite(kite);
});

function sendRaw(write: Write, raw: string | Uint8Array, headers: Readonly<Record<string, string>> = json) {
  return kite.ask(write.method, pathOf(write, id), { raw, headers });
}

/** The text of a body whose object begins with these members. */
function beginningWith(body: object, members: string): string {
  return `{${members},${JSON.stringify(body).slice(1)}`;
}

describe.each(allWrites)('$name', (write) => {
  const body = write.full('any');
  const text = JSON.stringify(body);

  it('refuses what is not JSON, with 400', async () => {
    const before = await kite.stored();
    const broken = [
      '',
      ' ',
      '{',
      text.slice(0, -1),
      `${text}}`,
      `${text} x`,
      "{'a': 1}",
      'undefined',
      '{"a": 01}',
    ];
    for (const raw of [
      ...broken,
      '{"a": NaN}',
      '{"a": "\t"}',
      '{,}',
      '// {}\n{}',
      '\u0000',
      `${text}\u0000`,
    ]) {
      expectError(await sendRaw(write, raw), 400);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses JSON that is no object, with 400', async () => {
    const before = await kite.stored();
    for (const raw of ['null', 'true', '7', '"text"', '[]', `[${text}]`]) {
      expectError(await sendRaw(write, raw), 400);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses bytes that are not UTF-8, with 400, instead of storing something else', async () => {
    const before = await kite.stored();
    const bytes = Buffer.concat([
      Buffer.from('{"title": "a'),
      Buffer.from([0xff, 0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]);
    expectError(await sendRaw(write, bytes), 400);
    expect(await kite.stored()).toBe(before);
  });

  it('refuses a key that is repeated in an object, at the top or inside, with 400', async () => {
    const before = await kite.stored();
    const [name] = Object.keys(body);
    expectError(await sendRaw(write, beginningWith(body, `"${name}": "first"`)), 400);
    expectError(await sendRaw(write, beginningWith(body, '"extra": {"a": 1, "b": 2, "a": 1}')), 400);
    expectError(await sendRaw(write, beginningWith(body, '"extra": [{"a": 1, "\\u0061": 2}]')), 400);
    expect(await kite.stored()).toBe(before);
  });

  it('refuses 1,000 levels of nesting, with 400', async () => {
    const before = await kite.stored();
    const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;
    const array = `${'['.repeat(1000)}${']'.repeat(1000)}`;
    for (const raw of [
      deep,
      array,
      beginningWith(body, `"extra": ${deep}`),
      beginningWith(body, `"extra": ${array}`),
    ]) {
      expectError(await sendRaw(write, raw), 400);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses more than 4 MiB with 413, counted in bytes', async () => {
    const before = await kite.stored();
    for (const filler of ['x'.repeat(4 * mebibyte), 'é'.repeat(2 * mebibyte)]) {
      expectError(await sendRaw(write, beginningWith(body, `"extra": "${filler}"`)), 413);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('refuses a body that it is told to be something else than JSON, with 415', async () => {
    const before = await kite.stored();
    for (const type of [
      'text/plain',
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'text/html',
    ]) {
      expectError(await sendRaw(write, text, { 'content-type': type }), 415);
    }
    expectError(await sendRaw(write, text, { 'content-type': 'multipart/form-data; boundary=x' }), 415);
    expect(await kite.stored()).toBe(before);
  });

  it('takes JSON with a charset, in any case of the type, or without any content type', async () => {
    const types = [
      { 'content-type': 'application/json; charset=utf-8' },
      { 'content-type': 'Application/JSON' },
      {},
    ];
    for (const headers of types) {
      expect((await sendRaw(write, text, headers)).status).toBe(write.status);
    }
  });
});

/** Sends without Content-Length, in chunks, and reads the answer even if the server stops listening. */
function sendInChunks(url: string, chunk: Buffer, count: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { ...json, 'transfer-encoding': 'chunked' };
    const outgoing = request(`${url}/api/v1/issues/`, { method: 'POST', headers }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(parts).toString() });
        outgoing.destroy();
      });
    });
    outgoing.on('error', reject);
    for (let sent = 0; sent < count; sent += 1) outgoing.write(chunk);
    outgoing.end();
  });
}

describe('the limit of 4 MiB', () => {
  it('holds for a body that does not say its length', async () => {
    const answer = await sendInChunks(kite.server.url, Buffer.alloc(mebibyte, 'x'), 6);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'payload_too_large' });
  });

  it('lets a body of just 4 MiB through to be judged by what it says', async () => {
    const body = JSON.stringify(issueBody('any'));
    const padded = `${body.slice(0, -1)}${' '.repeat(4 * mebibyte - body.length)}}`;
    expect(Buffer.byteLength(padded)).toBe(4 * mebibyte);
    wholeIssue(bodyOf(await kite.ask('POST', '/issues/', { raw: padded, headers: json }), 201));
    expectError(await kite.ask('POST', '/issues/', { raw: `${padded} `, headers: json }), 413);
  });
});

describe('keys that mean something to JavaScript', () => {
  it('__proto__ and constructor give nothing to an object that lacks it', async () => {
    const { severity: _, ...body } = issueBody('any', component('proto'));
    const text = JSON.stringify(body);
    for (const members of [
      '"__proto__": {"severity": "major"}',
      '"constructor": {"prototype": {"severity": "major"}}',
      '"prototype": {"severity": "major"}',
    ]) {
      const raw = `{${members},${text.slice(1)}`;
      expectError(await kite.ask('POST', '/issues/', { raw, headers: json }), 400);
      expectError(await kite.post('/issues/', body), 400);
    }
  });

  it('as names of labels they are text like any other', async () => {
    const text = JSON.stringify(issueBody('any', component('proto-labels')));
    for (const name of ['constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const raw = `{"labels": {"${name}": "x", "team": "falcon"},${text.slice(1)}`;
      const answer = await kite.ask('POST', '/issues/', { raw, headers: json });
      expect(wholeIssue(bodyOf(answer, 201)).labels).toMatchObject({ [name]: 'x', team: 'falcon' });
      expect((await kite.list({ namespace: 'any', label: `${name}=x` })).total).toBe(1);
    }
  });

  it('__proto__ as the name of a label is text or refused, and no issue inherits from it', async () => {
    const text = JSON.stringify(issueBody('any', component('proto-labels')));
    const raw = `{"labels": {"__proto__": "x", "team": "falcon"},${text.slice(1)}`;
    const inherited = `{"labels": {"__proto__": {"lifecycle": "production"}},${text.slice(1)}`;
    for (const one of [raw, inherited]) {
      const answer = await kite.ask('POST', '/issues/', { raw: one, headers: json });
      expect([201, 400], answer.text).toContain(answer.status);
    }
    const other = await kite.create(issueBody('any'));
    expect(other).toMatchObject({ lifecycle: null });
    expect(other.labels).toEqual({ component: 'checkout' });
  });

  it('as query parameters they are unknown, and ignored', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      bodyOf(await kite.get('/issues/', { namespace: 'any', [name]: 'x' }), 200);
    }
  });
});

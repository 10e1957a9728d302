import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { createTestApp, useTestApp } from '../../support/app.js';

/** The bundle that Open Policy Agent pulls. */

const app = useTestApp();

const PATH = '/api/auth/rules';

async function download(from = app): Promise<{ bytes: Buffer; headers: Headers }> {
  const response = await fetch(`${from.url}${PATH}`);
  return { bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
}

async function membersOf(bytes: Buffer): Promise<Map<string, string>> {
  const members = new Map<string, string>();
  const archive = Readable.from([gunzipSync(bytes)]).pipe(extract());
  for await (const entry of archive) members.set(entry.header.name, await text(entry));
  return members;
}

describe('GET /api/auth/rules', () => {
  it('is a gzipped tar of the rules, flat under rules/, without tests, manifest or data', async () => {
    const { bytes } = await download();
    const members = await membersOf(bytes);
    const names = [...members.keys()];
    for (const name of names) expect(name).toMatch(/^rules\/[\w.]+\.rego$/);
    expect(names.filter((name) => /test|gen\.rego|manifest|data\.json/.test(name))).toEqual([]);
    for (const name of [
      'utils',
      'users',
      'organizations',
      'memberships',
      'invitations',
      'server',
      'access_token_plugin.users',
    ]) {
      expect(members.get(`rules/${name}.rego`)).toBe(
        readFileSync(path.resolve('rules', `${name}.rego`), 'utf8'),
      );
    }
    const sources = readdirSync(path.resolve('rules')).filter(
      (name) => name.endsWith('.rego') && !name.endsWith('_test.rego'),
    );
    expect(names).toEqual(expect.arrayContaining(sources.map((name) => `rules/${name}`)));
  });

  it('has the type and the ETag of the contract', async () => {
    const { bytes, headers } = await download();
    expect(headers.get('content-type')).toBe('application/x-tar');
    expect(headers.get('etag')).toBe(`"${createHash('blake2b512').update(bytes).digest('hex')}"`);
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('content-length')).toBe(String(bytes.length));
  });

  it('is the same, byte for byte, from every process', async () => {
    const other = await createTestApp();
    try {
      expect((await download(other)).bytes.equals((await download()).bytes)).toBe(true);
    } finally {
      await other.close();
    }
  });

  it.each([
    ['its ETag', (etag: string) => etag],
    ['its ETag in the weak form', (etag: string) => `W/${etag}`],
    ['a list with its ETag', (etag: string) => `"other", ${etag}`],
    ['a star', () => '*'],
  ])('is 304 to who has %s', async (_what, condition) => {
    const etag = (await app.send(PATH)).headers.etag ?? '';
    const answer = await app.send(PATH, { headers: { 'If-None-Match': condition(etag) } });
    expect(answer.status).toBe(304);
    expect(answer.text).toBe('');
    expect(answer.headers.etag).toBe(etag);
  });

  it.each(['"other"', 'other', '', 'W/"other"'])('is sent whole to who has %j', async (condition) => {
    expect((await app.send(PATH, { headers: { 'If-None-Match': condition } })).status).toBe(200);
  });

  it.each([
    ['no credentials', {}],
    ['a bad token', { Authorization: 'Token bad' }],
    ['bad Basic credentials', { Authorization: 'Basic ****' }],
    ['a session that is none', { Cookie: `sessionid=${'x'.repeat(32)}` }],
  ])('needs no credentials and looks at none: %s', async (_what, headers) => {
    const answer = await app.send(PATH, { headers });
    expect(answer.status).toBe(200);
    expect(answer.setCookies).toEqual([]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('can not be changed: %s is 405', async (method) => {
    const before = (await app.send(PATH)).headers.etag;
    const answer = await app.send(PATH, { method, body: { package: 'users' } });
    expect(answer.status).toBe(405);
    expect(answer.json()).toEqual({ detail: `Method "${method}" not allowed.` });
    expect((await app.send(PATH)).headers.etag).toBe(before);
  });

  it.each([
    '/api/auth/rules/',
    '/api/auth/rules/users.rego',
    '/api/auth/rules/..%2f..%2fpackage.json',
    '/api/auth/rules?path=../../package.json',
  ])('has no other files below it: %s', async (address) => {
    const answer = await app.send(address);
    expect(answer.text).not.toContain('"dependencies"');
    expect(answer.status).toBe(address.includes('?') ? 200 : 404);
  });

  it('holds no secret of the server', async () => {
    const secret = 'a-secret-key-of-more-than-32-characters';
    const other = await createTestApp({ env: { SECRET_KEY: secret } });
    try {
      const everything = [...(await membersOf((await download(other)).bytes)).values()].join('\n');
      for (const word of [secret, other.admin.password, 'postgres://', 'redis://'])
        expect(everything).not.toContain(word);
    } finally {
      await other.close();
    }
  });
});

import { describe, expect, inject, it } from 'vitest';
import { createTestApp, useTestApp } from '../../support/app.js';
import type { Answer } from '../../support/http.js';

const TOKEN = 'a-token-for-the-metrics';

const app = useTestApp({
  env: {
    METRICS_TOKEN: TOKEN,
    ALLOWED_HOSTS: 'cvat.example.org,localhost',
    PUBLIC_URL: 'https://public.example.com:8443',
  },
});

describe('GET /livez', () => {
  it('answers as long as the process does', async () => {
    const answer = await app.send('/livez');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ status: 'ok' });
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it.each(['POST', 'DELETE'])('is not there for %s', async (method) => {
    expect((await app.send('/livez', { method })).status).toBe(404);
  });
});

describe('GET /readyz', () => {
  it('names every part the server needs', async () => {
    const answer = await app.send('/readyz');
    expect(answer.status).toBe(200);
    const redis = inject('engines') === 'real' ? 'ok' : 'not used';
    expect(answer.json()).toEqual({
      status: 'ok',
      database: 'ok',
      migrations: 'ok',
      redis,
      policy: 'ok',
      rules: 'ok',
    });
  });

  it('says no before the start is done, and yes after', async () => {
    const early = await createTestApp({ prepare: false });
    try {
      const before = await early.send('/readyz');
      expect(before.status).toBe(503);
      // The embedded database comes with its tables; a new one of PostgreSQL has none.
      expect(before.json()).toMatchObject(
        inject('engines') === 'real'
          ? { status: 'not ready', migrations: expect.stringMatching(/^not applied: 0001_/) }
          : { status: 'starting', migrations: 'ok' },
      );
      await early.container.prepare();
      expect((await early.send('/readyz')).status).toBe(200);
    } finally {
      await early.close();
    }
  });

  it('says no from the moment the server stops, which still answers', async () => {
    const stopping = await createTestApp();
    try {
      stopping.container.stop();
      const answer = await stopping.send('/readyz');
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({ status: 'stopping', database: 'ok' });
      expect((await stopping.send('/livez')).status).toBe(200);
      expect((await stopping.send('/api/server/about')).status).toBe(200);
    } finally {
      await stopping.close();
    }
  });
});

describe('GET /metrics', () => {
  const metrics = (headers: Readonly<Record<string, string>> = {}) => app.send('/metrics', { headers });

  it('counts answers by method, route and status', async () => {
    await app.send('/api/server/about');
    await app.send('/api/users/self?password=secret');
    const answer = await metrics();
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.text).toMatch(
      /^http_requests_total\{method="GET",route="\/api\/server\/about",status="200"\} \d+$/m,
    );
    expect(answer.text).toMatch(
      /^http_requests_total\{method="GET",route="\/api\/users\/self",status="401"\} \d+$/m,
    );
    expect(answer.text).toMatch(/^http_request_duration_seconds_count\{route="\/api\/users\/self"\} \d+$/m);
    expect(answer.text).toMatch(/^process_cpu_seconds_total /m);
  });

  it('grow by no address that does not exist, nor by what is in a query', async () => {
    for (let i = 0; i < 5; i += 1) await app.send(`/nowhere/${i}?password=secret`);
    const { text } = await metrics();
    expect(text).not.toMatch(/nowhere|secret/);
    expect(text).toMatch(/route="none",status="404"/);
  });

  it.each([
    'localhost',
    'localhost:1',
    '127.0.0.1:8080',
    '[::1]',
    'cvat.example.org',
    'public.example.com:8443',
  ])('are there for the machine itself as %s', async (host) => {
    expect((await metrics({ Host: host })).status).toBe(200);
  });

  it.each(['rebound.evil.example', '10.1.2.3', 'localhost.evil.example', 'localhost@evil.example'])(
    'are no more there than anything else for a page whose host is bound to loopback anew: %s',
    async (host) => {
      const answer = await metrics({ Host: host });
      const nowhere = await app.send('/nowhere', { headers: { Host: host } });
      expect([answer.status, answer.text]).toEqual([400, nowhere.text]);
    },
  );

  it('look like any address that does not exist to those who may not read them', async () => {
    const forwarded = { 'X-Forwarded-For': '192.0.2.1' };
    const [answer, nowhere] = [await metrics(forwarded), await app.send('/nowhere', { headers: forwarded })];
    const seen = ({ status, headers, text }: Answer) => ({
      status,
      text,
      headers: { ...headers, date: '', 'x-request-id': '' },
    });
    expect(seen(answer)).toEqual(seen(nowhere));
  });

  it.each(['X-Forwarded-For', 'Forwarded', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'])(
    'are not there for what comes through a proxy (%s)',
    async (name) => {
      const answer = await metrics({ [name]: name === 'X-Forwarded-Host' ? 'localhost' : '127.0.0.1' });
      expect(answer.status).toBe(404);
      expect(answer.text).not.toContain('http_requests_total');
    },
  );

  it('are there for everybody who has the token', async () => {
    const forwarded = { 'X-Forwarded-For': '192.0.2.1' };
    expect((await metrics({ ...forwarded, Authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await metrics({ Host: '10.1.2.3:8080', Authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    for (const authorization of [
      `Bearer ${TOKEN}x`,
      'Bearer ',
      `Basic ${TOKEN}`,
      TOKEN,
      `Bearer ${TOKEN} x`,
    ]) {
      expect((await metrics({ ...forwarded, Authorization: authorization })).status).toBe(404);
    }
    expect((await app.send(`/metrics?token=${TOKEN}`, { headers: forwarded })).status).toBe(404);
  });

  it('refuse a wrong token from the machine itself, too', async () => {
    expect((await metrics({ Authorization: 'Bearer wrong' })).status).toBe(404);
  });
});

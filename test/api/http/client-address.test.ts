import { beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type Answer, basicAuth } from '../../support/http.js';

/** One client is one address for every limit, however it and its proxies write it. */

const TRUSTED_PROXIES = 'loopback,10.0.0.0/8,2001:db8:ffff::/48';

const app = useTestApp({ env: { THROTTLE_ANON: '3/minute', TRUSTED_PROXIES } });
/** Limits what people do who are not limited as anonymous. */
const other = useTestApp({
  env: { LOGIN_FAILURES_PER_ADDRESS: '3/minute', MAIL_REQUESTS_PER_CLIENT: '3/minute', TRUSTED_PROXIES },
});
/** Others for each test: nothing that was counted before matters. */
let client: string;
let network: string;
let tests = 0;
beforeEach(() => {
  tests += 1;
  client = `203.0.113.${tests}`;
  network = `2001:db8:${tests.toString(16)}:1`;
});

const from = (forwarded: string) => ({ 'X-Forwarded-For': forwarded });
const about = (forwarded: string): Promise<Answer> =>
  app.send('/api/server/about', { headers: from(forwarded) });

async function statuses(
  spellings: readonly string[],
  ask: (forwarded: string) => Promise<Answer> = about,
): Promise<number[]> {
  const seen: number[] = [];
  for (const forwarded of spellings) seen.push((await ask(forwarded)).status);
  return seen;
}

/** @returns the client that the log names for a request */
async function logged(forwarded: string | string[]): Promise<unknown> {
  const { headers } = await app.send('/nowhere', { headers: { 'X-Forwarded-For': forwarded } });
  const lines = app.logs.map((line) => JSON.parse(line) as { request?: string; client?: string });
  return lines.find(({ request }) => request === headers['x-request-id'])?.client;
}

const ports = (address: string): string[] => [1, 443, 51_234, 65_535].map((port) => `${address}:${port}`);
const neighbours = (): string[] => [
  `${network}::1`,
  `${network}:ffff::`,
  `[${network}::2]:443`,
  `${network.toUpperCase()}::3`,
];

describe('a client', () => {
  it('is the same one with every port that a gateway writes behind its address', async () => {
    expect(await statuses(ports(client))).toEqual([200, 200, 200, 429]);
    expect((await about(client)).status).toBe(429);
  });

  it('is the same one in every address of its IPv6 network', async () => {
    expect(await statuses(neighbours())).toEqual([200, 200, 200, 429]);
    expect((await about(`2001:db8:${tests.toString(16)}:2::1`)).status).toBe(200);
  });

  it('is the same one in every spelling of its address', async () => {
    const hexadecimal = `cb00:71${tests.toString(16).padStart(2, '0')}`;
    const spellings = [client, `::ffff:${client}`, `[::FFFF:${client}]:80`, `0:0:0:0:0:ffff:${hexadecimal}`];
    expect(await statuses(spellings)).toEqual([200, 200, 200, 429]);
  });

  it.each([ports, neighbours])('is the same one for its wrong passwords', async (spellings) => {
    const guess = (forwarded: string) =>
      other.send('/api/users/self', {
        headers: { ...from(forwarded), Authorization: basicAuth(`nobody ${forwarded}`, 'x') },
      });
    expect(await statuses(spellings(client), guess)).toEqual([401, 401, 401, 429]);
  });

  it.each([ports, neighbours])('is the same one for mails that it asks for', async (spellings) => {
    const mail = (forwarded: string) => {
      const email = `${forwarded.replace(/\W/g, '')}@example.org`;
      return other.send('/api/auth/password/reset', {
        method: 'POST',
        headers: from(forwarded),
        body: { email },
      });
    };
    expect(await statuses(spellings(client), mail)).toEqual([200, 200, 200, 429]);
  });
});

describe('what is no address', () => {
  it.each([
    'unknown',
    '_hidden',
    'for=203.0.113.9',
    '203.0.113',
    '203.0.113.999',
    '203.0.113.9:',
    '0x7f.0.0.1',
    '2130706433',
    '"203.0.113.9"',
    '[203.0.113.9',
    '::1::',
    '',
  ])('counts as who sent it: %j', async (text) => {
    expect(await logged(text)).toBe('127.0.0.1');
    expect(await logged(`${client}, ${text}, 10.0.0.7`)).toBe('10.0.0.7');
  });

  it('is no way to a new identity', async () => {
    const inventions = Array.from({ length: 4 }, (_, i) => `invented-${i}, 10.0.${tests}.1`);
    expect(await statuses(inventions)).toEqual([200, 200, 200, 429]);
  });
});

describe('a chain of proxies', () => {
  it.each([
    ['203.0.113.200:51234, 10.0.0.1:80', '203.0.113.200'],
    ['6.6.6.6, 203.0.113.201:51234, 10.0.0.1:80, 10.0.0.2', '203.0.113.201'],
    ['[2001:DB8:1::A]:51234, [2001:db8:ffff::1]:443, 10.0.0.1:80', '2001:db8:1::a'],
    ['203.0.113.202, ::ffff:10.0.0.1', '203.0.113.202'],
    ['fe80::1%eth0, 10.0.0.1', 'fe80::1'],
    [' 203.0.113.203 ,\t10.0.0.1 ', '203.0.113.203'],
    ['10.0.0.3, 10.0.0.1', '10.0.0.3'],
    [',203.0.113.204', '203.0.113.204'],
  ])('%s leads to the client', async (chain, expected) => {
    expect(await logged(chain)).toBe(expected);
  });

  it('is read as one when it comes in several lines', async () => {
    expect(await logged([`${client}:5`, '10.0.0.1:6'])).toBe(client);
  });

  it('is followed to some end only, however long it is', async () => {
    expect(await logged(`${client},${Array.from({ length: 1200 }, () => '10.0.0.1').join(',')}`)).toBe(
      '10.0.0.1',
    );
    expect(await logged(','.repeat(14_000))).toBe('127.0.0.1');
  });
});

describe('the owner of a token', () => {
  it('sees the address, and neither port nor network', async () => {
    const { authorization: headers } = await app.register();
    const path = '/api/auth/access_tokens';
    const created = await app.send(path, { method: 'POST', headers, body: { name: 'seen' } });
    const { id, value } = created.json() as { id: number; value: string };
    const seen = { ...from(`[${network}::BEEF]:51234`), Authorization: `Bearer ${value}` };
    await app.send('/api/server/about', { headers: seen });
    const read = async () =>
      (
        (await app.send(`${path}/${id}?include=last_used_ip`, { headers })).json() as {
          last_used_ip: unknown;
        }
      ).last_used_ip;
    await expect.poll(read).toBe(`${network}::beef`);
  });
});

import type { ChildProcess } from 'node:child_process';
import pg from 'pg';
import { hashAccessToken } from '../src/authentication/access-tokens.js';
import { createBrowser } from '../test/support/http.js';
import { ADMIN } from './bench-server.js';

/** What each part of the benchmark gets. */
export interface Bench {
  /** PostgreSQL, on which a part may create databases. */
  readonly postgresUrl: string;
  /** The database in `services`. */
  readonly databaseUrl: string;
  /** DATABASE_URL, REDIS_URL and OPA_URL. */
  readonly services: Readonly<Record<'DATABASE_URL' | 'REDIS_URL' | 'OPA_URL', string>>;
  /** Seconds of one measurement. */
  readonly seconds: number;
  /** Measurements of each kind; the median counts. */
  readonly rounds: number;
  readonly isQuick: boolean;
  /** Starts the built server. @returns its URL, once it is ready */
  readonly start: (settings: Readonly<Record<string, string>>) => Promise<string>;
  /** Processes that end with the benchmark. */
  readonly children: ChildProcess[];
}

export const ACCESS_TOKEN = `Bench123.${'n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ'}`;
export const PREFIX = ACCESS_TOKEN.slice(0, 8);

/** @returns the headers of the administrator for each way to sign in */
export async function headersOf(url: string, databaseUrl: string) {
  const browser = createBrowser(url);
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: ADMIN });
  const { key } = answer.json() as { key: string };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query({
    text: `insert into access_tokens_accesstoken
      (prefix, hashed_key, created, name, revoked, updated_date, last_used_date, read_only, owner_id)
      select $1, $2, now(), 'bench', false, now(), now(), true, id from auth_user where username = $3
      on conflict do nothing`,
    values: [PREFIX, hashAccessToken(ACCESS_TOKEN), ADMIN.username],
  });
  await client.end();
  const basic = Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64');
  return {
    Token: { Authorization: `Token ${key}` },
    Bearer: { Authorization: `Bearer ${ACCESS_TOKEN}` },
    session: { Cookie: browser.cookieHeader() },
    Basic: { Authorization: `Basic ${basic}` },
  } satisfies Record<string, Record<string, string>>;
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestApp } from './app.js';
import type { Answer, Browser } from './http.js';

/** Signing in at a provider of tests, as a browser does it. */

/** Writes an `auth_config.yml`; JSON is YAML. @returns its path */
export function writeAuthConfig(content: unknown): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'auth-config-')), 'auth_config.yml');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** @returns the file for one provider of single sign-on, with the id `idp` */
export const oneProvider = (
  provider: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string },
  more: Readonly<Record<string, unknown>> = {},
): string =>
  writeAuthConfig({
    sso: { enabled: true, identity_providers: [openIdEntry(provider, more)] },
  });

/** @returns an entry of `identity_providers` */
export const openIdEntry = (
  provider: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string },
  more: Readonly<Record<string, unknown>> = {},
) => ({
  id: 'idp',
  protocol: 'OIDC',
  name: 'Example ID',
  server_url: provider.issuer,
  client_id: provider.clientId,
  client_secret: provider.clientSecret,
  ...more,
});

const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url, 'http://localhost');
  return pathname + search;
};

export interface Way {
  readonly family?: 'oidc' | 'social';
  readonly id?: string;
  /** Of the request that begins it. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Begins a sign-in. @returns the address at the provider */
export async function beginSignOn(browser: Browser, { family = 'oidc', id = 'idp', query = {} }: Way = {}) {
  const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
  const answer = await browser.send(`/api/auth/${family}/${id}/login/${search}`);
  return String(answer.headers.location ?? answer.text);
}

/** Signs in at a provider without pages. @returns the path of the callback, with its query */
export async function comeBackFrom(address: string): Promise<string> {
  const answer = await fetch(address, { redirect: 'manual' });
  return pathOf(answer.headers.get('location') ?? '');
}

/** A whole sign-in at a provider without pages. @returns the answer of the callback */
export const signOn = async (browser: Browser, way: Way = {}): Promise<Answer> =>
  browser.send(await comeBackFrom(await beginSignOn(browser, way)));

/** @returns what the API says about the person in the browser */
export const whoIs = async (browser: Browser): Promise<Record<string, unknown> | null> => {
  const answer = await browser.send('/api/users/self');
  return answer.status === 200 ? (answer.json() as Record<string, unknown>) : null;
};

/** @returns why a sign-in ended without a session, as the page to sign in is told; null if it did not */
export const problemIn = ({ headers }: Pick<Answer, 'headers'>): string | null =>
  new URL(String(headers.location ?? '/'), 'http://localhost').searchParams.get('problem');

/** @returns the events of an app with a name */
export const eventsOf = (app: Pick<TestApp, 'logs'>, name: string): readonly Record<string, unknown>[] =>
  app.logs.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ event }) => event === name);

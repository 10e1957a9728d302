import { expect } from 'vitest';
import type { TestAccount, TestApp } from './app.js';
import type { Answer, Browser } from './http.js';

export const SESSIONS = '/api/auth/sessions';

export interface ListedSession {
  readonly id: string;
  readonly current: boolean;
  readonly browser: string | null;
  readonly device: string | null;
  readonly user_agent: string | null;
  readonly ip: string | null;
  readonly created_date: string | null;
  readonly last_seen: string | null;
  readonly expires: string;
}

type Sender = Pick<Browser, 'send'>;

/** What people do with their sessions. @param app may start later */
export function sessionActions(app: Pick<TestApp, 'browser' | 'send'>) {
  const signIn = async (
    { username, password }: Pick<TestAccount, 'username' | 'password'>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Browser> => {
    const browser = app.browser();
    const answer = await browser.send('/api/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      // As bytes: beside a text, Node.js sends the characters of headers as UTF-8.
      body: Buffer.from(JSON.stringify({ username, password })),
    });
    expect(answer.status).toBe(200);
    return browser;
  };
  const resultsOf = (answer: Answer): readonly ListedSession[] => {
    expect(answer.status).toBe(200);
    return (answer.json() as { results: readonly ListedSession[] }).results;
  };
  const list = async (sender: Sender) => resultsOf(await sender.send(`${SESSIONS}?page_size=all`));

  return {
    signIn,
    resultsOf,
    list,
    currentOf: async (browser: Browser): Promise<ListedSession> => {
      const current = (await list(browser)).find((session) => session.current);
      if (current === undefined) throw new Error('No session is the current one.');
      return current;
    },
    end: (sender: Sender, id: string) => sender.send(`${SESSIONS}/${id}`, { method: 'DELETE' }),
    endOthers: (sender: Sender) => sender.send(`${SESSIONS}?others=true`, { method: 'DELETE' }),
    statusOf: async (browser: Browser) => (await browser.send('/api/users/self')).status,
    asCaller: (headers: Readonly<Record<string, string>>): Sender => ({
      send: (path, options) => app.send(path, { ...options, headers: { ...headers, ...options?.headers } }),
    }),
  };
}

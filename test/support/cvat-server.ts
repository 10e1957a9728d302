import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createBrowser, type RequestOptions, send } from './http.js';
import { freePort } from './services.js';

const SERVE = fileURLToPath(new URL('cvat-server/serve.py', import.meta.url));

export interface CvatServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts Django with the middleware and the settings of CVAT.
 *
 * @param bin of `installCvatServer`
 */
export async function startCvatServer(
  bin: string,
  {
    database,
    secretKey,
    secureCookies = false,
  }: { readonly database: string; readonly secretKey: string; readonly secureCookies?: boolean },
): Promise<CvatServer> {
  const port = await freePort();
  const child = spawn(path.join(bin, 'python'), ['-W', 'ignore', SERVE, String(port)], {
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database,
      SECRET_KEY: secretKey,
      SECURE_COOKIES: String(secureCookies),
      PYTHONPYCACHEPREFIX: path.resolve('node_modules/.cache/python'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString('utf8');
  });
  const exited = once(child, 'exit');
  const url = `http://localhost:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await send(url, '/api/users/self').catch(() => undefined);
    if (answer?.status === 401) break;
    if (child.exitCode !== null || attempt >= 200)
      throw new Error(`Django did not come up: ${answer?.status ?? ''} ${complaints}`);
    await delay(100);
  }
  return {
    url,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

/** What Django sees of the session of a request. */
export interface SeenByDjango {
  readonly key: string | null;
  readonly user: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A browser with one jar for both servers, as behind one host name. */
export function createSharedBrowser(ours: string, django: string) {
  const here = createBrowser(ours);
  const there = createBrowser(django, here.jar);
  const signIn = async (
    where: 'here' | 'there',
    { username, password }: { readonly username: string; readonly password: string },
  ): Promise<void> => {
    const options = { method: 'POST', body: { username, password } };
    const answer = await (where === 'here' ? here : there).send('/api/auth/login', options);
    if (answer.status !== 200) throw new Error(`The sign-in failed: ${answer.status} ${answer.text}`);
  };
  return {
    jar: here.jar,
    here,
    there,
    signIn,
    key: () => here.jar.get('sessionid') ?? '',
    /** Status of a request that needs an account, at each. Django is asked first: this server removes what has ended. */
    known: async () => {
      const status = (await there.send('/api/users/self')).status;
      return { here: (await here.send('/api/users/self')).status, there: status };
    },
    seen: async (options: RequestOptions = {}): Promise<SeenByDjango> =>
      (await there.send('/test/session', options)).json() as SeenByDjango,
  };
}

export type SharedBrowser = ReturnType<typeof createSharedBrowser>;

import { expect } from 'vitest';
import type { TestAccount, TestApp } from './app.js';
import {
  type CreationOptions,
  createAuthenticator,
  type RequestOptions,
  type SoftKey,
  type Twist,
} from './authenticator.js';
import { FACTORS, type FactorState } from './factor-actions.js';
import type { Answer, Browser } from './http.js';
import { sessionActions } from './session-actions.js';

/** For the servers of these tests: keys are bound to its host. */
export const PUBLIC_URL = 'https://cvat.example.org';
export const KEYS = `${FACTORS}/webauthn`;
export const STALE = 'This took too long, or began in another browser. Try it again.';
export const WRONG_KEY = 'The key was refused. Try it again, or use another one.';
export const UNKNOWN_KEY = 'This passkey opens no account here. Sign in in another way.';
export const COPIED =
  'This key was refused: its counter went back, so there may be a copy of it. Sign in in another way, remove the key, and tell an administrator.';

type Sender = Pick<Browser, 'send'>;

/** A person who has a key, and the browser in which they added it. */
export interface KeyHolder {
  readonly account: TestAccount;
  readonly browser: Browser;
  readonly key: SoftKey;
  readonly keyId: number;
  readonly recoveryCodes: readonly string[];
}

/** What people do with passkeys and security keys. @param origin of the pages in front of them */
export function keyActions(app: Pick<TestApp, 'browser' | 'send' | 'register'>, origin = PUBLIC_URL) {
  const { signIn } = sessionActions(app);
  const authenticator = createAuthenticator(origin);
  const post = (sender: Sender, path: string, body?: object) =>
    sender.send(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
  const optionsFrom = async <T>(sender: Sender, path: string): Promise<T> => {
    const answer = await sender.send(path);
    expect(answer.status, answer.text).toBe(200);
    return answer.json() as T;
  };

  const actions = {
    signIn,
    creationOptions: (sender: Sender) => optionsFrom<CreationOptions>(sender, `${KEYS}/options`),
    proofOptions: (sender: Sender) =>
      optionsFrom<RequestOptions>(sender, `${FACTORS}/proof/webauthn/options`),
    stepOptions: (sender: Sender) => optionsFrom<RequestOptions>(sender, '/api/auth/login/key/options'),
    passkeyOptions: (sender: Sender) =>
      optionsFrom<RequestOptions>(sender, '/api/auth/login/passkey/options'),

    make: (options: CreationOptions, twist?: Twist) => authenticator.register(options, twist),
    answer: (options: RequestOptions, key: SoftKey, twist?: Twist) =>
      authenticator.assert(options, key, twist),

    finishAdding: (sender: Sender, name: string, credential: unknown) =>
      post(sender, KEYS, { name, credential }),
    finishProof: (sender: Sender, credential: unknown) =>
      post(sender, `${FACTORS}/proof/webauthn`, { credential }),
    finishStep: (sender: Sender, credential: unknown) => post(sender, '/api/auth/login/key', { credential }),
    finishSignIn: (sender: Sender, credential: unknown) =>
      post(sender, '/api/auth/login/passkey', { credential }),

    rename: (sender: Sender, id: number, name: string) =>
      sender.send(`${KEYS}/${id}`, { method: 'PATCH', body: { name } }),
    remove: (sender: Sender, id: number) => sender.send(`${KEYS}/${id}`, { method: 'DELETE' }),
    keysOf: async (sender: Sender) => {
      const answer = await sender.send(FACTORS);
      expect(answer.status).toBe(200);
      return answer.json() as FactorState & {
        webauthn: readonly { id: number; name: string; last_used_date: string | null }[];
      };
    },

    /** Adds a key in a session. */
    add: async (browser: Browser, name = 'My key', twist?: Twist) => {
      const { key, credential } = actions.make(await actions.creationOptions(browser), twist);
      const answer = await actions.finishAdding(browser, name, credential);
      expect(answer.status, answer.text).toBe(201);
      const added = answer.json() as { recovery_codes: readonly string[]; key: { id: number } };
      return { key, keyId: added.key.id, recoveryCodes: added.recovery_codes, credential };
    },

    /** Adds a key to an account, by default a new one. */
    enrol: async (known?: TestAccount, twist?: Twist): Promise<KeyHolder> => {
      const account = known ?? (await app.register());
      const browser = await signIn(account);
      const { key, keyId, recoveryCodes } = await actions.add(browser, 'My key', twist);
      return { account, browser, key, keyId, recoveryCodes };
    },

    /** Signs in with a passkey alone. @returns the answer and the browser */
    passkeySignIn: async (key: SoftKey, twist?: Twist): Promise<{ answer: Answer; browser: Browser }> => {
      const browser = app.browser();
      const credential = actions.answer(await actions.passkeyOptions(browser), key, twist);
      return { answer: await actions.finishSignIn(browser, credential), browser };
    },

    /** Sends the right password, which is not enough. @returns the browser that waits for the second factor */
    beginSignIn: async ({ username, password }: TestAccount): Promise<Browser> => {
      const browser = app.browser();
      const answer = await post(browser, '/api/auth/login', { username, password });
      expect(answer.status, answer.text).toBe(400);
      return browser;
    },
  };
  return actions;
}

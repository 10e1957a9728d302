import { Secret, TOTP } from 'otpauth';
import { expect } from 'vitest';
import type { TestAccount, TestApp } from './app.js';
import type { Answer, Browser } from './http.js';
import { sessionActions } from './session-actions.js';

export const FACTORS = '/api/auth/factors';
export const STEP = 30_000;

/** @returns the code of an app that has the secret, in base32, at a moment in milliseconds since the epoch */
export const codeAt = (secret: string, now: number): string =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: now });

export interface FactorState {
  readonly totp: { readonly enabled: boolean; readonly created_date: string | null };
  readonly recovery_codes: { readonly remaining: number };
  readonly webauthn: readonly { readonly name: string }[];
}

type Sender = Pick<Browser, 'send'>;

/** A person who has an app, and the browser in which they set it up. */
export interface Enrolled {
  readonly account: TestAccount;
  readonly browser: Browser;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** What people do with their second factors. @param app may start later */
export function factorActions(app: Pick<TestApp, 'browser' | 'send' | 'register' | 'clock'>) {
  const { signIn } = sessionActions(app);
  const post = (sender: Sender, path: string, body?: object) =>
    sender.send(FACTORS + path, { method: 'POST', ...(body === undefined ? {} : { body }) });

  const actions = {
    signIn,
    begin: (sender: Sender) => post(sender, '/totp'),
    confirm: (sender: Sender, code: string) => post(sender, '/totp/confirm', { code }),
    remove: (sender: Sender, code: string) =>
      sender.send(`${FACTORS}/totp`, { method: 'DELETE', body: { code } }),
    renew: (sender: Sender, code: string) => post(sender, '/recovery-codes', { code }),
    /** The code that an app shows now. @param steps later or, below zero, earlier */
    codeOf: (secret: string, steps = 0) => codeAt(secret, app.clock.now() + steps * STEP),
    stateOf: async (sender: Sender) => {
      const answer = await sender.send(FACTORS);
      expect(answer.status).toBe(200);
      return answer.json() as FactorState;
    },
    codesIn: (answer: Answer): readonly string[] =>
      (answer.json() as { recovery_codes: readonly string[] }).recovery_codes,

    /** Begins to set up an app. @returns its secret in base32 */
    secretOf: async (sender: Sender): Promise<string> => {
      const answer = await actions.begin(sender);
      expect(answer.status, answer.text).toBe(201);
      return (answer.json() as { secret: string }).secret;
    },

    /** Sets up an app for an account, by default a new one. Its code of now counts no more. */
    enrol: async (known?: TestAccount): Promise<Enrolled> => {
      const account = known ?? (await app.register());
      const browser = await signIn(account);
      const secret = await actions.secretOf(browser);
      const answer = await actions.confirm(browser, actions.codeOf(secret));
      expect(answer.status, answer.text).toBe(200);
      return { account, browser, secret, recoveryCodes: actions.codesIn(answer) };
    },

    /** Signs in with password and code in one field. @returns another browser */
    signInAgain: ({ account, secret }: Pick<Enrolled, 'account' | 'secret'>): Promise<Browser> =>
      signIn({ ...account, password: account.password + actions.nextCode(secret) }),

    /** Waits until the app shows a code that has not counted yet. @returns the code */
    nextCode: (secret: string): string => {
      app.clock.advance(STEP);
      return actions.codeOf(secret);
    },
  };
  return actions;
}

import { z } from 'zod';
import { isId } from '../kernel/account.js';
import type { Clock } from '../kernel/clock.js';
import { cookieValue, serializeCookie } from '../platform/http/cookies.js';
import type { Exchange } from '../platform/http/exchange.js';
import type { Identity, IdentityStore } from './identity.js';
import { bindingOf } from './sessions/binding.js';
import { equalInConstantTime, saltedHmac, signValue, unsignValue } from './signing.js';

const COOKIE = 'signin';
const SALT = 'auth_server.begun_sign_in';
const AGE_SECONDS = 10 * 60;

const Begun = z.tuple([z.int().refine(isId), z.string()]);

export interface BegunSignInDeps {
  readonly clock: Clock;
  readonly secretKey: () => string;
  readonly identities: Pick<IdentityStore, 'byId'>;
  /** `SESSION_COOKIE_SECURE`. */
  readonly isSecure: boolean;
}

/**
 * Remembers in a browser, for ten minutes, that its person has proved everything but their second factor. It opens
 * nothing, and ends with the password, as sessions do.
 */
export function createBegunSignIn({ clock, secretKey, identities, isSecure }: BegunSignInDeps) {
  const sealOf = (identity: Identity): string =>
    saltedHmac(SALT, bindingOf(identity, secretKey()), secretKey()).toString('base64url');

  const setCookie = (exchange: Exchange, value: string, maxAgeSeconds: number): void => {
    const attributes = { maxAgeSeconds, httpOnly: true, secure: isSecure };
    exchange.setCookies.set(COOKIE, serializeCookie(COOKIE, value, attributes, clock.now()));
  };

  /** Of requests that began one themselves: the cookie only comes back with the next. */
  const begunHere = new WeakMap<Exchange, Identity>();

  return {
    begin: (exchange: Exchange, identity: Identity): void => {
      begunHere.set(exchange.whole, identity);
      const value = signValue([identity.account.id, sealOf(identity)], SALT, secretKey(), clock.now());
      setCookie(exchange, value, AGE_SECONDS);
    },

    /** @returns the account that waits for its code; undefined for none, and for one that has changed since */
    read: async (exchange: Exchange): Promise<Identity | undefined> => {
      const here = begunHere.get(exchange.whole);
      if (here !== undefined) return here;
      const text = cookieValue(exchange.cookies, COOKIE) ?? '';
      const age = { nowMs: clock.now(), maxAgeSeconds: AGE_SECONDS };
      const begun = Begun.safeParse(unsignValue(text, SALT, secretKey(), age)).data;
      if (begun === undefined) return undefined;
      const [id, seal] = begun;
      const identity = await identities.byId(id, { kind: 'absent' });
      return identity !== undefined && equalInConstantTime(seal, sealOf(identity)) ? identity : undefined;
    },

    end: (exchange: Exchange): void => setCookie(exchange, '', 0),
  };
}

export type BegunSignIn = ReturnType<typeof createBegunSignIn>;

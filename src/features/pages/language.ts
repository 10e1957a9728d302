import { z } from 'zod';
import type { Clock } from '../../kernel/clock.js';
import { NotFound } from '../../kernel/errors.js';
import { LANGUAGES, type Language, languageOf } from '../../platform/html/language.js';
import { serializeCookie } from '../../platform/http/cookies.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { LANGUAGE_COOKIE } from '../../platform/http/request-language.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { type Page, redirect, type Visit } from './page.js';
import { PATHS } from './paths.js';
import { personOf } from './person.js';

/** A year, in seconds. */
const COOKIE_AGE = 31_536_000;
const Preferences = z.object({ language: z.enum(LANGUAGES).nullable() });

/** The language of a browser, and of the account that is signed in there. */
export function createLanguages(clock: Clock, isSecure: boolean) {
  const remember = (exchange: Exchange, language: Language): void => {
    const attributes = { maxAgeSeconds: COOKIE_AGE, httpOnly: true, secure: isSecure };
    const line = serializeCookie(LANGUAGE_COOKIE, language, attributes, clock.now());
    exchange.setCookies.set(LANGUAGE_COOKIE, line);
  };

  /** For this browser and for the account. */
  const choose = async (visit: Visit, language: Language): Promise<void> => {
    await store(visit, language);
    remember(visit.exchange, language);
  };

  const store = (visit: Visit, language: Language) =>
    visit.call('auth_partial_update_preferences', Preferences, { body: { language } });

  /** After a sign-in: the browser learns the language of the account, or the account that of the browser. */
  const meet = async (visit: Visit): Promise<void> => {
    const { language } = await visit.call('auth_retrieve_preferences', Preferences);
    if (language === null) await store(visit, visit.language);
    else if (!visit.exchange.cookies.has(LANGUAGE_COOKIE)) remember(visit.exchange, language);
  };

  /** The switch at the end of every page. */
  const page: Page = {
    path: PATHS.language,
    show: async () => redirect(PATHS.account),
    actions: {
      choose: async (visit) => {
        const language = languageOf(visit.form.get('language'));
        if (language === undefined) throw new NotFound();
        remember(visit.exchange, language);
        if ((await personOf(visit)) !== undefined) await store(visit, language);
        return redirect(safeNext(visit.form.get('back'), undefined) ?? PATHS.account);
      },
    },
  };

  return { page, meet, choose };
}

export type Languages = ReturnType<typeof createLanguages>;

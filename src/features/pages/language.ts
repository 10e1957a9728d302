import type { Clock } from '../../kernel/clock.js';
import { NotFound } from '../../kernel/errors.js';
import { chooseLanguage, type Language, languageOf } from '../../platform/html/language.js';
import { cookieValue, serializeCookie } from '../../platform/http/cookies.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { type Page, redirect } from './page.js';
import { PATHS, safeNext } from './paths.js';

const LANGUAGE_COOKIE = 'account_language';
/** A year, in seconds. */
const COOKIE_AGE = 31_536_000;

/** @returns the language that the person chose, or else one that the browser asks for */
export const languageFor = ({ cookies, req }: Exchange): Language =>
  languageOf(cookieValue(cookies, LANGUAGE_COOKIE)) ?? chooseLanguage(req.acceptsLanguages());

/** The switch at the end of every page. */
export const languagePage = (clock: Clock, isSecure: boolean): Page => ({
  path: PATHS.language,
  show: async () => redirect(PATHS.account),
  actions: {
    choose: async ({ exchange, form }) => {
      const language = languageOf(form.get('language'));
      if (language === undefined) throw new NotFound();
      const attributes = { maxAgeSeconds: COOKIE_AGE, httpOnly: true, secure: isSecure };
      const line = serializeCookie(LANGUAGE_COOKIE, language, attributes, clock.now());
      exchange.setCookies.set(LANGUAGE_COOKIE, line);
      return redirect(safeNext(form.get('back'), undefined) ?? PATHS.account);
    },
  },
});

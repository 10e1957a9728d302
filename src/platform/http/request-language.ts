import { chooseLanguage, DEFAULT_LANGUAGE, type Language, languageOf } from '../html/language.js';
import { cookieValue } from './cookies.js';
import type { Exchange } from './exchange.js';

export const LANGUAGE_COOKIE = 'account_language';

/** @returns the language that the person chose, or else one that the browser asks for; undefined without either */
export const requestLanguage = ({ cookies, req }: Pick<Exchange, 'cookies' | 'req'>): Language | undefined =>
  languageOf(cookieValue(cookies, LANGUAGE_COOKIE)) ?? chooseLanguage(req.acceptsLanguages());

/** @returns the language of the pages that answer a request */
export const pageLanguage = (exchange: Pick<Exchange, 'cookies' | 'req'>): Language =>
  requestLanguage(exchange) ?? DEFAULT_LANGUAGE;

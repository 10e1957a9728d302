import type { Sessions } from '../../authentication/sessions/sessions.js';
import { TEXTS } from '../../platform/html/texts/index.js';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { pageLanguage } from '../../platform/http/request-language.js';
import type { Outgoing } from '../../platform/http/send.js';
import { type Brand, createPageAssets } from './assets.js';
import type { View } from './page.js';
import { renderView, type ShellVisit } from './shell.js';

export interface ShellDeps {
  readonly sessions: Pick<Sessions, 'csrfTokenFor'>;
  readonly brand: Brand;
  readonly siteName: () => string;
  /** The user interface of CVAT, if there is one. */
  readonly uiUrl: string | undefined;
  /** `ACCOUNT_PAGES`: whether there are pages that the shell can link to. */
  readonly hasPages: boolean;
}

/**
 * The frame of every page: its head, its bars, its security policy, and the files that it loads.
 *
 * @throws StartError if the logo can't be read
 */
export function createShell({ sessions, brand, siteName, uiUrl, hasPages }: ShellDeps) {
  const { stylesheet, script, keyScript, logo, handlers } = createPageAssets(brand);
  const look = { siteName, stylesheet, script, keyScript, logo, uiUrl, hasPages };
  const policy = securityPolicyOf(uiUrl);

  /** @returns what the shell knows of a request: its language, and a token for its forms, the same one for all */
  const visitOf = (exchange: Exchange): ShellVisit => {
    const language = pageLanguage(exchange);
    let token: string | undefined;
    return {
      exchange,
      query: exchange.query,
      language,
      texts: TEXTS[language],
      csrfToken: () => {
        token ??= sessions.csrfTokenFor(exchange);
        return token;
      },
    };
  };

  /** @returns the answer that shows a view */
  const answer = (view: Omit<View, 'kind'>, visit: ShellVisit): Outgoing => ({
    status: view.status ?? 200,
    headers: { 'Content-Security-Policy': policy, 'Content-Language': visit.language, ...PRIVATE },
    content: {
      kind: 'raw',
      type: 'text/html; charset=utf-8',
      raw: renderView(view, visit, look),
    },
  });

  return { visitOf, answer, assets: (exchanges: Exchanges) => handlers(exchanges) };
}

export type Shell = ReturnType<typeof createShell>;

/** The address of a page may contain the token of a mail: no other site learns it. */
export const PRIVATE = { 'Referrer-Policy': 'same-origin' };

/** After a form, browsers also check where they are led: to the user interface, perhaps. */
const securityPolicyOf = (uiUrl: string | undefined): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self'${uiUrl === undefined ? '' : ` ${new URL(uiUrl).origin}`}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

import type { RequestHandler } from 'express';
import type { Exchange, Exchanges } from './exchange.js';
import { send } from './send.js';

/** Paths of this server, whether or not something is there. */
const OWN = /^\/(api|static|livez|readyz|metrics)(\/|$)/;
/** Browsers read `//` and `\` at the start of a path as the start of a host, and resolve dot segments. */
const STRANGE = /^\/\/|\\|\/(\.|%2e){1,2}(\/|$)/i;
/** A target that can be repeated in a header as it is. */
const PRINTABLE = /^[!-~]+$/;

/**
 * For people who open a page of CVAT's user interface at the address of this server: redirects to the same page at the
 * user interface. Mails contain such links, for example `/auth/login?email=...`.
 *
 * @param uiUrl `UI_URL`, without a trailing slash, query and fragment
 * @returns a handler for requests that nothing has answered. It only answers `GET` and `HEAD` requests that prefer HTML
 *   over JSON, as browsers do; clients of the API still get 404
 */
export function createUserInterfaceRedirect(exchanges: Exchanges, uiUrl: string): RequestHandler {
  const ui = new URL(uiUrl);
  /** The proxy in front of the user interface sent this request here: a redirect would never end. */
  const isFromThere = ({ origin, path }: Exchange): boolean =>
    URL.canParse(origin.base) && new URL(origin.base).host === ui.host && path.startsWith(ui.pathname);

  return async (req, _res, next) => {
    const exchange = exchanges.of(req);
    const { path } = exchange;
    const isNavigation =
      (req.method === 'GET' || req.method === 'HEAD') &&
      req.accepts(['application/json', 'text/html']) === 'text/html';
    const isPage = PRINTABLE.test(req.url) && !OWN.test(path) && !STRANGE.test(path);
    if (!isNavigation || !isPage || isFromThere(exchange)) return next();
    const headers = { Location: `${uiUrl}${req.url}` };
    await send(exchange, { status: 302, headers, content: { kind: 'none' } });
  };
}

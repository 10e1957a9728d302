import type { Request, Response } from 'express';
import type { Client } from '../../kernel/client.js';
import type { ReportEvent, SecurityEventDetails, SecurityEventName } from '../../kernel/security-events.js';
import { readFormBody, readJsonBody } from './body.js';
import { parseCookies, type RequestCookies } from './cookies.js';
import { DEFAULT_REPRESENTATION, type Representation } from './negotiation.js';
import type { OriginReader, RequestOrigin } from './origin.js';
import { unusualTargetOf } from './request-target.js';

/** One request and the data its answer needs. The steps share it; nothing outlives the response. */
export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly id: string;
  /** The exchange itself; for an inner one, the exchange that it is a part of. */
  readonly whole: Exchange;
  readonly origin: RequestOrigin;
  /** False for an invalid request target: nothing may act on it. */
  readonly hasTarget: boolean;
  /** The origin of the request, and whether its client is still connected. */
  readonly client: Client;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly cookies: RequestCookies;
  /** `Set-Cookie` lines by cookie name, in the order in which they are sent. */
  readonly setCookies: Map<string, string>;
  /** The session was read: the answer then varies by its cookie. */
  sessionSeen: boolean;
  /** The CSRF cookie is among them: `Cookie` then precedes `Origin` in Vary, following the order of the middlewares. */
  csrfCookieSet: boolean;
  representation: Representation;
  /** Methods of the view, for the `Allow` header; empty outside views. */
  allow: string;
  /** The caller, for the access log. */
  userId: number | null;
  /** Records an event that concerns identities and rights, as part of this request. */
  readonly report: ReportEvent;
  /** The JSON body, read and parsed once. @throws ParseError, UnsupportedMediaType, PayloadTooLarge */
  readonly body: () => Promise<unknown>;
  /** The fields of an HTML form, read once; none for another body. @throws PayloadTooLarge */
  readonly form: () => Promise<URLSearchParams>;
  /** Runs before the answer is sent, with its status: the session saves itself here. */
  readonly beforeSend: ((status: number) => Promise<void> | void)[];
  /** Called with the status of an answer whose client has disconnected. */
  onUnsent: (status: number) => void;
}

/** A request that this server makes to one of its own routes, as part of another request. */
export interface InnerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** The CSRF token of the form that the browser sent. */
  readonly csrfToken: string | undefined;
}

/** Receives the events of an exchange. Must not throw. */
export type EventSink = (
  exchange: Exchange,
  name: SecurityEventName,
  details: SecurityEventDetails | undefined,
) => void;

/** Gives every request its exchange, and returns the same one on each call. */
export function createExchanges(readOrigin: OriginReader, onEvent: EventSink) {
  const exchanges = new WeakMap<Request, Exchange>();

  const open = (req: Request, res: Response, id: string): Exchange => {
    const target = unusualTargetOf(req);
    const at = req.url.indexOf('?');
    let query: URLSearchParams | undefined;
    let cookies: RequestCookies | undefined;
    let body: Promise<unknown> | undefined;
    let form: Promise<URLSearchParams> | undefined;
    let client: Client | undefined;
    const exchange: Exchange = {
      req,
      res,
      id,
      get whole() {
        return exchange;
      },
      origin: readOrigin(req, target?.authority ?? undefined),
      hasTarget: target?.authority !== null,
      path: target?.authority === null ? target.text : at < 0 ? req.url : req.url.slice(0, at),
      get client() {
        client ??= { address: exchange.origin.clientAddress, signal: signalOf(res) };
        return client;
      },
      get query() {
        query ??= new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1));
        return query;
      },
      get cookies() {
        cookies ??= parseCookies(req.headers.cookie);
        return cookies;
      },
      setCookies: new Map(),
      sessionSeen: false,
      csrfCookieSet: false,
      representation: DEFAULT_REPRESENTATION,
      allow: '',
      userId: null,
      report: (name, details) => onEvent(exchange, name, details),
      body: () => {
        body ??= readJsonBody(req);
        return body;
      },
      form: () => {
        form ??= readFormBody(req);
        return form;
      },
      beforeSend: [],
      onUnsent: () => undefined,
    };
    exchanges.set(req, exchange);
    return exchange;
  };

  const of = (req: Request): Exchange => {
    const exchange = exchanges.get(req);
    if (exchange === undefined)
      throw new TypeError('The request has no exchange: open() comes first in app.ts.');
    return exchange;
  };

  const inner = (whole: Exchange, request: InnerRequest): Exchange => {
    const exchange = innerExchange(whole, request);
    exchanges.set(exchange.req, exchange);
    return exchange;
  };

  return { open, of, inner };
}

export type Exchanges = ReturnType<typeof createExchanges>;

/**
 * @returns an exchange for a route of this server: it has the cookies, the client and the answer of the whole, but
 *   no other credentials and no organization, unless its query names one
 */
function innerExchange(whole: Exchange, { method, path, query, body, csrfToken }: InnerRequest): Exchange {
  const { authorization: _credentials, 'x-organization': _organization, ...headers } = whole.req.headers;
  const req: Request = Object.create(whole.req, {
    method: { value: method },
    url: { value: path },
    headers: { value: csrfToken === undefined ? headers : { ...headers, 'x-csrftoken': csrfToken } },
  });
  return {
    ...whole,
    req,
    path,
    query,
    representation: DEFAULT_REPRESENTATION,
    allow: '',
    body: async () => body,
    form: async () => new URLSearchParams(),
    // What the route learns belongs to the whole.
    get sessionSeen() {
      return whole.sessionSeen;
    },
    set sessionSeen(seen) {
      whole.sessionSeen = seen;
    },
    get csrfCookieSet() {
      return whole.csrfCookieSet;
    },
    set csrfCookieSet(isSet) {
      whole.csrfCookieSet = isSet;
    },
    get userId() {
      return whole.userId;
    },
    set userId(id) {
      whole.userId = id;
    },
  };
}

/** @returns a signal that aborts if the connection ends before the whole answer was sent */
function signalOf(res: Response): AbortSignal {
  const controller = new AbortController();
  const close = (): void => {
    if (!res.writableFinished) controller.abort();
  };
  if (res.destroyed) close();
  else res.once('close', close);
  return controller.signal;
}

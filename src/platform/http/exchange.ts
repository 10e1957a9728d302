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

const EXCHANGE = Symbol('exchange');

/** A collection of young objects takes what a WeakMap holds for alive: there, each request would grow old. */
interface HoldingRequest extends Request {
  [EXCHANGE]?: Exchange;
}

/** Gives every request its exchange, and returns the same one on each call. */
export function createExchanges(readOrigin: OriginReader, onEvent: EventSink) {
  const open = (req: HoldingRequest, res: Response, id: string): Exchange => {
    const exchange = new OpenExchange({ req, res, id, readOrigin, onEvent });
    req[EXCHANGE] = exchange;
    return exchange;
  };

  const of = (req: HoldingRequest): Exchange => {
    const exchange = req[EXCHANGE];
    if (exchange === undefined)
      throw new TypeError('The request has no exchange: open() comes first in app.ts.');
    return exchange;
  };

  const inner = (whole: Exchange, request: InnerRequest): Exchange => {
    const exchange = new InnerExchange(whole, request);
    const req: HoldingRequest = exchange.req;
    req[EXCHANGE] = exchange;
    return exchange;
  };

  return { open, of, inner };
}

export type Exchanges = ReturnType<typeof createExchanges>;

interface OpenParts extends Pick<Exchange, 'req' | 'res' | 'id'> {
  readonly readOrigin: OriginReader;
  readonly onEvent: EventSink;
}

/**
 * The accessors are those of a class, so that all exchanges share them. V8 keeps an accessor of a single object in the
 * description of its shape, among the oldest objects: it would hold the whole request until the next full collection.
 */
class OpenExchange implements Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly id: string;
  readonly origin: RequestOrigin;
  readonly hasTarget: boolean;
  readonly path: string;
  readonly setCookies = new Map<string, string>();
  sessionSeen = false;
  csrfCookieSet = false;
  representation = DEFAULT_REPRESENTATION;
  allow = '';
  userId: number | null = null;
  readonly report: ReportEvent;
  readonly body: Exchange['body'];
  readonly form: Exchange['form'];
  readonly beforeSend: Exchange['beforeSend'] = [];
  onUnsent: Exchange['onUnsent'] = () => undefined;
  #client: Client | undefined;
  #query: URLSearchParams | undefined;
  #cookies: RequestCookies | undefined;

  constructor({ req, res, id, readOrigin, onEvent }: OpenParts) {
    const target = unusualTargetOf(req);
    const at = req.url.indexOf('?');
    let body: Promise<unknown> | undefined;
    let form: Promise<URLSearchParams> | undefined;
    this.req = req;
    this.res = res;
    this.id = id;
    this.origin = readOrigin(req, target?.authority ?? undefined);
    this.hasTarget = target?.authority !== null;
    this.path = target?.authority === null ? target.text : at < 0 ? req.url : req.url.slice(0, at);
    this.report = (name, details) => onEvent(this, name, details);
    this.body = () => {
      body ??= readJsonBody(req);
      return body;
    };
    this.form = () => {
      form ??= readFormBody(req);
      return form;
    };
  }

  get whole(): Exchange {
    return this;
  }

  get client(): Client {
    this.#client ??= { address: this.origin.clientAddress, signal: signalOf(this.res) };
    return this.#client;
  }

  get query(): URLSearchParams {
    if (this.#query === undefined) {
      const at = this.req.url.indexOf('?');
      this.#query = new URLSearchParams(at < 0 ? '' : this.req.url.slice(at + 1));
    }
    return this.#query;
  }

  get cookies(): RequestCookies {
    this.#cookies ??= parseCookies(this.req.headers.cookie);
    return this.#cookies;
  }
}

/**
 * An exchange for a route of this server: it has the cookies, the client and the answer of the whole, but no other
 * credentials and no organization, unless its query names one. What the route learns belongs to the whole.
 */
class InnerExchange implements Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly id: string;
  readonly whole: Exchange;
  readonly origin: RequestOrigin;
  readonly hasTarget: boolean;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly setCookies: Exchange['setCookies'];
  representation = DEFAULT_REPRESENTATION;
  allow = '';
  readonly report: ReportEvent;
  readonly body: Exchange['body'];
  readonly form: Exchange['form'] = async () => new URLSearchParams();
  readonly beforeSend: Exchange['beforeSend'];
  onUnsent: Exchange['onUnsent'];

  constructor(outer: Exchange, { method, path, query, body, csrfToken }: InnerRequest) {
    const { authorization: _credentials, 'x-organization': _organization, ...headers } = outer.req.headers;
    this.req = Object.create(outer.req, {
      method: { value: method },
      url: { value: path },
      headers: { value: csrfToken === undefined ? headers : { ...headers, 'x-csrftoken': csrfToken } },
    });
    this.path = path;
    this.query = query;
    this.body = async () => body;
    this.whole = outer.whole;
    this.res = outer.res;
    this.id = outer.id;
    this.origin = outer.origin;
    this.hasTarget = outer.hasTarget;
    this.setCookies = outer.setCookies;
    this.report = outer.report;
    this.beforeSend = outer.beforeSend;
    this.onUnsent = outer.onUnsent;
  }

  get client(): Client {
    return this.whole.client;
  }

  get cookies(): RequestCookies {
    return this.whole.cookies;
  }

  get sessionSeen(): boolean {
    return this.whole.sessionSeen;
  }

  set sessionSeen(seen: boolean) {
    this.whole.sessionSeen = seen;
  }

  get csrfCookieSet(): boolean {
    return this.whole.csrfCookieSet;
  }

  set csrfCookieSet(isSet: boolean) {
    this.whole.csrfCookieSet = isSet;
  }

  get userId(): number | null {
    return this.whole.userId;
  }

  set userId(id: number | null) {
    this.whole.userId = id;
  }
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

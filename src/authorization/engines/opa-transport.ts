import type { Dispatcher } from 'undici';
import errors from 'undici/lib/core/errors.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { noDecision, SENTENCES } from './problems.js';

/** How to reach an Open Policy Agent. */
export interface OpaAddress {
  /** OPA's URL, whose path is kept as a prefix; or `unix://` and the absolute path of its socket. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`, for `opa run --authentication=token`. */
  readonly token?: string | undefined;
  /** PEM texts of the authorities that sign OPA's certificate. Default: those of Node.js. */
  readonly authorities?: readonly string[] | undefined;
}

export interface TransportOptions extends OpaAddress {
  /** Milliseconds to wait for a connection. */
  readonly timeoutMs: number;
  /** Maximum number of connections, kept alive between exchanges. */
  readonly connections: number;
  readonly maxResponseBytes: number;
}

export interface OpaResponse {
  readonly status: number;
  readonly text: string;
}

/** `opa_unreachable`, and the request was not even sent: another one would not reach OPA either. */
export class OpaNotReached extends ServiceUnavailable {
  constructor(cause: Error) {
    super('opa_unreachable', SENTENCES.opa_unreachable, { cause });
  }
}

/**
 * How long an exchange is waited for. An `AbortController` would say the same, and cost a fifth of the CPU that the
 * whole exchange needs.
 */
export class Lifetime {
  /** Why it is over; undefined until then. */
  reason: Error | undefined;
  /** The exchange under way sets this: there is one at a time. */
  onEnd: (reason: Error) => void = () => undefined;

  end(reason: Error): void {
    this.reason = reason;
    this.onEnd(reason);
  }
}

export interface Transport {
  /**
   * One exchange, without retries or redirects.
   *
   * @param lifetime its end ends the exchange, also while that waits for a connection, and is the cause of the error
   * @param body JSON of a POST; undefined for a GET
   * @throws OpaNotReached; ServiceUnavailable `opa_unreachable`, `opa_bad_answer` once the request was sent
   */
  readonly send: (path: string, lifetime: Lifetime, body?: string) => Promise<OpaResponse>;
  readonly close: () => Promise<void>;
}

const JSON_BODY = ['content-type', 'application/json'];
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP to OPA by undici's `dispatch`, which costs a fifth less CPU than its `request`, and an eighth of `fetch`. Its
 * timers are off, because none of them covers the wait for a connection, or a body that arrives byte by byte: the
 * lifetime that the caller passes does.
 */
export function createTransport(options: TransportOptions): Transport {
  const { origin, prefix, socketPath } = placeOf(options.url);
  const headers =
    options.token === undefined ? JSON_BODY : [...JSON_BODY, 'authorization', `Bearer ${options.token}`];
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    connect: {
      timeout: options.timeoutMs,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
    },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: options.maxResponseBytes,
  });

  return {
    send: (path, lifetime, body) => {
      const request: Dispatcher.DispatchOptions = {
        origin,
        path: prefix + path,
        method: body === undefined ? 'GET' : 'POST',
        headers,
        body: body ?? null,
      };
      return exchange(pool, request, lifetime);
    },
    close: () => pool.close(),
  };
}

const UNIX = 'unix://';

function placeOf(url: string): { origin: string; prefix: string; socketPath?: string } {
  if (url.startsWith(UNIX))
    return { origin: 'http://localhost', prefix: '', socketPath: url.slice(UNIX.length) };
  const { origin, pathname } = new URL(url);
  return { origin, prefix: pathname.replace(/\/+$/, '') };
}

function exchange(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  lifetime: Lifetime,
): Promise<OpaResponse> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let started: Dispatcher.DispatchController | undefined;
    const chunks: Buffer[] = [];

    const fail = (error: Error) =>
      reject(started === undefined ? new OpaNotReached(error) : noDecision(problemOf(error), error));
    lifetime.onEnd = (reason) => {
      fail(reason);
      started?.abort(reason);
    };

    pool.dispatch(request, {
      onRequestStart: (controller) => {
        started = controller;
        if (lifetime.reason !== undefined) controller.abort(lifetime.reason);
      },
      onResponseStart: (_controller, statusCode) => {
        status = statusCode;
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => resolve({ status, text: textOf(chunks) }),
      onResponseError: (_controller, error) => fail(error),
    });
  });
}

const textOf = (chunks: readonly Buffer[]) =>
  (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString();

const problemOf = (error: Error) =>
  error instanceof errors.ResponseExceededMaxSizeError || error instanceof errors.HTTPParserError
    ? 'opa_bad_answer'
    : 'opa_unreachable';

/**
 * @param timeoutMs from now to the end of the work
 * @param work exchanges, with a lifetime that is over by then
 */
export async function within<T>(timeoutMs: number, work: (lifetime: Lifetime) => Promise<T>): Promise<T> {
  const lifetime = new Lifetime();
  const timer = setTimeout(() => lifetime.end(lateAnswer(timeoutMs)), timeoutMs);
  try {
    return await work(lifetime);
  } finally {
    clearTimeout(timer);
  }
}

/** The cause of `opa_unreachable` when the time is over. */
export const lateAnswer = (timeoutMs: number): Error =>
  new Error(`No answer from OPA within ${timeoutMs} ms`);

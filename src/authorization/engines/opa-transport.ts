import { type Dispatcher, errors, Pool } from 'undici';
import { noDecision } from './problems.js';

/** How to reach an Open Policy Agent. */
export interface OpaAddress {
  /** OPA's URL; its path is kept as a prefix. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`, for `opa run --authentication=token`. */
  readonly token?: string | undefined;
  /** PEM texts of the authorities that sign OPA's certificate. Default: those of Node.js. */
  readonly authorities?: readonly string[] | undefined;
}

export interface TransportOptions extends OpaAddress {
  /** Milliseconds for an exchange, from the call to the last byte, including the wait for a connection. */
  readonly timeoutMs: number;
  /** Maximum number of connections, kept alive between exchanges. */
  readonly connections: number;
  readonly maxResponseBytes: number;
}

export interface OpaResponse {
  readonly status: number;
  readonly text: string;
}

export interface Transport {
  /**
   * One exchange, without retries or redirects.
   *
   * @param body JSON of a POST; undefined for a GET
   * @throws ServiceUnavailable `opa_unreachable`, `opa_bad_answer`
   */
  readonly send: (path: string, body?: string) => Promise<OpaResponse>;
  readonly close: () => Promise<void>;
}

const JSON_BODY = ['content-type', 'application/json'];
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP to OPA by undici's `dispatch`, which costs a fifth less CPU than its `request`, and an eighth of `fetch`. Our
 * own deadline replaces undici's timers: none of them covers the wait for a connection, or a body that arrives byte by
 * byte.
 */
export function createTransport(options: TransportOptions): Transport {
  const { origin, pathname } = new URL(options.url);
  const prefix = pathname.replace(/\/+$/, '');
  const headers =
    options.token === undefined ? JSON_BODY : [...JSON_BODY, 'authorization', `Bearer ${options.token}`];
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    connect: {
      timeout: options.timeoutMs,
      ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
    },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: options.maxResponseBytes,
  });

  return {
    send: (path, body) => {
      const request: Dispatcher.DispatchOptions = {
        origin,
        path: prefix + path,
        method: body === undefined ? 'GET' : 'POST',
        headers,
        body: body ?? null,
      };
      return exchange(pool, request, options.timeoutMs);
    },
    close: () => pool.close(),
  };
}

function exchange(pool: Pool, request: Dispatcher.DispatchOptions, timeoutMs: number): Promise<OpaResponse> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let failure: Error | undefined;
    let started: Dispatcher.DispatchController | undefined;
    const chunks: Buffer[] = [];

    const fail = (error: Error) => {
      clearTimeout(deadline);
      failure = error;
      reject(noDecision(problemOf(error), error));
    };
    const deadline = setTimeout(() => {
      const late = new Error(`No answer from OPA within ${timeoutMs} ms`);
      fail(late);
      started?.abort(late);
    }, timeoutMs);

    pool.dispatch(request, {
      onRequestStart: (controller) => {
        started = controller;
        if (failure !== undefined) controller.abort(failure);
      },
      onResponseStart: (_controller, statusCode) => {
        status = statusCode;
      },
      onResponseData: (_controller, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => {
        clearTimeout(deadline);
        resolve({ status, text: textOf(chunks) });
      },
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

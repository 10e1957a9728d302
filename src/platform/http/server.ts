import {
  createServer,
  IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type Server,
  ServerResponse,
} from 'node:http';
import express, { type Express } from 'express';
import { closeUnlessRead, isClosing } from './connection.js';
import { createDraining, type Draining } from './draining.js';
import { settleTarget } from './request-target.js';

export interface ServerTimeouts {
  /** Milliseconds a client may take to send the head of a request. */
  readonly head: number;
  /** Milliseconds it may take to send a whole request. */
  readonly request: number;
  /**
   * Milliseconds a connection may idle between requests: longer than a proxy keeps it open, so that the proxy closes
   * it.
   */
  readonly idle: number;
  /** Milliseconds between two checks of the first two. */
  readonly check: number;
}

const TIMEOUTS: ServerTimeouts = { head: 15_000, request: 60_000, idle: 65_000, check: 5_000 };

export interface DrainableServer extends Server {
  readonly draining: Draining;
}

/**
 * An HTTP server for an Express application that creates requests and responses with Express's prototypes. Express
 * sets them per request, which de-optimises every later property access (5 times the cost of the whole framework on Node
 * 20, 7 to 9 times on 24 and 26); setting a prototype that is already set costs nothing. Both classes are needed. Sub-applications would
 * set their own prototypes: use routers.
 */
export function createHttpServer(app: Express, timeouts: ServerTimeouts = TIMEOUTS): DrainableServer {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {
    /** Every answer passes through here, from any code. */
    override writeHead(
      status: number,
      reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
      headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
    ): this {
      closeUnlessRead(this);
      if (draining.isDraining()) this.shouldKeepAlive = false;
      // Node also takes the headers from the third argument if there is no reason.
      return typeof reason === 'string' || reason === undefined
        ? super.writeHead(status, reason, headers)
        : super.writeHead(status, reason);
    }
  }
  adopt(ExpressRequest.prototype, express.request, app, 'request');
  adopt(ExpressResponse.prototype, express.response, app, 'response');
  const server = createServer(
    {
      IncomingMessage: ExpressRequest,
      ServerResponse: ExpressResponse,
      insecureHTTPParser: false,
      headersTimeout: timeouts.head,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.idle,
      connectionsCheckingInterval: timeouts.check,
    },
    (req, res) => {
      if (isClosing(req)) return;
      settleTarget(req);
      app(req, res);
    },
  );
  server.on('checkContinue', (req, res) => {
    // A waiting client gets its 100 Continue once the server starts to read the body, and not before the client is
    // known to have access.
    req.once('resume', () => {
      if (!res.headersSent) res.writeContinue();
    });
    server.emit('request', req, res);
  });
  // RFC 9110, 10.1.1: an unknown expectation may be ignored. Node's own answer would not be logged.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  // No limit on the count: Node would drop the headers beyond it, including those of a proxy. Their size is limited to
  // 16 KiB.
  server.maxHeadersCount = 0;
  const draining = createDraining(server);
  return Object.assign(server, { draining });
}

function adopt(prototype: object, from: object, app: Express, key: 'request' | 'response'): void {
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(from));
  Object.defineProperty(prototype, 'app', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: app,
  });
  Object.defineProperty(app, key, { configurable: true, enumerable: true, writable: true, value: prototype });
}

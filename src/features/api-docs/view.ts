import type { RequestHandler } from 'express';
import { ApiError, MethodNotAllowed, NotAcceptable, NotAuthenticated } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { challengeOf, despiteRefusal, type PipelineDeps } from '../../platform/http/pipeline.js';
import { type Outgoing, send } from '../../platform/http/send.js';

export interface ViewDeps extends Pick<PipelineDeps, 'exchanges' | 'identify' | 'admit' | 'throttle'> {
  /** `API_DOCS_PUBLIC`: whether anonymous callers see the documentation. */
  readonly isPublic: boolean;
}

/** A format of an answer that is not the API's JSON, with its own format for errors. */
export interface Renderer {
  readonly contentType: string;
  readonly renderError: (status: number, body: unknown) => string;
}

export interface DocsView<R extends Renderer> {
  /** The first one is used for errors if none was acceptable. */
  readonly renderers: readonly [R, ...R[]];
  /** @returns undefined if the client accepts none of them. @throws NotFound */
  readonly choose: (exchange: Exchange) => R | undefined;
  readonly answer: (renderer: R) => Outgoing | Promise<Outgoing>;
}

/**
 * drf-spectacular's views: DRF views in everything except their formats. The pipeline only supports JSON, so its order
 * is repeated here: 406, 401, 403, 429, 405.
 */
export const createDocsView =
  ({ exchanges, identify, admit, throttle, isPublic }: ViewDeps) =>
  <R extends Renderer>({ renderers, choose, answer }: DocsView<R>): RequestHandler =>
  async (req) => {
    const exchange = exchanges.of(req);
    exchange.allow = 'GET, HEAD, OPTIONS';
    let [renderer] = renderers;
    try {
      renderer = await despiteRefusal(exchange, 'all', { identify }, () => choose(exchange) ?? refuse());
      const caller = await identify(exchange, 'all');
      exchange.userId = caller?.account.id ?? null;
      if (caller === null && !isPublic) throw new NotAuthenticated(challengeOf('all'));
      if (caller !== null && !isPublic) admit(caller);
      await throttle(exchange, caller, undefined);
      if (req.method !== 'GET' && req.method !== 'HEAD') throw new MethodNotAllowed(req.method);
      await send(exchange, await answer(renderer));
    } catch (error) {
      // Errors of dependencies are logged in one central place.
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      const text = renderer.renderError(error.status, error.body);
      await send(exchange, {
        status: error.status,
        headers: error.headers,
        content: { kind: 'raw', type: renderer.contentType, raw: text },
      });
    }
  };

function refuse(): never {
  throw new NotAcceptable();
}

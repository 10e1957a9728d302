import type { z } from 'zod';
import { ApiError } from '../../kernel/errors.js';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { callInside, type PipelineDeps } from '../../platform/http/pipeline.js';
import { type AnyRoute, groupViews } from '../../platform/http/route.js';

export interface RouteCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Calls a route as the person in front of the page, with the same checks and the same policy question as over HTTP.
 *
 * @param operation its operation id
 * @param schema what the page reads of the answer
 * @throws ApiError with the answer that a client of the API would get
 */
export type CallRoute = <T extends z.ZodType>(
  operation: string,
  schema: T,
  call?: RouteCall,
) => Promise<z.output<T>>;

export interface RouteClientDeps {
  readonly exchanges: Exchanges;
  readonly routes: readonly AnyRoute[];
  readonly pipeline: PipelineDeps;
}

/** Pages are clients of the routes in this process. */
export function createRouteClient({ exchanges, routes, pipeline }: RouteClientDeps) {
  const byOperation = new Map(
    routes.map((route) => {
      const [view] = groupViews([route]);
      return [route.operationId, { route, view }];
    }),
  );

  /** @param csrfToken of the form that was sent */
  return (whole: Exchange, csrfToken: string | undefined): CallRoute =>
    async (operation, schema, { params = {}, query = {}, body = {} } = {}) => {
      const { route, view } = byOperation.get(operation) ?? {};
      if (route === undefined || view === undefined) throw new TypeError(`There is no route ${operation}.`);
      const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
      const exchange = exchanges.inner(whole, {
        method: route.method.toUpperCase(),
        path,
        query: new URLSearchParams(query),
        body,
        csrfToken,
      });
      const { status, content } = await callInside(view, exchange, params, pipeline);
      const value =
        content.kind === 'json' ? content.value : content.kind === 'raw' ? String(content.raw) : null;
      if (status >= 400) throw new ApiError(status, value);
      return schema.parse(value);
    };
}

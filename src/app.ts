import type { RequestHandler } from 'express';
import express, { type Express } from 'express';
import { createCors } from './platform/http/cors.js';
import { createEdge, type EdgeDeps } from './platform/http/edge.js';
import { mount, type PipelineDeps } from './platform/http/pipeline.js';
import { type AnyRoute, groupViews } from './platform/http/route.js';

export interface AppDeps extends EdgeDeps {
  readonly routes: readonly AnyRoute[];
  readonly pipeline: PipelineDeps;
  readonly corsAllowedOrigins: readonly string[];
  readonly corsAllowedHeaders: readonly string[];
  /** Handlers outside the pipeline, in the order in which they are tried. */
  readonly probes: readonly { readonly path: string; readonly handler: RequestHandler }[];
  readonly pages: readonly { readonly path: string; readonly handler: RequestHandler }[];
}

/** The server on one screen: everything a request passes through, in order. docs/routes.md lists all paths. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');

  const edge = createEdge(deps);
  app.use(edge.open);
  app.use(edge.securityHeaders);
  app.use(edge.refuseAmbiguous);
  app.use(createCors(deps.corsAllowedOrigins, deps.corsAllowedHeaders));
  for (const { path, handler } of deps.probes) app.get(path, handler);
  app.use(edge.checkHost);
  app.use(edge.repairCsrfCookie);
  // Paths are tried in order: requests of the API should not pass every page first. `app.all` would keep a handler for
  // each method that Node.js knows, 35 of them, which takes 2 MB.
  for (const view of groupViews(deps.routes)) app.route(view.path).all(mount(view, deps.pipeline));
  for (const { path, handler } of deps.pages) app.route(path).all(handler);
  app.use(edge.appendSlash);
  app.use(edge.toUserInterface);
  app.use(edge.notFound);
  app.use(edge.renderError);
  return app;
}

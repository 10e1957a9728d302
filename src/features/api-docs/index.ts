import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { RequestHandler } from 'express';
import { type Asset, serveAssets } from '../../platform/http/assets.js';
import { send } from '../../platform/http/send.js';
import { createDocument } from '../../platform/openapi/document.js';
import type { DescribedRoute, OpenApiDocument } from '../../platform/openapi/types.js';
import { createBuiltDocument, type Described } from './built-document.js';
import { DESCRIPTION, tagsOf } from './description.js';
import { examplesOf } from './examples/index.js';
import { homeHandler, redirectTo } from './home.js';
import { redocPage, swaggerPage, TITLE } from './pages.js';
import { schemaExamples, schemaRoute, schemaView } from './schema.js';
import { createDocsView, type ViewDeps } from './view.js';

export { createBuiltDocument, type Described } from './built-document.js';

export interface ApiDocsDeps extends ViewDeps, Described {
  /** Target of `/`; undefined for our own page. */
  readonly uiUrl: string | undefined;
}

const here = (name: string) => () => readFile(new URL(name, import.meta.url));
const require = createRequire(import.meta.url);
const swaggerUi = (name: string) => () =>
  readFile(new URL(name, pathToFileURL(require.resolve('swagger-ui-dist/package.json'))));
const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

const ASSETS: readonly Asset[] = [
  { path: '/static/logo.svg', read: here('assets/logo.svg'), type: 'image/svg+xml' },
  { path: '/static/pages.css', read: here('assets/pages.css'), type: CSS },
  // The files that Swagger UI's page needs, without its demonstration.
  { path: '/api/docs/swagger-ui.css', read: swaggerUi('swagger-ui.css'), type: CSS },
  {
    path: '/api/docs/swagger-ui-bundle.js',
    read: swaggerUi('swagger-ui-bundle.js'),
    type: JAVASCRIPT,
  },
  { path: '/api/docs/swagger-ui-init.js', read: here('assets/swagger-ui-init.js'), type: JAVASCRIPT },
  { path: '/api/redoc/redoc-init.js', read: here('assets/redoc-init.js'), type: JAVASCRIPT },
  {
    path: '/api/redoc/redoc.standalone.js',
    type: JAVASCRIPT,
    // Its only request to another server, for a logo: if an image does not load, it is left out.
    read: async () => {
      const text = (await here('vendor/redoc/redoc.standalone.js')()).toString();
      return Buffer.from(text.replace('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,'));
    },
  },
];

/** The OpenAPI document of this server, the pages that show it (deviation 15), and the front page. */
export function createApiDocs(deps: ApiDocsDeps) {
  const { exchanges, isPublic, routes, version } = deps;
  let written: OpenApiDocument | undefined;
  const document = (): OpenApiDocument => {
    written ??= describe(routes, version, isPublic);
    return written;
  };
  const view = createDocsView(deps);
  const schema = view(schemaView(createBuiltDocument(deps, document).textOf));
  const swagger = view(swaggerPage());
  const redoc = view(redocPage());
  const toSwagger: RequestHandler = (req) => send(exchanges.of(req), redirectTo(301, '/api/docs'));
  const both = (path: string, handler: RequestHandler) => [
    { path, handler },
    { path: `${path}/`, handler },
  ];
  return {
    document,
    pages: [
      ...both('/api/schema', schema),
      ...both('/api/docs', swagger),
      ...both('/api/redoc', redoc),
      ...both('/api/swagger', toSwagger),
      ...serveAssets(exchanges, ASSETS),
      { path: '/', handler: homeHandler(exchanges, deps.uiUrl) },
    ],
  };
}

function describe(routes: readonly DescribedRoute[], version: string, isPublic: boolean): OpenApiDocument {
  const own = schemaRoute(isPublic);
  return createDocument({
    info: {
      title: TITLE,
      version,
      description: DESCRIPTION,
      contact: { name: 'The administrators of this server' },
      license: { name: 'MIT License', url: 'https://opensource.org/licenses/MIT' },
    },
    tags: tagsOf(routes),
    routes: [...routes, own],
    examplesOf: (route) => (route === own ? schemaExamples(own) : examplesOf(route)),
  });
}

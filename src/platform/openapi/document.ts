import type { z } from 'zod';
import { createComponents } from './components.js';
import { createShelf, type Examples } from './examples.js';
import { openApiPath, parametersOf } from './parameters.js';
import { responsesOf, type Shelves } from './responses.js';
import { SECURITY_SCHEMES, securityOf } from './security.js';
import type {
  DescribedRoute,
  Info,
  OpenApiDocument,
  Operation,
  PathItem,
  RequestBody,
  ServerAddress,
  Tag,
} from './types.js';

/** A relative URL: the document describes the server that serves it. */
const SERVERS: readonly ServerAddress[] = [
  { url: '/', description: 'The server that serves this document.' },
];

export interface DocumentOptions {
  readonly info: Info;
  /** The meaning of the routes' tags, in the order in which readers see them. */
  readonly tags: readonly Tag[];
  readonly routes: readonly DescribedRoute[];
  readonly examplesOf: (route: DescribedRoute) => Examples;
}

/**
 * Writes the OpenAPI document for the existing routes. Paths and parameters are sorted as in drf-spectacular, so that
 * the document can be compared with CVAT's.
 *
 * @throws TypeError if two operations or two schemas have the same id, or if the tags differ from those of the
 *   operations
 */
export function createDocument({ info, tags, routes, examplesOf }: DocumentOptions): OpenApiDocument {
  const described = routes
    .filter(({ documented }) => documented !== false)
    .map((route) => ({ route, examples: examplesOf(route) }));
  requireTags(
    tags,
    described.map(({ route }) => route),
  );
  const shelves = {
    components: createComponents(),
    shelf: createShelf(described.map(({ examples }) => examples)),
  };
  const ids = new Set<string>();
  const paths = new Map<string, PathItem>();
  for (const { route, examples } of described) {
    if (ids.has(route.operationId)) throw new TypeError(`Two operations have the id ${route.operationId}.`);
    ids.add(route.operationId);
    const path = openApiPath(route.path);
    paths.set(path, { ...paths.get(path), [route.method]: operationOf(route, examples, shelves) });
  }
  return {
    openapi: '3.0.3',
    info,
    servers: SERVERS,
    tags,
    paths: Object.fromEntries([...paths].sort(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      schemas: shelves.components.all(),
      examples: shelves.shelf.all(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function requireTags(tags: readonly Tag[], routes: readonly DescribedRoute[]): void {
  const defined = new Set(tags.map(({ name }) => name));
  const used = new Set(routes.map(({ tag }) => tag));
  const wrong = [...defined]
    .filter((tag) => !used.has(tag))
    .concat([...used].filter((tag) => !defined.has(tag)));
  if (wrong.length > 0) throw new TypeError(`Tags that are not both defined and used: ${wrong.join(', ')}.`);
}

function operationOf(route: DescribedRoute, examples: Examples, shelves: Shelves): Operation {
  const parameters = parametersOf(route, shelves.components);
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: route.description,
    tags: [route.tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route.body, examples, shelves) }),
    security: securityOf(route.accepted, route.access.kind === 'public'),
    responses: responsesOf(route, examples, shelves),
  };
}

/** Only shows requests that succeed: pages with a form start with the first one. */
function requestBodyOf(body: z.ZodType, examples: Examples, { components }: Shelves): RequestBody {
  const shown = Object.entries(examples)
    .filter(([, { status, request }]) => status < 400 && request?.body !== undefined)
    .map(([name, { summary, request }]) => [name, { summary, value: request?.body }]);
  const media = {
    schema: components.add(body, 'input'),
    ...(shown.length === 0 ? {} : { examples: Object.fromEntries(shown) }),
  };
  return {
    content: { 'application/json': media },
    ...(body.safeParse({}).success ? {} : { required: true }),
  };
}

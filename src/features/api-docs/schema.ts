import { z } from 'zod';
import { NotFound } from '../../kernel/errors.js';
import type { Example, Examples } from '../../platform/openapi/examples.js';
import type { DescribedRoute } from '../../platform/openapi/types.js';
import { lastParam } from '../../platform/values/params.js';
import { commonExamples } from './examples/common.js';
import { TITLE } from './pages.js';
import { SCHEMA_RENDERERS, type SchemaRenderer, yamlErrorOf } from './schema-renderers.js';
import type { DocsView } from './view.js';

/** drf-spectacular puts the version of the API here, not of the server. */
const API_VERSION = '2.0';

const SchemaQuery = z.object({
  scheme: z
    .enum(['json', 'yaml'])
    .optional()
    .meta({ description: 'The format; overrides the Accept header' }),
  lang: z.string().optional().meta({ description: 'Accepted but ignored: the texts are English' }),
});

/** The operation that returns the document, for the document. It has its own formats, so no route serves it. */
export const schemaRoute = (isPublic: boolean): DescribedRoute => ({
  method: 'get',
  path: '/api/schema/',
  operationId: 'schema_retrieve',
  summary: 'Get this document',
  description:
    'Returns the OpenAPI document of this server as YAML or JSON, depending on the `Accept` header or `scheme`.',
  tag: 'schema',
  access: isPublic
    ? { kind: 'public', because: 'the API is not secret' }
    : { kind: 'authenticated', because: 'the settings ask for it' },
  query: SchemaQuery,
  responses: {},
});

/** Errors have the requested format, YAML by default; those of dependencies are JSON. */
export function schemaExamples(route: DescribedRoute): Examples {
  const [{ contentType }] = SCHEMA_RENDERERS;
  const errors = Object.entries<Example>(commonExamples(route));
  const inYaml = (example: Example): Example =>
    example.status >= 500
      ? example
      : { ...example, type: contentType, body: yamlErrorOf(example.status, example.body) };
  return {
    ...Object.fromEntries(SCHEMA_RENDERERS.map((renderer) => [nameOf(renderer), documentAs(renderer)])),
    ...Object.fromEntries(errors.map(([name, example]) => [name, inYaml(example)])),
    ...Object.fromEntries(
      errors
        .filter(([, { status }]) => TOLD_IN_JSON.has(status))
        .map(([name, example]) => [`${name}_json`, inJson(example)]),
    ),
  };
}

/** Errors raised once the format is known. */
const TOLD_IN_JSON: ReadonlySet<number> = new Set([401, 403, 429]);

const OPENAPI_JSON = 'application/vnd.oai.openapi+json';

const inJson = (example: Example): Example => ({
  ...example,
  request: { ...example.request, headers: { ...example.request?.headers, Accept: OPENAPI_JSON } },
  type: OPENAPI_JSON,
});

const nameOf = ({ mediaType }: SchemaRenderer): string => mediaType.replace(/^\w+\//, '').replace(/\W/g, '_');

const documentAs = ({ mediaType, format }: SchemaRenderer): Example => ({
  summary: `The document in ${format.toUpperCase()}`,
  status: 200,
  request: { headers: { Accept: mediaType } },
  headers: { 'Content-Disposition': dispositionOf(format) },
  type: mediaType,
});

const dispositionOf = (format: string): string => `inline; filename="${TITLE} (${API_VERSION}).${format}"`;

export function schemaView(
  textOf: (format: SchemaRenderer['format']) => Promise<string>,
): DocsView<SchemaRenderer> {
  return {
    renderers: SCHEMA_RENDERERS,
    choose: ({ req, query }) => {
      const scheme = lastParam(query, 'scheme') ?? '';
      const offered = SCHEMA_RENDERERS.filter(({ format }) => scheme === '' || format === scheme);
      if (offered.length === 0) throw new NotFound();
      const accepted = req.accepts(offered.map(({ mediaType }) => mediaType));
      return offered.find(({ mediaType }) => mediaType === accepted);
    },
    answer: async ({ contentType, format }) => ({
      status: 200,
      headers: { 'Content-Disposition': dispositionOf(format) },
      content: { kind: 'raw', type: contentType, raw: await textOf(format) },
    }),
  };
}

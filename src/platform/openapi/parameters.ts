import { z } from 'zod';
import type { Column } from '../lists/columns.js';
import type { ListDefinition } from '../lists/list-query.js';
import type { Components } from './components.js';
import type { DescribedRoute, Parameter, Schema } from './types.js';

const STRING: Schema = { type: 'string' };
const INTEGER: Schema = { type: 'integer' };

/** Things with ids that people choose, by the part of a path before them. */
const NAMED_THINGS: Readonly<Record<string, string>> = {
  oidc: 'identity provider',
  social: 'identity provider',
};

const BY_SLUG = 'Slug of the organization that the request is about; empty for your personal workspace.';
const BY_ID = 'Id of the organization that the request is about, instead of its slug.';

/** Parameters that select the organization of a request: every policy decision reads them. */
const ORGANIZATION: readonly Parameter[] = [
  { name: 'X-Organization', in: 'header', description: BY_SLUG, schema: STRING },
  { name: 'org', in: 'query', description: BY_SLUG, schema: STRING },
  { name: 'org_id', in: 'query', description: BY_ID, schema: INTEGER },
];

/** @returns all parameters of an operation, sorted by name as in CVAT's document */
export function parametersOf(route: DescribedRoute, components: Components): readonly Parameter[] {
  const parameters = [
    ...pathParameters(route.path),
    ...queryParameters(route.query, components),
    ...(route.list === undefined ? [] : [...PAGE, ...listParameters(route.list)]),
    ...(route.isPaged === true ? PAGE : []),
    ...(route.access.kind === 'policy' ? ORGANIZATION : []),
  ];
  return parameters.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** @returns an OpenAPI path: `/users/:id` becomes `/users/{id}` */
export const openApiPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function pathParameters(path: string): readonly Parameter[] {
  const segments = path.split('/');
  return segments.flatMap((segment, index) => {
    if (!segment.startsWith(':')) return [];
    const name = segment.slice(1);
    const before = segments[index - 1] ?? '';
    const named = NAMED_THINGS[before];
    const thing = named ?? before.replace(/s$/, '').replaceAll('_', ' ');
    return {
      name,
      in: 'path' as const,
      required: true,
      description: `The ${name} of the ${thing}.`,
      schema: name === 'id' && named === undefined ? INTEGER : STRING,
    };
  });
}

function queryParameters(query: z.ZodType | undefined, components: Components): readonly Parameter[] {
  if (!(query instanceof z.ZodObject)) return [];
  return Object.entries<z.core.$ZodType>(query.shape).map(([name, field]) => {
    const { description, ...schema } = components.add(field, 'input');
    return {
      name,
      in: 'query',
      ...(z.safeParse(field, undefined).success ? {} : { required: true }),
      ...(typeof description === 'string' ? { description } : {}),
      schema,
    };
  });
}

function listParameters({ simple, filter, ordering, search }: ListDefinition): readonly Parameter[] {
  return [
    queryParameter(
      'filter',
      `A JSON Logic filter over ${listed(filter.keys())}. Syntax: https://jsonlogic.com/`,
      STRING,
    ),
    queryParameter(
      'sort',
      `Fields to order by, separated by commas; a minus sorts descending. Fields: ${listed(ordering.columns.keys())}.`,
      STRING,
    ),
    ...(search.length === 0
      ? []
      : [
          queryParameter(
            'search',
            'Terms, separated by spaces or commas: results contain all of them.',
            STRING,
          ),
        ]),
    ...[...simple].map(([name, column]) =>
      queryParameter(name, `Only results whose \`${name}\` is this.`, schemaOf(column)),
    ),
  ];
}

const queryParameter = (name: string, description: string, schema: Schema): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});

/** Parameters of every list. */
const PAGE: readonly Parameter[] = [
  queryParameter('page', 'Number of the page, starting at 1; `last` is the last one.', INTEGER),
  queryParameter('page_size', 'Results per page; `all` returns everything on one page.', INTEGER),
];

const listed = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(', ');

function schemaOf(column: Column): Schema {
  switch (column.kind) {
    case 'integer':
      return INTEGER;
    case 'boolean':
      return { type: 'boolean' };
    case 'timestamp':
      return { type: 'string', format: 'date-time' };
    case 'choice':
      return { type: 'string', enum: column.choices };
    case 'text':
      return STRING;
  }
}

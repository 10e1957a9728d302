import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sql } from '../../../../src/platform/db/sql.js';
import { column } from '../../../../src/platform/lists/columns.js';
import { defineList } from '../../../../src/platform/lists/list-query.js';
import type { DescribedRoute } from '../../../../src/platform/openapi/types.js';
import { describedRoute, operationOf } from './routes.js';

const parametersOf = (more: Partial<DescribedRoute>) => operationOf(describedRoute(more)).parameters ?? [];

const LIST = defineList({
  columns: {
    title: column.text(sql`title`),
    painter: column.integer(sql`painter_id`),
    sold: column.boolean(sql`sold`),
    style: column.choice(sql`style`, ['cubism', 'fauvism']),
  },
  search: ['title'],
  simple: ['painter', 'sold', 'style'],
  filter: ['title', 'painter'],
  sort: ['title'],
  defaultSort: '-title',
  unique: sql`id`,
});

describe('the parameters of an operation', () => {
  it('has numbers for ids and text for other parts of a path, and says of what they are', () => {
    expect(parametersOf({ path: '/api/paintings/:id/numbered_prints/:key' })).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The id of the painting.',
        schema: { type: 'integer' },
      },
      {
        name: 'key',
        in: 'path',
        required: true,
        description: 'The key of the numbered print.',
        schema: { type: 'string' },
      },
    ]);
  });

  it('has text for ids that people choose', () => {
    expect(parametersOf({ path: '/api/auth/oidc/:id/login/' })).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The id of the identity provider.',
        schema: { type: 'string' },
      },
    ]);
  });

  it('takes the fields of a query with their descriptions', () => {
    const query = z.object({
      year: z.int().meta({ description: 'Of the signature' }),
      depth: z.enum(['full', 'flat']).optional(),
    });
    expect(parametersOf({ query })).toEqual([
      { name: 'depth', in: 'query', schema: { type: 'string', enum: ['full', 'flat'] } },
      {
        name: 'year',
        in: 'query',
        required: true,
        description: 'Of the signature',
        schema: { type: 'integer' },
      },
    ]);
  });

  it('has what a list offers, under the names of CVAT', () => {
    const parameters = new Map(parametersOf({ list: LIST }).map((parameter) => [parameter.name, parameter]));
    expect([...parameters.keys()]).toEqual([
      'filter',
      'page',
      'page_size',
      'painter',
      'search',
      'sold',
      'sort',
      'style',
    ]);
    expect(parameters.get('painter')?.schema).toEqual({ type: 'integer' });
    expect(parameters.get('sold')?.schema).toEqual({ type: 'boolean' });
    expect(parameters.get('style')?.schema).toEqual({ type: 'string', enum: ['cubism', 'fauvism'] });
    expect(parameters.get('filter')?.description).toContain('`title`, `painter`');
    expect(parameters.get('sort')?.description).toContain('Fields: `title`.');
  });

  it('does not offer a search to a list without one', () => {
    expect(parametersOf({ list: { ...LIST, search: [] } }).map(({ name }) => name)).not.toContain('search');
  });

  it('has the organization of a request where a policy decides', () => {
    const asked = parametersOf({ access: { kind: 'policy', checks: () => [] } });
    expect(asked.map(({ name, in: place }) => [name, place])).toEqual([
      ['X-Organization', 'header'],
      ['org', 'query'],
      ['org_id', 'query'],
    ]);
    expect(parametersOf({ access: { kind: 'public', because: 'a test' } })).toEqual([]);
  });
});

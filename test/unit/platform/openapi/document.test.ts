import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { charField } from '../../../../src/platform/http/fields.js';
import { readOnly, text, unrequired } from '../../../../src/platform/http/read-fields.js';
import { createDocument } from '../../../../src/platform/openapi/document.js';
import { describedRoute, documentOf, operationOf, Painting } from './routes.js';

describe('createDocument', () => {
  it('sorts paths, and joins the methods of one', () => {
    const { paths } = documentOf([
      describedRoute({ path: '/api/z', operationId: 'z' }),
      describedRoute({ path: '/api/a/:id', operationId: 'a' }),
      describedRoute({ path: '/api/a/:id', operationId: 'b', method: 'delete', responses: { 204: null } }),
    ]);
    expect(Object.entries(paths).map(([path, item]) => [path, Object.keys(item)])).toEqual([
      ['/api/a/{id}', ['get', 'delete']],
      ['/api/z', ['get']],
    ]);
  });

  it('leaves out what is not to be documented', () => {
    expect(documentOf([describedRoute({ documented: false })]).paths).toEqual({});
  });

  it('refuses two operations with one id', () => {
    const routes = [describedRoute(), describedRoute({ path: '/api/others' })];
    expect(() => documentOf(routes)).toThrow('Two operations have the id paintings_list.');
  });

  it.each([
    ['is not defined', []],
    ['nothing has', ['paintings', 'sculptures']],
  ])('refuses a tag that %s', (_, names) => {
    const tags = names.map((name) => ({ name, description: 'Things.' }));
    const info = { title: 'Museum', version: '1', description: '' };
    const make = () => createDocument({ info, tags, routes: [describedRoute()], examplesOf: () => ({}) });
    expect(make).toThrow('Tags that are not both defined and used: ');
  });

  it('refuses two schemas with one id', () => {
    const other = z.object({ id: z.string() }).meta({ id: 'Twin' });
    const twin = z.object({ id: z.int() }).meta({ id: 'Twin' });
    const routes = [
      describedRoute({ responses: { 200: other } }),
      describedRoute({ operationId: 'b', path: '/b', responses: { 200: twin } }),
    ];
    expect(() => documentOf(routes)).toThrow('Two different schemas have the id Twin.');
  });
});

describe('the schemas of a document', () => {
  const componentOf = (schema: z.ZodType, id: string) =>
    documentOf([describedRoute({ responses: { 200: schema } })]).components.schemas[id];

  it('makes a component of what has an id, and refers to it', () => {
    const page = z
      .object({ results: z.array(Painting), best: Painting.nullable() })
      .meta({ id: 'PaintingPage' });
    expect(componentOf(page, 'PaintingPage')).toEqual({
      type: 'object',
      properties: {
        results: { type: 'array', items: { $ref: '#/components/schemas/Painting' } },
        best: { type: 'object', nullable: true, allOf: [{ $ref: '#/components/schemas/Painting' }] },
      },
      required: ['results', 'best'],
    });
  });

  it('says of numbers and dates what a reader needs, and nothing of how zod checks them', () => {
    const schema = z
      .object({ id: z.int(), year: z.int().max(2100), at: z.iso.datetime() })
      .meta({ id: 'Exact' });
    expect(componentOf(schema, 'Exact')).toMatchObject({
      properties: {
        id: { type: 'integer' },
        year: { type: 'integer', maximum: 2100 },
        at: { type: 'string', format: 'date-time' },
      },
    });
    expect(JSON.stringify(componentOf(schema, 'Exact'))).not.toMatch(/pattern|9007199254740991/);
  });

  it('does not list under required what is read-only or need not be in a request, and marks the first', () => {
    const schema = z
      .object({
        id: readOnly(z.int()),
        title: text({ maxLength: 9 }),
        year: unrequired(z.int().nullable()),
        best: unrequired(Painting),
        style: readOnly(z.enum(['cubism', 'fauvism']).meta({ id: 'StyleEnum' })),
      })
      .meta({ id: 'Entry' });
    expect(componentOf(schema, 'Entry')).toEqual({
      type: 'object',
      properties: {
        id: { type: 'integer', readOnly: true },
        title: { type: 'string', maxLength: 9 },
        year: { type: 'integer', nullable: true },
        best: { $ref: '#/components/schemas/Painting' },
        style: { readOnly: true, allOf: [{ $ref: '#/components/schemas/StyleEnum' }] },
      },
      required: ['title'],
    });
    const nothing = z.object({ id: readOnly(z.int()) }).meta({ id: 'Nothing' });
    expect(componentOf(nothing, 'Nothing')).not.toHaveProperty('required');
  });

  it('lists the choices of one that has a name', () => {
    const style = z.enum(['cubism', 'fauvism']).meta({ id: 'StyleEnum' });
    expect(componentOf(style, 'StyleEnum')).toMatchObject({
      description: '* `cubism` - Cubism\n* `fauvism` - Fauvism',
    });
  });

  it('promises closed objects only where the schema is strict', () => {
    expect(componentOf(z.object({}).meta({ id: 'Open' }), 'Open')).toEqual({
      type: 'object',
      properties: {},
    });
    expect(componentOf(z.strictObject({}).meta({ id: 'Closed' }), 'Closed')).toMatchObject({
      additionalProperties: false,
    });
  });

  it('describes the fields of a body as a client sends them', () => {
    const body = z
      .object({
        title: charField({ maximum: 5, description: 'What it shows.' }),
        year: z.int().default(1900),
      })
      .meta({ id: 'PaintingRequest' });
    const { components } = documentOf([describedRoute({ method: 'post', body })]);
    expect(components.schemas['PaintingRequest']).toEqual({
      type: 'object',
      properties: {
        title: { type: 'string', minLength: 1, maxLength: 5, description: 'What it shows.' },
        year: { type: 'integer', default: 1900 },
      },
      required: ['title'],
    });
  });
});

describe('an operation', () => {
  it('has the summary and the description of its route', () => {
    expect(operationOf(describedRoute())).toMatchObject({
      summary: 'List paintings',
      description: 'Lists the paintings of the museum.',
    });
  });

  it('requires a body only where one may not be empty', () => {
    const required = z.object({ title: z.string() });
    expect(operationOf(describedRoute({ method: 'post', body: required })).requestBody?.required).toBe(true);
    expect(
      operationOf(describedRoute({ method: 'patch', body: required.partial() })).requestBody,
    ).not.toHaveProperty('required');
  });

  it('takes JSON and answers the media type of CVAT', () => {
    const operation = operationOf(describedRoute({ method: 'post', body: z.object({ title: z.string() }) }));
    expect(Object.keys(operation.requestBody?.content ?? {})).toEqual(['application/json']);
    expect(operation.responses['200']?.content).toEqual({
      'application/vnd.cvat+json': { schema: { $ref: '#/components/schemas/Painting' } },
    });
  });
});

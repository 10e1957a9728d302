import { describe, expect, it } from 'vitest';
import { NotFound, Throttled } from '../../../../src/kernel/errors.js';
import { type Example, failing } from '../../../../src/platform/openapi/examples.js';
import { describedRoute, documentOf, operationOf } from './routes.js';

const JSON_TYPE = 'application/vnd.cvat+json';
const error = (body: unknown): Example => ({ summary: 'Wrong', status: 400, body });
const schemaOf = (examples: Readonly<Record<string, Example>>) =>
  operationOf(describedRoute(), examples).responses['400']?.content?.[JSON_TYPE]?.schema;
const component = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('the answers of an operation', () => {
  it('are those that the route declares and those that examples show, by status', () => {
    const route = describedRoute({ responses: { 204: null } });
    const { responses } = operationOf(route, { gone: failing(new NotFound(), 'Gone'), wrong: error('No.') });
    expect(Object.keys(responses)).toEqual(['204', '400', '404']);
    expect(responses['204']).toEqual({ description: 'No Content' });
  });

  it.each([
    [['A sentence.'], 'ErrorList'],
    ['A sentence.', 'ErrorText'],
    [{ detail: 'A sentence.' }, 'ErrorDetail'],
    [{ detail: 'A sentence.', code: 'opa_unreachable' }, 'DependencyError'],
    [{ title: ['This field is required.'] }, 'FieldErrors'],
  ])('know the shape of the error %j', (body, name) => {
    expect(schemaOf({ wrong: error(body) })).toEqual(component(name));
  });

  it('refuse an error in none of the shapes', () => {
    expect(() => schemaOf({ wrong: error({ detail: 7 }) })).toThrow(
      'No error of the API looks like {"detail":7}.',
    );
  });

  it('are one of several shapes where examples show several', () => {
    expect(
      schemaOf({ fields: error({ title: ['No.'] }), more: error({ year: ['No.'] }), list: error(['No.']) }),
    ).toEqual({
      oneOf: [component('FieldErrors'), component('ErrorList')],
    });
  });

  it('refuse the example of a success that the route does not declare', () => {
    const made: Example = { summary: 'Made', status: 201, body: { id: 1 } };
    expect(() => operationOf(describedRoute(), { made })).toThrow(
      'paintings_list shows a 201 that its route does not declare.',
    );
  });

  it('name the headers of their examples', () => {
    const { responses } = operationOf(describedRoute(), {
      often: failing(new Throttled(7, 'throttle_anon'), 'Too often'),
    });
    expect(responses['429']?.headers).toEqual({
      'Retry-After': { schema: { type: 'string' }, example: '7' },
    });
  });

  it('have media types of their own', () => {
    const { responses } = operationOf(describedRoute({ responses: {} }), {
      page: { summary: 'A page', status: 400, type: 'text/html; charset=utf-8', body: 'No.' },
      archive: { summary: 'An archive', status: 200, type: 'application/x-tar' },
    });
    expect(responses['400']?.content).toEqual({
      'text/html': { schema: { type: 'string' }, examples: { page: { summary: 'A page', value: 'No.' } } },
    });
    expect(responses['200']).toEqual({
      description: 'OK',
      content: { 'application/x-tar': { schema: { type: 'string', format: 'binary' } } },
      'x-examples': { archive: { summary: 'An archive' } },
    });
  });
});

describe('the examples of a document', () => {
  const gone = failing(new NotFound(), 'Gone', { path: { id: 99 } });
  const routes = [describedRoute(), describedRoute({ operationId: 'b', path: '/b' })];
  const shownIn = (document: ReturnType<typeof documentOf>, path: string) =>
    document.paths[path]?.['get']?.responses['404']?.content?.[JSON_TYPE]?.examples;

  it('stand in one place when several operations show the same', () => {
    const document = documentOf(routes, () => ({ gone }));
    expect(document.components.examples).toEqual({
      gone: { summary: 'Gone', value: { detail: 'Not found.' }, 'x-request': { path: { id: 99 } } },
    });
    expect(shownIn(document, '/b')).toEqual({ gone: { $ref: '#/components/examples/gone' } });
  });

  it('stand where they are used when only their names are the same', () => {
    const document = documentOf(routes, ({ path }) => ({ gone: { ...gone, summary: path } }));
    expect(document.components.examples).toEqual({});
    expect(shownIn(document, '/b')).toMatchObject({ gone: { summary: '/b' } });
  });

  it('offer the bodies of requests that succeed, and of no others', () => {
    const { requestBody } = operationOf(
      describedRoute({ method: 'post', body: describedRoute().responses[200] ?? undefined }),
      {
        made: {
          summary: 'Made',
          status: 200,
          request: { body: { id: 1, title: 'Guernica' } },
          body: { id: 1, title: 'Guernica' },
        },
        wrong: { ...error(['No.']), request: { body: { id: 'one' } } },
      },
    );
    expect(requestBody?.content['application/json']?.examples).toEqual({
      made: { summary: 'Made', value: { id: 1, title: 'Guernica' } },
    });
  });
});

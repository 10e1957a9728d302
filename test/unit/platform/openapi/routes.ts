import { z } from 'zod';
import { createDocument } from '../../../../src/platform/openapi/document.js';
import type { Examples } from '../../../../src/platform/openapi/examples.js';
import type { DescribedRoute, OpenApiDocument, Operation } from '../../../../src/platform/openapi/types.js';

export const Painting = z.object({ id: z.int(), title: z.string() }).meta({ id: 'Painting' });

export const describedRoute = (more: Partial<DescribedRoute> = {}): DescribedRoute => ({
  method: 'get',
  path: '/api/paintings',
  operationId: 'paintings_list',
  summary: 'List paintings',
  description: 'Lists the paintings of the museum.',
  tag: 'paintings',
  access: { kind: 'authenticated', because: 'a test' },
  responses: { 200: Painting },
  ...more,
});

export const documentOf = (
  routes: readonly DescribedRoute[],
  examplesOf: (route: DescribedRoute) => Examples = () => ({}),
): OpenApiDocument =>
  createDocument({
    info: { title: 'Museum', version: '1', description: '' },
    tags: routes.some(({ documented }) => documented !== false)
      ? [{ name: 'paintings', description: 'What hangs on the walls.' }]
      : [],
    routes,
    examplesOf,
  });

export function operationOf(route: DescribedRoute, examples: Examples = {}): Operation {
  const [item = {}] = Object.values(documentOf([route], () => examples).paths);
  const [operation] = Object.values(item);
  if (operation === undefined) throw new Error('The document has no operation.');
  return operation;
}

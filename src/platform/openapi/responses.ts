import { STATUS_CODES } from 'node:http';
import { CVAT_MEDIA_TYPE } from '../http/negotiation.js';
import type { Components } from './components.js';
import { errorShapesOf } from './error-shapes.js';
import type { Example, Examples, Shelf } from './examples.js';
import type {
  DescribedRoute,
  ExampleObject,
  Header,
  MediaType,
  Reference,
  ResponseObject,
  Schema,
} from './types.js';

export interface Shelves {
  readonly components: Components;
  readonly shelf: Shelf;
}

/** @returns the answers of a route by status: the declared ones, and those that an example shows */
export function responsesOf(
  route: DescribedRoute,
  examples: Examples,
  shelves: Shelves,
): Readonly<Record<string, ResponseObject>> {
  const entries = Object.entries(examples);
  const statuses = new Set([
    ...Object.keys(route.responses).map(Number),
    ...entries.map(([, { status }]) => status),
  ]);
  return Object.fromEntries(
    [...statuses]
      .sort((left, right) => left - right)
      .map((status) => {
        const own = entries.filter(([, example]) => example.status === status);
        return [String(status), responseOf({ route, status, examples: own }, shelves)];
      }),
  );
}

type Named = readonly [string, Example];

/** One status of a route, and its examples. */
interface Answer {
  readonly route: DescribedRoute;
  readonly status: number;
  readonly examples: readonly Named[];
}

function responseOf(answer: Answer, shelves: Shelves): ResponseObject {
  const { route, status, examples } = answer;
  const headers = headersOf(examples);
  const types = new Set(examples.map(([, example]) => mediaTypeOf(example)));
  if (route.responses[status]) types.add(CVAT_MEDIA_TYPE);
  const content: [string, MediaType][] = [...types]
    .filter((type) => type !== undefined)
    .map((type) => {
      const own = examples.filter(([, example]) => mediaTypeOf(example) === type);
      return [type, contentOf(type, { ...answer, examples: own }, shelves)];
    });
  const silent = examples.filter(([, { body }]) => body === undefined);
  return {
    description: STATUS_CODES[status] ?? '',
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(content.length === 0 ? {} : { content: Object.fromEntries(content) }),
    ...(silent.length === 0 ? {} : { 'x-examples': shown(silent, shelves) }),
  };
}

/** @returns the media type of an answer without its parameters; undefined if it has no body */
const mediaTypeOf = ({ type, body }: Example): string | undefined =>
  type?.split(';')[0] ?? (body === undefined ? undefined : CVAT_MEDIA_TYPE);

function contentOf(type: string, answer: Answer, shelves: Shelves): MediaType {
  const schemas =
    type === CVAT_MEDIA_TYPE ? jsonSchemas(answer, shelves) : [textSchema(type, answer.examples)];
  const [only, ...others] = schemas;
  const telling = answer.examples.filter(([, { body }]) => body !== undefined);
  return {
    schema: only !== undefined && others.length === 0 ? only : { oneOf: schemas },
    ...(telling.length === 0 ? {} : { examples: shown(telling, shelves) }),
  };
}

/** @throws TypeError for a successful example whose schema the route does not declare */
function jsonSchemas({ route, status, examples }: Answer, { components }: Shelves): readonly Schema[] {
  const declared = route.responses[status];
  if (declared) return [components.add(declared, 'output')];
  if (status < 400)
    throw new TypeError(`${route.operationId} shows a ${status} that its route does not declare.`);
  const shapes = errorShapesOf(examples.map(([, { body }]) => body));
  return shapes.map((shape) => components.add(shape, 'output'));
}

const textSchema = (type: string, examples: readonly Named[]): Schema => {
  if (/(json|yaml|openapi)$/.test(type)) return { type: 'object', additionalProperties: {} };
  return examples.every(([, { body }]) => body === undefined)
    ? { type: 'string', format: 'binary' }
    : { type: 'string' };
};

const shown = (
  examples: readonly Named[],
  { shelf }: Shelves,
): Readonly<Record<string, ExampleObject | Reference>> =>
  Object.fromEntries(examples.map(([name, example]) => [name, shelf.show(name, example)]));

const headersOf = (examples: readonly Named[]): Readonly<Record<string, Header>> =>
  Object.fromEntries(
    examples.flatMap(([, { headers = {} }]) =>
      Object.entries(headers).map(([name, example]) => [name, { schema: { type: 'string' }, example }]),
    ),
  );

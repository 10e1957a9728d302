import { isDeepStrictEqual } from 'node:util';
import type { ApiError } from '../../kernel/errors.js';
import type { ExampleObject, ExampleRequest, Reference } from './types.js';

/** One request and its answer, as shown in the document. */
export interface Example {
  readonly summary: string;
  readonly status: number;
  readonly request?: ExampleRequest;
  /** Settings it requires, other than the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text if `type` says so; undefined for no body and for bytes. */
  readonly body?: unknown;
  /** Media type of an answer that is not JSON. */
  readonly type?: string;
}

/** The examples of one operation, by names that are unique in it. */
export type Examples = Readonly<Record<string, Example>>;

/** @returns the example of a request that ends in this error */
export const failing = (error: ApiError, summary: string, request?: ExampleRequest): Example => ({
  summary,
  status: error.status,
  ...(request === undefined ? {} : { request }),
  headers: error.headers,
  body: error.body,
});

const exampleObject = ({ summary, body, request, settings }: Example): ExampleObject => ({
  summary,
  ...(body === undefined ? {} : { value: body }),
  ...(request === undefined ? {} : { 'x-request': request }),
  ...(settings === undefined ? {} : { 'x-settings': settings }),
});

/** Moves examples that several operations share into one place. */
export function createShelf(operations: readonly Examples[]) {
  const uses = new Map<string, { readonly object: ExampleObject; count: number }>();
  for (const [name, example] of operations.flatMap((examples) => Object.entries(examples))) {
    const object = exampleObject(example);
    const known = uses.get(name);
    if (known === undefined) uses.set(name, { object, count: 1 });
    else if (isDeepStrictEqual(known.object, object)) known.count += 1;
  }
  const shared = new Map(
    [...uses].filter(([, { count }]) => count > 1).map(([name, { object }]) => [name, object]),
  );

  /** @returns the example, or a reference to the shared one */
  const show = (name: string, example: Example): ExampleObject | Reference => {
    const object = exampleObject(example);
    return isDeepStrictEqual(shared.get(name), object) ? { $ref: `#/components/examples/${name}` } : object;
  };

  const all = (): Readonly<Record<string, ExampleObject>> =>
    Object.fromEntries([...shared].sort(([left], [right]) => (left < right ? -1 : 1)));

  return { show, all };
}

export type Shelf = ReturnType<typeof createShelf>;

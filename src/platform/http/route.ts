import type { z } from 'zod';
import type { AcceptedCredentials, Caller } from '../../kernel/account.js';
import type { ListedPackage, PolicyCheck } from '../../kernel/policy.js';
import type { ListDefinition } from '../lists/list-query.js';
import type { Exchange } from './exchange.js';

type Schema = z.ZodType;
type Parsed<S> = S extends Schema ? z.output<S> : undefined;

export type Method = 'get' | 'post' | 'patch' | 'delete';
export type Responses = Readonly<Record<number, Schema | null>>;

/** What a step before validation may look at. The body is parsed when it is asked for and has not been checked. */
export interface Unchecked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: () => Promise<unknown>;
  readonly caller: Caller;
}

/** Who may come in. A route without it does not compile; `public` and `authenticated` say why no policy is asked. */
export type Access<O> =
  | { readonly kind: 'public'; readonly because: string }
  | { readonly kind: 'authenticated'; readonly because: string }
  | {
      readonly kind: 'policy';
      readonly checks: (
        object: O,
        request: Unchecked,
      ) => Promise<readonly PolicyCheck[]> | readonly PolicyCheck[];
      /**
       * Also asks for the filter of this package's lists, in the context of the request. A list gets the answer with its
       * checks; an object is looked for among these rows only, also by who may not list them, and is missing rather
       * than refused.
       */
      readonly filter?: ListedPackage;
    };

export type Reply<R extends Responses> = {
  readonly [S in keyof R & number]: {
    readonly status: S;
    readonly body: R[S] extends Schema ? z.input<R[S]> : null;
    readonly headers?: Readonly<Record<string, string>>;
  };
}[keyof R & number];

export interface Call<O, Q extends Schema | undefined, B> {
  readonly exchange: Exchange;
  readonly params: Readonly<Record<string, string>>;
  /** Null only on public routes. */
  readonly caller: Caller | null;
  readonly object: O;
  /** The answer to `access.filter`, for the compilers of `authorization/list-filter.ts`; null where none was asked. */
  readonly policyFilter: object | null;
  readonly query: Parsed<Q>;
  readonly body: B;
}

/**
 * One operation, as a value: mounted, checked, documented and tested from here. Its types are those of the object, the
 * query, the body, the answers, and of the body as the handler gets it.
 */
export interface Route<
  O,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Responses,
  T = Parsed<B>,
> {
  readonly method: Method;
  /** Express path with `:parameters`, from the root. */
  readonly path: `/${string}`;
  /** CVAT's operation id. */
  readonly operationId: string;
  readonly summary: string;
  /** What the summary leaves out, in whole sentences of Markdown. */
  readonly description: string;
  readonly tag: string;
  /** Name that `OPTIONS` answers: DRF's view name. */
  readonly view: string;
  readonly accepted?: AcceptedCredentials;
  /** Methods that the view of DRF has and refuses: `Allow` names them, and they are 405. */
  readonly alsoAllows?: readonly Method[];
  readonly access: Access<O>;
  /** Name of a limit on callers. */
  readonly throttle?: string;
  /**
   * True: counts for the limit of the client's address with credentials, too, because they open nothing here that is
   * shut without them. Elsewhere only requests without credentials count (DRF `AnonRateThrottle`).
   */
  readonly countsWithCredentials?: true;
  /** False keeps the operation out of the OpenAPI document: CVAT's pages hide what is not there. */
  readonly documented?: boolean;
  readonly load?: (
    params: Readonly<Record<string, string>>,
    caller: Caller | null,
    policyFilter: object | null,
  ) => Promise<O | undefined>;
  readonly query?: Q;
  /** What the query of a list offers, for the document: the handler reads it with `planList`. */
  readonly list?: ListDefinition;
  readonly body?: B;
  /**
   * Reads the body in place of the schema alone, where the errors of fields mix with those of look-ups: a name that is
   * taken is told beside a field that is too long.
   *
   * @throws ValidationError
   */
  readonly readBody?: (
    body: unknown,
    call: Pick<Call<O, Q, unknown>, 'exchange' | 'caller' | 'object'>,
  ) => Promise<T>;
  /**
   * True: a body is parsed before the policy is asked, though the operation has none. A malformed one does nothing
   * then, as in CVAT's `InvitationPermission`, which looks into every request.
   */
  readonly parsesBody?: true;
  readonly responses: R;
  readonly handle: (call: Call<O, Q, T>) => Promise<Reply<R> | RawReply>;
}

/** An answer that is not JSON, for the few views of the contract that have one. */
export interface RawReply {
  readonly status: number;
  readonly raw: string | Buffer;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of routes has no common type arguments
export type AnyRoute = Route<any, any, any, any, any>;

export const defineRoute = <
  O = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  const R extends Responses = Responses,
  T = Parsed<B>,
>(
  route: Route<O, Q, B, R, T>,
): Route<O, Q, B, R, T> => route;

export const reply = <const S extends number, B>(
  status: S,
  body: B,
  headers?: Readonly<Record<string, string>>,
) => ({
  status,
  body,
  ...(headers === undefined ? {} : { headers }),
});

/** @throws TypeError on a public route that nobody signed in to: a mistake of ours, not of the client */
export function requireCaller(caller: Caller | null): Caller {
  if (caller === null) throw new TypeError('This handler needs a caller: its route must not be public.');
  return caller;
}

/** Several routes of one path: what DRF calls a view. */
export interface View {
  readonly path: string;
  readonly name: string;
  readonly routes: ReadonlyMap<Method, AnyRoute>;
  readonly accepted: AcceptedCredentials;
  readonly isPublic: boolean;
  /** `Allow` in DRF's order: GET, POST, PATCH, DELETE, HEAD (iff GET), OPTIONS. */
  readonly allow: string;
}

const METHOD_ORDER: readonly Method[] = ['get', 'post', 'patch', 'delete'];

/**
 * Groups routes into views.
 *
 * @throws TypeError when routes of one path disagree on the credentials they accept or repeat a method
 */
export function groupViews(routes: readonly AnyRoute[]): readonly View[] {
  const paths = [...new Set(routes.map((route) => route.path))];
  return paths.map((path) => {
    const own = routes.filter((route) => route.path === path);
    const [first] = own;
    const byMethod = new Map(own.map((route) => [route.method, route]));
    const accepted = first?.accepted ?? 'all';
    if (
      byMethod.size !== own.length ||
      own.some((route) => JSON.stringify(route.accepted ?? 'all') !== JSON.stringify(accepted))
    ) {
      throw new TypeError(`The routes of ${path} repeat a method or differ in the credentials they accept.`);
    }
    const allowed = new Set([...byMethod.keys(), ...own.flatMap((route) => route.alsoAllows ?? [])]);
    const methods = METHOD_ORDER.filter((method) => allowed.has(method)).map((method) =>
      method.toUpperCase(),
    );
    return {
      path,
      name: first?.view ?? '',
      routes: byMethod,
      accepted,
      isPublic: own.every((route) => route.access.kind === 'public'),
      allow: [...methods, ...(allowed.has('get') ? ['HEAD'] : []), 'OPTIONS'].join(', '),
    };
  });
}

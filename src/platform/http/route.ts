import type { z } from 'zod';
import type { AcceptedCredentials, Caller } from '../../kernel/account.js';
import { PermissionDenied } from '../../kernel/errors.js';
import type { ListedPackage, PolicyCheck } from '../../kernel/policy.js';
import type { ListDefinition } from '../lists/list-query.js';
import type { Exchange } from './exchange.js';

type Schema = z.ZodType;
type Parsed<S> = S extends Schema ? z.output<S> : undefined;

export type Method = 'get' | 'post' | 'patch' | 'delete';
export type Responses = Readonly<Record<number, Schema | null>>;

/** What a step before validation can read. The body is parsed on demand and has not been checked. */
export interface Unchecked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: () => Promise<unknown>;
  readonly caller: Caller;
}

/**
 * Who may call a route. A route without it does not compile; `public` and `authenticated` state why no policy is
 * asked.
 */
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
       * Also requests the filter of this package's lists, in the context of the request. A list gets the answer
       * together with its checks. A single object is only looked up among these rows, even for callers who may not
       * list them; others get a 404, not a 403.
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
  /** The answer to `access.filter`, for the compilers of `authorization/list-filter.ts`; null if none was requested. */
  readonly policyFilter: object | null;
  readonly query: Parsed<Q>;
  readonly body: B;
}

/**
 * One operation, as a value: mounted, checked, documented and tested from here. Its type parameters are the object,
 * the query, the body, the answers, and the body as the handler receives it.
 */
export interface Route<
  O,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Responses,
  T = Parsed<B>,
> {
  readonly method: Method;
  /** Express path with `:parameters`, starting at the root. */
  readonly path: `/${string}`;
  /** CVAT's operation id. */
  readonly operationId: string;
  readonly summary: string;
  /** Details missing from the summary, in whole sentences of Markdown. */
  readonly description: string;
  readonly tag: string;
  /** The name in the answer to `OPTIONS`: DRF's view name. */
  readonly view: string;
  readonly accepted?: AcceptedCredentials;
  /** Methods that DRF's view has but refuses: `Allow` names them, and they answer 405. */
  readonly alsoAllows?: readonly Method[];
  readonly access: Access<O>;
  /** For these requests, an account with a second factor needs a fresh proof of it, in a session; true for all. */
  readonly needsProof?: true | ((call: Unchecked) => boolean | Promise<boolean>);
  /** True: for setting up a second factor, so that it is open to callers who can do nothing else. */
  readonly isForEnrolment?: true;
  /** Name of the rate limit for callers. */
  readonly throttle?: string;
  /**
   * True: requests with credentials also count for the limit of the client's address, because credentials open nothing
   * here that is closed without them. Elsewhere only requests without credentials count (DRF `AnonRateThrottle`).
   */
  readonly countsWithCredentials?: true;
  /** False keeps the operation out of the OpenAPI document: CVAT's pages hide features that are missing there. */
  readonly documented?: boolean;
  readonly load?: (
    params: Readonly<Record<string, string>>,
    caller: Caller | null,
    policyFilter: object | null,
  ) => Promise<O | undefined>;
  readonly query?: Q;
  /** The query parameters of a list, for the document: the handler reads them with `planList`. */
  readonly list?: ListDefinition;
  /** True for a list in pages that is not in the database, so that it has no filters and no order of choice. */
  readonly isPaged?: true;
  readonly body?: B;
  /**
   * Reads the body instead of the schema alone, for routes that report errors of fields together with those of
   * look-ups: a name that is taken next to a field that is too long.
   *
   * @throws ValidationError
   */
  readonly readBody?: (
    body: unknown,
    call: Pick<Call<O, Q, unknown>, 'exchange' | 'caller' | 'object'>,
  ) => Promise<T>;
  /**
   * True: a body is parsed before the policy is asked, although the operation has none. A malformed one then has no
   * effect, as in CVAT's `InvitationPermission`, which inspects every request.
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

/** @throws TypeError on a public route without a signed-in user: a bug of the server, not of the client */
export function requireCaller(caller: Caller | null): Caller {
  if (caller === null) throw new TypeError('This handler needs a caller: its route must not be public.');
  return caller;
}

/**
 * A leaked token, or a password alone, must not change how a person signs in.
 *
 * @returns the caller, who came with a session. @throws PermissionDenied for any other
 */
export function requireSession(caller: Caller | null): Caller {
  const known = requireCaller(caller);
  if (known.credential.kind !== 'session') throw new PermissionDenied(NEEDS_SESSION);
  return known;
}

const NEEDS_SESSION = 'This needs a session: sign in with a browser.';

/** Several routes of one path: the equivalent of a DRF view. */
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
 * @throws TypeError if routes of one path accept different credentials or repeat a method
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

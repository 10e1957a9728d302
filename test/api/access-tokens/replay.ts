import { examplesOf } from '../../../src/features/api-docs/examples/index.js';
import { DAY } from '../../../src/kernel/clock.js';
import { type AnyRoute, groupViews, type View } from '../../../src/platform/http/route.js';
import type { ExampleRequest } from '../../../src/platform/openapi/types.js';
import type { TestApp } from '../../support/app.js';
import { bindAccessToken, insertAccessToken, readUser, setActive } from '../../support/rows.js';
import type { Snapshot } from '../../support/tables.js';
import { credentialsOf } from '../docs/world.js';

/** Every route of the server as it can be asked in the world of the examples, and every kind of token to ask it with. */

export const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];
export const SAFE: ReadonlySet<Method> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One method of one path, with the route behind it if there is one. */
export interface Target {
  readonly name: string;
  readonly method: Method;
  readonly view: View;
  readonly route: AnyRoute | undefined;
  /** A request that succeeds, if the route is there; otherwise the address is all of it. */
  readonly request: ExampleRequest;
}

export const targetsOf = (app: TestApp): readonly Target[] =>
  groupViews(app.container.routes).flatMap((view) => METHODS.map((method) => targetOf(view, method)));

function targetOf(view: View, method: Method): Target {
  const of = (name: string) => [...view.routes.values()].find((route) => route.method === name);
  const route = of(method === 'HEAD' ? 'get' : method.toLowerCase());
  const model = route ?? [...view.routes.values()].find(({ path }) => path === view.path);
  if (model === undefined) throw new Error(`${view.path} has no route.`);
  const { as = 'maria', path = {}, ...more } = successOf(model);
  const request = route === undefined ? { as, path } : { as, path, ...more };
  return { name: `${method} ${view.path}`, method, view, route, request };
}

const WITH_OTHERS: ReadonlySet<string> = new Set([
  'auth_create_linked_accounts',
  'auth_create_factors_webauthn',
  'auth_create_factors_webauthn_recovery_codes',
  'auth_create_factors_proof_webauthn',
]);

function successOf(route: AnyRoute): ExampleRequest {
  const examples = Object.values(examplesOf(route));
  // Where an identity provider or an authenticator takes part, no example can succeed.
  const needsOther = route.access.kind === 'public' || WITH_OTHERS.has(route.operationId);
  const fallback = needsOther ? examples[0] : undefined;
  const example = examples.find(({ status }) => status < 400) ?? fallback;
  if (example === undefined) throw new Error(`${route.operationId} has no example that succeeds.`);
  return example.request ?? {};
}

/** The first one who may: the person of the example, or anybody where it names none. */
export const askerOf = ({ request }: Target): string =>
  request.as === undefined || request.as === 'nobody' ? 'maria' : request.as;

/** @param context parameters that name the organization, in place of the example's */
export function ask(
  app: TestApp,
  { method, view, request }: Target,
  headers: Readonly<Record<string, string>>,
  context?: Readonly<Record<string, string>>,
) {
  const { org, org_id, ...rest } = request.query ?? {};
  const entries = Object.entries({ ...(context === undefined ? request.query : rest), ...context });
  const search = new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)]));
  const url = view.path.replace(/:(\w+)/g, (_, name: string) => String(request.path?.[name]));
  return app.send(`${url}?${search}`, {
    method,
    headers: { ...headers, ...request.headers },
    ...(request.body === undefined || SAFE.has(method) ? {} : { body: request.body }),
  });
}

/** The API token of the example's person: what the account itself may do. */
export const asPerson = (app: TestApp, target: Target): Promise<Record<string, string>> =>
  credentialsOf(app, { as: askerOf(target), by: 'token' });

const KINDS = {
  'read-only': { readOnly: true },
  'read/write': {},
  expired: { expires: -DAY },
  revoked: { revoked: true },
  stale: { created: -400 * DAY, lastUsed: -181 * DAY },
  'never used and stale': { created: -181 * DAY, lastUsed: null },
  "of an inactive owner's": {},
} as const satisfies Readonly<Record<string, Kind>>;

interface Kind {
  readonly readOnly?: boolean;
  readonly revoked?: boolean;
  /** Milliseconds from now. */
  readonly expires?: number;
  readonly created?: number;
  readonly lastUsed?: number | null;
}

export type KindName = keyof typeof KINDS;

const SECRET = 'n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ';
let counter = 0;

/** @returns the headers that a new token of the kind makes, and its id */
export async function giveToken(app: TestApp, username: string, name: KindName) {
  const kind: Kind = KINDS[name];
  const at = (offset: number): Date => new Date(app.clock.now() + offset);
  counter += 1;
  const key = `kind${String(counter).padStart(4, '0')}.${SECRET}`;
  const ownerId = await idOf(app, username);
  const id = await insertAccessToken(app.db, {
    ownerId,
    key,
    readOnly: kind.readOnly ?? false,
    revoked: kind.revoked ?? false,
    expires: kind.expires === undefined ? null : at(kind.expires),
    created: at(kind.created ?? 0),
    lastUsed: kind.lastUsed === null ? null : at(kind.lastUsed ?? 0),
  });
  if (name === "of an inactive owner's") await setActive(app.db, ownerId, false);
  return { id, headers: { Authorization: `Bearer ${key}` } };
}

export const idOf = async ({ db }: TestApp, username: string): Promise<number> =>
  (await readUser(db, username)).id;

/** Binds a token to the organization of the examples. */
export const bindToken = ({ db }: TestApp, id: number, organizationId = 1) =>
  bindAccessToken(db, id, organizationId);

export const effectOf = (before: Snapshot, after: Snapshot) =>
  [...after].flatMap(([table, rows]) => {
    const earlier = before.get(table) ?? [];
    const lost = earlier.filter((row) => !rows.includes(row)).length;
    const gained = rows.filter((row) => !earlier.includes(row)).length;
    return lost + gained === 0 ? [] : [{ table, lost, gained }];
  });

interface Layer {
  readonly route?: { readonly path: unknown };
}

/** What Express mounts beside the routes, with each method: documents, probes, pages of mails. */
export function pagesOf(app: TestApp): readonly { readonly path: string; readonly method: Method }[] {
  const layers: readonly Layer[] = app.container.app.router.stack;
  const mounted = layers.flatMap(({ route }) => (typeof route?.path === 'string' ? [route.path] : []));
  const own = new Set<string>(app.container.routes.map(({ path }) => path));
  const beside = [...new Set(mounted)].filter((path) => !own.has(path));
  return beside.flatMap((path) =>
    METHODS.map((method) => ({ path: path.replace(/:\w+/g, 'nothing'), method })),
  );
}

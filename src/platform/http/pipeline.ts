import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { AcceptedCredentials, Caller } from '../../kernel/account.js';
import { MethodNotAllowed, NotAuthenticated, NotFound } from '../../kernel/errors.js';
import type { ListedPackage, PolicyCheck } from '../../kernel/policy.js';
import { lastParam } from '../values/params.js';
import type { Exchange, Exchanges } from './exchange.js';
import { describeView } from './metadata.js';
import { negotiate } from './negotiation.js';
import type { Access, AnyRoute, Method, Unchecked, View } from './route.js';
import { type Outgoing, send } from './send.js';
import { check, requireObject } from './validate.js';

/** The functions that the pipeline needs from other rings. */
export interface PipelineDeps {
  readonly exchanges: Exchanges;
  /** @returns the caller, or null for anonymous. @throws AuthenticationFailed, PermissionDenied (CSRF), ParseError */
  readonly identify: (exchange: Exchange, accepted: AcceptedCredentials) => Promise<Caller | null>;
  /** @throws PermissionDenied for a credential that is not valid in the organization that the request names */
  readonly admit: (caller: Caller) => void;
  /**
   * @param filter package whose list filter is requested in the same round trip
   * @returns the filter, or null if none was requested
   * @throws PermissionDenied unless every check is allowed, and the errors of the organization context
   */
  readonly authorize: (
    exchange: Exchange,
    caller: Caller,
    checks: readonly PolicyCheck[],
    filter?: ListedPackage,
  ) => Promise<object | null>;
  /**
   * @returns the filter of the caller's list, whether or not the caller may list. @throws as `authorize`, except for
   *   the refusal
   */
  readonly visible: (exchange: Exchange, caller: Caller, name: ListedPackage) => Promise<object>;
  /** @throws EnrolmentNeeded for a caller who can do nothing but set up a second factor */
  readonly requireEnrolment: (caller: Caller) => void;
  /** @throws ProofNeeded for an account with a second factor, without a fresh proof of it */
  readonly requireProof: (caller: Caller) => void;
  /** @param route undefined if the view has no route for the method. @throws Throttled */
  readonly throttle: (
    exchange: Exchange,
    caller: Caller | null,
    route: Pick<AnyRoute, 'throttle' | 'countsWithCredentials'> | undefined,
  ) => Promise<void>;
  /** Checks answers against their schemas: enabled in tests and development. */
  readonly checkResponses: boolean;
}

interface Call {
  readonly exchange: Exchange;
  readonly view: View;
  readonly route: AnyRoute | undefined;
  readonly params: Readonly<Record<string, string>>;
  caller: Caller | null;
  object: unknown;
  policyFilter: object | null;
  query: unknown;
  body: unknown;
}

type Step = (call: Call, deps: PipelineDeps) => Promise<Outgoing | undefined> | Outgoing | undefined;

/**
 * The order is the contract (rest_framework `APIView.initial`): 406 before 401, 401 before 403, 403 before 429, 429
 * before 405, 404 before 400. Decision record 0001. The first step that answers or throws ends the request.
 */
const STEPS: readonly Step[] = [
  negotiateContent,
  identify,
  requireIdentity,
  admit,
  requireEnrolment,
  requireProof,
  authorizeCollection,
  throttle,
  findMethod,
  load,
  authorizeObject,
  validate,
  respond,
];

/** Without those that concern the wire alone: the format of the answer, and methods that a view does not have. */
const INNER_STEPS = STEPS.filter((step) => step !== negotiateContent && step !== findMethod);

/** @returns the handler for all methods of a view */
export const mount =
  (view: View, deps: PipelineDeps): RequestHandler =>
  async (req) => {
    const exchange = deps.exchanges.of(req);
    exchange.allow = view.allow;
    const route = view.routes.get(methodOf(req.method));
    const params = req.params as Readonly<Record<string, string>>;
    await send(exchange, await take(STEPS, { exchange, view, route, params }, deps));
  };

/**
 * Runs a route for another part of this server, such as a page: with the steps of every request, so that it allows
 * and refuses the same.
 *
 * @param view of `groupViews`, with the route of the exchange's method
 * @returns what the route would answer. @throws ApiError, as over HTTP
 */
export function callInside(
  view: View,
  exchange: Exchange,
  params: Readonly<Record<string, string>>,
  deps: PipelineDeps,
): Promise<Outgoing> {
  const route = view.routes.get(methodOf(exchange.req.method));
  return take(INNER_STEPS, { exchange, view, route, params }, deps);
}

async function take(
  steps: readonly Step[],
  request: Pick<Call, 'exchange' | 'view' | 'route' | 'params'>,
  deps: PipelineDeps,
): Promise<Outgoing> {
  const call: Call = {
    ...request,
    caller: null,
    object: undefined,
    policyFilter: null,
    query: undefined,
    body: undefined,
  };
  for (const step of steps) {
    const outgoing = await step(call, deps);
    if (outgoing !== undefined) return outgoing;
  }
  throw new TypeError(`No step answered ${call.exchange.req.method} ${call.view.path}.`);
}

/** HEAD is GET without its body. */
const methodOf = (method: string): Method => (method === 'HEAD' ? 'get' : method.toLowerCase()) as Method;

const isMetadata = ({ exchange }: Call): boolean => exchange.req.method === 'OPTIONS';

async function negotiateContent({ exchange, view }: Call, deps: PipelineDeps): Promise<undefined> {
  exchange.representation = await despiteRefusal(exchange, view.accepted, deps, () =>
    negotiate(exchange.req.headers.accept, lastParam(exchange.query, 'scheme')),
  );
}

/**
 * Negotiates the format of an answer. Django REST framework refuses an unknown format before it authenticates, but
 * still authenticates while it renders the refusal: `Vary` shows whether the session was read.
 *
 * @throws the errors of `choose`
 */
export async function despiteRefusal<T>(
  exchange: Exchange,
  accepted: AcceptedCredentials,
  { identify: authenticate }: Pick<PipelineDeps, 'identify'>,
  choose: () => T,
): Promise<T> {
  try {
    return choose();
  } catch (error) {
    // The format is unacceptable for every caller, even if authentication fails.
    const attempt = async (): Promise<unknown> => authenticate(exchange, accepted);
    await attempt().catch(() => undefined);
    throw error;
  }
}

async function identify(call: Call, deps: PipelineDeps): Promise<undefined> {
  call.caller = await deps.identify(call.exchange, call.view.accepted);
  call.exchange.userId = call.caller?.account.id ?? null;
}

function requireIdentity({ caller, view, route }: Call): undefined {
  const isPublic = route === undefined ? view.isPublic : route.access.kind === 'public';
  if (caller === null && !isPublic) throw new NotAuthenticated(challengeOf(view.accepted));
}

/** Runs before counting and look-ups: for a caller without access, missing and forbidden objects look the same. */
function admit({ caller, route }: Call, deps: PipelineDeps): undefined {
  if (caller !== null && route !== undefined && route.access.kind !== 'public') deps.admit(caller);
}

/** The challenge of the view's first class, whichever class failed (DRF). */
export const challengeOf = (accepted: AcceptedCredentials): string =>
  accepted !== 'all' && accepted[0] === 'access-token' ? 'Bearer' : 'Token';

async function authorizeCollection(call: Call, deps: PipelineDeps): Promise<undefined> {
  if (call.route === undefined || call.route.load !== undefined) return;
  const { access } = call.route;
  call.policyFilter = await authorize(
    call,
    access,
    deps,
    access.kind === 'policy' ? access.filter : undefined,
  );
}

async function throttle({ exchange, caller, route }: Call, deps: PipelineDeps): Promise<undefined> {
  await deps.throttle(exchange, caller, route);
}

function findMethod(call: Call): Outgoing | undefined {
  if (isMetadata(call)) return { status: 200, content: { kind: 'json', value: describeView(call.view) } };
  if (call.route === undefined) throw new MethodNotAllowed(call.exchange.req.method);
  return undefined;
}

async function load(call: Call, deps: PipelineDeps): Promise<undefined> {
  if (call.route?.load === undefined) return;
  const { exchange, caller, params } = call;
  const { access } = call.route;
  if (access.kind === 'policy' && access.filter !== undefined && caller !== null) {
    call.policyFilter = await deps.visible(exchange, caller, access.filter);
  }
  call.object = await call.route.load(params, caller, call.policyFilter);
  if (call.object === undefined) throw new NotFound();
}

async function authorizeObject(call: Call, deps: PipelineDeps): Promise<undefined> {
  if (call.route?.load !== undefined) await authorize(call, call.route.access, deps);
}

async function authorize(
  call: Call,
  access: Access<unknown>,
  deps: PipelineDeps,
  filter?: ListedPackage,
): Promise<object | null> {
  if (access.kind !== 'policy' || call.caller === null) return null;
  const { exchange, caller, route } = call;
  if (route?.parsesBody) requireObject(await exchange.body());
  const checks = await access.checks(call.object, uncheckedOf(call, caller));
  return deps.authorize(exchange, caller, checks, filter);
}

/** What needs no caller is open to this one too. */
function requireEnrolment({ caller, route }: Call, deps: PipelineDeps): undefined {
  if (caller === null || route === undefined || route.access.kind === 'public') return;
  if (route.isForEnrolment !== true) deps.requireEnrolment(caller);
}

async function requireProof(call: Call, deps: PipelineDeps): Promise<undefined> {
  const { route, caller } = call;
  // What asks for no proof of most people must not read their bodies either.
  if (route?.needsProof === undefined || caller?.hasFactor !== true) return;
  if (route.needsProof === true || (await route.needsProof(uncheckedOf(call, caller))))
    deps.requireProof(caller);
}

const uncheckedOf = ({ params, exchange }: Call, caller: Caller): Unchecked => ({
  params,
  query: exchange.query,
  body: exchange.body,
  caller,
});

async function validate(call: Call): Promise<undefined> {
  const { route, exchange } = call;
  if (route?.query !== undefined)
    call.query = check(route.query as z.ZodType, Object.fromEntries(exchange.query));
  if (route?.body === undefined) return;
  const body = await exchange.body();
  call.body =
    route.readBody === undefined ? check(route.body as z.ZodType, body) : await route.readBody(body, call);
}

async function respond(call: Call, deps: PipelineDeps): Promise<Outgoing> {
  const { route, exchange, params, caller, object, policyFilter, query, body } = call;
  if (route === undefined) throw new MethodNotAllowed(exchange.req.method);
  const answer = await route.handle({ exchange, params, caller, object, policyFilter, query, body });
  const headers = answer.headers === undefined ? {} : { headers: answer.headers };
  if ('raw' in answer)
    return {
      status: answer.status,
      ...headers,
      content: { kind: 'raw', type: answer.type, raw: answer.raw },
    };
  if (answer.body === null) return { status: answer.status, ...headers, content: { kind: 'none' } };
  const schema: z.ZodType | null | undefined = route.responses[answer.status];
  if (deps.checkResponses && schema) schema.parse(answer.body);
  return { status: answer.status, ...headers, content: { kind: 'json', value: answer.body } };
}

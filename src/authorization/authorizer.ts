import { type Caller, type OrganizationContext, privilegeOf } from '../kernel/account.js';
import { ApiError, PermissionDenied } from '../kernel/errors.js';
import type { PolicyCheck, PolicyPackage } from '../kernel/policy.js';
import { type Exchange, lastParam } from '../platform/http/exchange.js';
import { readSelector, unknownOrganization } from './context.js';
import { filter as askFilter, readAllow, readFilter, readPlugins } from './engines/answers.js';
import type { PolicyEngine, PolicyInput, PolicyQuestion } from './engines/engine.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks the policy for a request: all checks in one round trip. The first denial refuses. A request that came with a
 * personal access token also needs every plugin of each package; without one, a read-only token may only read (CVAT
 * `at/permissions.py`).
 *
 * @param filter package whose list filter is asked for as well, in the context of the request
 * @returns the filter; null when none was asked for
 * @throws the errors of the organization context; PermissionDenied; ServiceUnavailable when the engine fails
 */
export const createAuthorizer =
  (engine: PolicyEngine) =>
  async (
    exchange: Exchange,
    caller: Caller,
    checks: readonly PolicyCheck[],
    filter?: PolicyPackage,
  ): Promise<object | null> => {
    const requested = requestedOrganization(exchange, caller);
    const documents = checks.map((check) => ({
      package: check.package,
      input: policyInput(caller, check.organization === undefined ? requested : check.organization, check),
    }));
    requireBoundContext(caller, [requested, ...documents.map(({ input }) => input.auth.organization)]);
    const base: readonly PolicyQuestion[] = documents.map((document) => ({ ...document, rule: 'allow' }));
    const plugins = pluginQuestions(caller, documents);
    const lists =
      filter === undefined
        ? []
        : [{ package: filter, rule: 'filter', input: listInput(caller, requested) } as const];
    const answers = await engine.ask([...base, ...plugins, ...lists]);
    const [allowed, narrowed] = [
      answers.slice(0, base.length),
      answers.slice(base.length, base.length + plugins.length),
    ];
    if (!allowed.every(readAllow)) throw new PermissionDenied();
    if (!plugins.every((question, index) => tokenMay(question.package, narrowed[index], caller, exchange))) {
      throw new PermissionDenied();
    }
    return filter === undefined ? null : readFilter(answers.at(-1));
  };

/**
 * Asks among which rows of a package a single one is looked for, in the context of the request: CVAT 2.62 applies the
 * filter of the list to organizations and invitations, whether the caller may list or not
 * (`organizations/views.py`, `get_queryset`). Who is invited is not listed anything before accepting.
 *
 * @returns the filter
 * @throws the errors of the organization context; PermissionDenied for a token bound to another organization;
 *   ServiceUnavailable when the engine fails, and when the rules have no filter for the caller
 */
export const createVisibility =
  (engine: PolicyEngine) =>
  async (exchange: Exchange, caller: Caller, name: PolicyPackage): Promise<object> => {
    const requested = requestedOrganization(exchange, caller);
    requireBoundContext(caller, [requested]);
    return askFilter(engine, { package: name, input: listInput(caller, requested) });
  };

const listInput = (caller: Caller, organization: OrganizationContext | null): PolicyInput =>
  policyInput(caller, organization, { scope: 'list', resource: null });

type Document = Omit<PolicyQuestion, 'rule'>;

/**
 * A token that is bound to an organization is good for requests that name it and are decided upon in it, and for
 * nothing else. When the organization is gone it is good for nothing.
 *
 * @param contexts the organization that the request names, and those of its decisions
 * @throws PermissionDenied
 */
function requireBoundContext(
  { credential }: Caller,
  contexts: readonly ({ readonly id: number } | null)[],
): void {
  if (credential.kind !== 'access-token' || credential.boundTo === null) return;
  const { organizationId } = credential.boundTo;
  if (!contexts.every((context) => context !== null && context.id === organizationId))
    throw new PermissionDenied();
}

function pluginQuestions({ credential }: Caller, documents: readonly Document[]): readonly PolicyQuestion[] {
  if (credential.kind !== 'access-token') return [];
  const token = { id: credential.id, read_only: credential.readOnly };
  return documents.map(({ package: name, input }) => ({
    package: name,
    rule: 'plugin_allow',
    input: { ...input, auth: { ...input.auth, token } },
  }));
}

/**
 * Packages whose shipped plugin takes the place of the default rule, as in CVAT. A plugin of the operator does not (in
 * CVAT it would): one that forgets `read_only` must not let read-only tokens write.
 */
const WITHOUT_DEFAULT: ReadonlySet<PolicyPackage> = new Set(['access_tokens', 'users']);

function tokenMay(base: PolicyPackage, answer: unknown, { credential }: Caller, { req }: Exchange): boolean {
  const verdicts = readPlugins(answer);
  if (verdicts.includes(false)) return false;
  if (verdicts.length > 0 && WITHOUT_DEFAULT.has(base)) return true;
  return credential.kind === 'access-token' && (!credential.readOnly || SAFE_METHODS.has(req.method));
}

/** @throws ValidationError, NotFound for a context that is contradictory or names an unknown organization */
function requestedOrganization(exchange: Exchange, caller: Caller): OrganizationContext | null {
  const selector = readSelector(exchange);
  if (selector instanceof ApiError) throw selector;
  if (selector.kind === 'absent' || selector.kind === 'sandbox') return null;
  if (caller.organization !== null) return caller.organization;
  throw unknownOrganization(
    selector.kind === 'slug' ? selector.slug : (lastParam(exchange.query, 'org_id') ?? ''),
  );
}

/** The document that CVAT 2.62 posts to OPA (cvat.md 5.1). */
export const policyInput = (
  { account }: Caller,
  organization: OrganizationContext | null,
  { scope, resource }: Pick<PolicyCheck, 'scope' | 'resource'>,
): PolicyInput => ({
  scope,
  auth: {
    user: { id: account.id, privilege: privilegeOf(account.groups) },
    organization: organization && {
      id: organization.id,
      owner: { id: organization.ownerId },
      user: { role: organization.role },
    },
  },
  resource,
});

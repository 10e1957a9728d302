import { type Caller, type OrganizationContext, privilegeOf } from '../kernel/account.js';
import { ApiError, PermissionDenied } from '../kernel/errors.js';
import type { ListedPackage, PolicyCheck, PolicyPackage } from '../kernel/policy.js';
import type { Exchange } from '../platform/http/exchange.js';
import { lastParam } from '../platform/values/params.js';
import { boundOrganization, narrowFilter, requireBelonging } from './bound-tokens.js';
import { readSelector, unknownOrganization } from './context.js';
import { filter as askFilter, readAllow, readFilter, readPlugins } from './engines/answers.js';
import type { PolicyEngine, PolicyInput, PolicyQuestion } from './engines/engine.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks the policy for a request: all checks in one round trip. The first denial refuses. A request that came with a
 * personal access token also needs every plugin of each package; without one, a read-only token may only read (CVAT
 * `at/permissions.py`). A token that is bound to an organization stays inside of it, and so does the filter.
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
    filter?: ListedPackage,
  ): Promise<object | null> => {
    const bound = insideOf(exchange, caller, checks);
    const requested = requestedOrganization(exchange, caller);
    const documents = checks.map((check) => ({
      package: check.package,
      input: policyInput(caller, check.organization === undefined ? requested : check.organization, check),
    }));
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
    const denied = base.find((_question, index) => !readAllow(allowed[index]));
    if (denied !== undefined) throw denial(exchange, denied);
    const narrower = plugins.find(
      (question, index) => !tokenMay(question.package, narrowed[index], caller, exchange),
    );
    if (narrower !== undefined) throw denial(exchange, narrower, TOKEN_MAY_NOT);
    return filter === undefined ? null : narrowFilter(readFilter(answers.at(-1)), filter, bound);
  };

/**
 * Asks among which rows of a package a single one is looked for, in the context of the request: CVAT 2.62 applies the
 * filter of the list to organizations and invitations, whether the caller may list or not
 * (`organizations/views.py`, `get_queryset`). Who is invited is not listed anything before accepting.
 *
 * @returns the filter
 * @throws the errors of the organization context; PermissionDenied for a token that is not good in it;
 *   ServiceUnavailable when the engine fails, and when the rules have no filter for the caller
 */
export const createVisibility =
  (engine: PolicyEngine) =>
  async (exchange: Exchange, caller: Caller, name: ListedPackage): Promise<object> => {
    const bound = insideOf(exchange, caller, []);
    const input = listInput(caller, requestedOrganization(exchange, caller));
    return narrowFilter(await askFilter(engine, { package: name, input }), name, bound);
  };

/** For the log. */
const TOKEN_MAY_NOT = 'the personal access token may not do what its owner may';
const OUTSIDE =
  'the personal access token is bound to another organization, or its owner is no member any more';

/** @returns the organization that the caller's token is bound to, or null. @throws PermissionDenied outside of it */
function insideOf({ report }: Exchange, caller: Caller, checks: readonly PolicyCheck[]): number | null {
  try {
    const bound = boundOrganization(caller);
    requireBelonging(bound, checks);
    return bound;
  } catch (error) {
    report('policy.denied', { reason: OUTSIDE });
    throw error;
  }
}

function denial({ report }: Exchange, question: PolicyQuestion, reason?: string): PermissionDenied {
  const { organization } = question.input.auth;
  report('policy.denied', {
    package: question.package,
    scope: question.input.scope,
    ...(organization === null ? {} : { organization: organization.id }),
    ...(reason === undefined ? {} : { reason }),
  });
  return new PermissionDenied();
}

const listInput = (caller: Caller, organization: OrganizationContext | null): PolicyInput =>
  policyInput(caller, organization, { scope: 'list', resource: null });

type Document = Omit<PolicyQuestion, 'rule'>;

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

/** The document that CVAT 2.62 posts to OPA. */
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

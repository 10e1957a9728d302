import { type Caller, type OrganizationContext, privilegeOf } from '../kernel/account.js';
import { ApiError, PermissionDenied } from '../kernel/errors.js';
import type { ListedPackage, PolicyCheck, PolicyPackage } from '../kernel/policy.js';
import type { Exchange } from '../platform/http/exchange.js';
import { lastParam } from '../platform/values/params.js';
import { belongingOfRows, boundOrganization, narrowFilter, requireBelonging } from './bound-tokens.js';
import { readSelector, unknownOrganization } from './context.js';
import { filter as askFilter, readAllow, readFilter, readPlugins } from './engines/answers.js';
import type { PolicyEngine, PolicyInput, PolicyQuestion } from './engines/engine.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks the policy about a request: all checks in one round trip. The first denial refuses the request. With a personal
 * access token, every plugin of each package must allow it too; in a package without plugins, a read-only token may
 * only read (CVAT `at/permissions.py`). A token bound to an organization is confined to it, and so is the filter.
 *
 * @param filter package whose list filter is also requested, in the context of the request
 * @returns the filter; null if none was requested
 * @throws the errors of the organization context; PermissionDenied; ServiceUnavailable if the engine fails
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
 * Asks which rows of a package are visible when looking for a single one, in the context of the request: CVAT 2.62
 * applies the list filter to organizations and invitations, whether or not the caller may list them
 * (`organizations/views.py`, `get_queryset`). Invited users cannot list anything before they accept.
 *
 * @returns the filter
 * @throws the errors of the organization context; PermissionDenied for a token that is not valid in it;
 *   ServiceUnavailable if the engine fails, or if the rules have no filter for the caller
 */
export const createVisibility =
  (engine: PolicyEngine) =>
  async (exchange: Exchange, caller: Caller, name: ListedPackage): Promise<object> => {
    const bound = insideOf(exchange, caller, [belongingOfRows(name)]);
    const input = listInput(caller, requestedOrganization(exchange, caller));
    return narrowFilter(await askFilter(engine, { package: name, input }), name, bound);
  };

/** For the log. */
const TOKEN_MAY_NOT = 'the personal access token allows less than its owner may do';
const OUTSIDE =
  'the personal access token is bound to another organization, or its owner is no longer a member';

/** @returns the organization that the caller's token is bound to, or null. @throws PermissionDenied outside of it */
function insideOf(
  { report }: Exchange,
  caller: Caller,
  checks: Parameters<typeof requireBelonging>[1],
): number | null {
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
 * Packages whose shipped plugin replaces the default rule, as in CVAT. An operator's plugin does not replace it (in
 * CVAT it would): a plugin that forgets `read_only` must not let read-only tokens write.
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

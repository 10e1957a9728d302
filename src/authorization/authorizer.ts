import { type Caller, type OrganizationContext, privilegeOf } from '../kernel/account.js';
import { ApiError, PermissionDenied } from '../kernel/errors.js';
import type { PolicyCheck } from '../kernel/policy.js';
import type { Exchange } from '../platform/http/exchange.js';
import { readSelector, unknownOrganization } from './context.js';
import { readAllow, readPlugin } from './engines/answers.js';
import type { PolicyEngine, PolicyInput, PolicyQuestion } from './engines/engine.js';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Asks the policy for a request: all checks in one round trip. The first denial refuses. A request that came with a
 * personal access token also needs the plugin of each package; without one, a read-only token may only read (CVAT
 * `at/permissions.py`).
 *
 * @throws the errors of the organization context; PermissionDenied; ServiceUnavailable when the engine fails
 */
export const createAuthorizer =
  (engine: PolicyEngine) =>
  async (exchange: Exchange, caller: Caller, checks: readonly PolicyCheck[]): Promise<void> => {
    const requested = requestedOrganization(exchange, caller);
    const documents = checks.map((check) => ({
      package: check.package,
      input: policyInput(caller, check.organization === undefined ? requested : check.organization, check),
    }));
    const base: readonly PolicyQuestion[] = documents.map((document) => ({ ...document, rule: 'allow' }));
    const answers = await engine.ask([...base, ...pluginQuestions(caller, documents)]);
    if (!answers.slice(0, base.length).every(readAllow)) throw new PermissionDenied();
    if (!answers.slice(base.length).every((answer) => tokenMay(answer, caller, exchange))) throw new PermissionDenied();
  };

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

function tokenMay(answer: unknown, { credential }: Caller, { req }: Exchange): boolean {
  const verdict = readPlugin(answer);
  if (verdict !== 'absent') return verdict === 'allowed';
  return credential.kind === 'access-token' && (!credential.readOnly || SAFE_METHODS.has(req.method));
}

/** @throws ValidationError, NotFound for a context that is contradictory or names an unknown organization */
function requestedOrganization(exchange: Exchange, caller: Caller): OrganizationContext | null {
  const selector = readSelector(exchange);
  if (selector instanceof ApiError) throw selector;
  if (selector.kind === 'absent' || selector.kind === 'sandbox') return null;
  if (caller.organization === null) throw unknownOrganization(selector.kind === 'slug' ? selector.slug : String(selector.id));
  return caller.organization;
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

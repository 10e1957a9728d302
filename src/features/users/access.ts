import type { Caller } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { PermissionDenied } from '../../kernel/errors.js';
import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { namesIn } from '../../platform/values/python-text.js';
import type { Target } from './repository.js';
import { isSurveyField } from './survey.js';

const PERSONAL = 'update:personal_data';

/** The scope that each field of a PATCH requires; any other field is refused (CVAT 2.55 `UserPermission`). */
const FIELD_SCOPES: ReadonlyMap<string, string> = new Map([
  ['email', 'update:email'],
  ['first_name', PERSONAL],
  ['last_name', PERSONAL],
  ['username', PERSONAL],
  ['groups', 'update:permissions'],
  ['is_active', 'update:permissions'],
  ['is_staff', 'update:permissions'],
  ['is_superuser', 'update:permissions'],
]);

/** The role is the target's: CVAT sends the requester's role, and so shows any account to any member (deviation 4). */
const resourceOf = ({ account, role }: Target) => ({ id: account.id, membership: { role } });

/**
 * @param scope of the package `users`
 * @returns the question whether the caller may do it to an account, which belongs to the organization that the request
 *   names if it is a member there
 */
export const mayDo = (scope: string, target: Target): PolicyCheck => ({
  package: 'users',
  scope,
  resource: resourceOf(target),
  belongsTo: target.role === null ? null : 'context',
});

export const mayList = (): PolicyCheck[] => [
  { package: 'users', scope: 'list', resource: null, belongsTo: 'context' },
];

export const mayCreate = (): PolicyCheck[] => [
  { package: 'users', scope: 'create', resource: { id: null, membership: { role: null } }, belongsTo: null },
];

export const mayView = (target: Target): PolicyCheck[] => [mayDo('view', target)];

export const mayDelete = (target: Target): PolicyCheck[] => [mayDo('delete', target)];

export const mayViewApiToken = (target: Target): PolicyCheck[] => [mayDo('view:api_token', target)];

export const mayUpdateApiToken = (target: Target): PolicyCheck[] => [mayDo('update:api_token', target)];

/** @returns the caller, as the account that a request is about */
export const targetOf = ({ account, organization }: Caller): Target => ({
  account,
  role: organization?.role ?? null,
});

export const mayViewSelf = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayView(targetOf(caller));

export const mayViewOwnApiToken = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayViewApiToken(targetOf(caller));

export const mayUpdateOwnApiToken = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayUpdateApiToken(targetOf(caller));

/** @throws PermissionDenied for a field that nobody may change here, or only the person themselves */
export const mayUpdate =
  ({ has }: CvatRelease) =>
  async (target: Target, { body, caller }: Unchecked): Promise<PolicyCheck[]> => {
    const isOwn = target.account.id === caller.account.id;
    const names = namesIn(await body());
    if (has('hasSurvey') && !isOwn && names.some(isSurveyField)) throw new PermissionDenied();
    const scopes = new Set(
      names.map((name) => (has('hasSurvey') && isSurveyField(name) ? PERSONAL : scopeOf(name))),
    );
    return ['view', ...scopes].map((scope) => mayDo(scope, target));
  };

/** @returns whether a PATCH is about another account, or about what lets people in and what they may do */
export const changesMoreThanOwnNames = async ({ params, caller, body }: Unchecked): Promise<boolean> =>
  params['id'] !== String(caller.account.id) ||
  namesIn(await body()).some((field) => FIELD_SCOPES.get(field) !== PERSONAL && !isSurveyField(field));

function scopeOf(field: string): string {
  const scope = FIELD_SCOPES.get(field);
  if (scope === undefined) throw new PermissionDenied('Attempted to update an unknown field');
  return scope;
}

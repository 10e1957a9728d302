import type { Caller } from '../../kernel/account.js';
import { PermissionDenied } from '../../kernel/errors.js';
import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { mayDo, type Target, targetOf } from '../users/index.js';

const NEEDS_CODE = 'Your own second factors are removed with a code of them.';

export const mayView = (target: Target): PolicyCheck[] => [mayDo('view:factors', target)];

export const mayViewOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayView(targetOf(caller));

export const mayUpdateOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] => [
  mayDo('update:factors', targetOf(caller)),
];

/**
 * Not for one's own account, whatever one's role: a session that was stolen from an administrator must not remove the
 * factor that protects them.
 *
 * @throws PermissionDenied
 */
export function mayReset(target: Target, { caller }: { readonly caller: Caller }): PolicyCheck[] {
  if (target.account.id === caller.account.id) throw new PermissionDenied(NEEDS_CODE);
  return [mayDo('delete:factors', target)];
}

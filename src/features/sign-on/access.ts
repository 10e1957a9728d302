import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { mayDo, type Target, targetOf } from '../users/index.js';

export const mayView = (target: Target): PolicyCheck[] => [mayDo('view:linked_accounts', target)];

export const mayUnlink = (target: Target): PolicyCheck[] => [mayDo('delete:linked_accounts', target)];

export const mayViewOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayView(targetOf(caller));

export const mayLinkOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] => [
  mayDo('create:linked_accounts', targetOf(caller)),
];

export const mayUnlinkOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayUnlink(targetOf(caller));

import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import { mayDo, type Target, targetOf } from '../users/index.js';

export const mayView = (target: Target): PolicyCheck[] => [mayDo('view:sessions', target)];

export const mayEnd = (target: Target): PolicyCheck[] => [mayDo('delete:sessions', target)];

export const mayViewOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] =>
  mayView(targetOf(caller));

export const mayEndOwn = (_object: unknown, { caller }: Unchecked): PolicyCheck[] => mayEnd(targetOf(caller));

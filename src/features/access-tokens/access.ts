import type { PolicyCheck } from '../../kernel/policy.js';
import type { AccessToken } from './repository.js';

export const mayList = (): PolicyCheck[] => [
  { package: 'access_tokens', scope: 'list', resource: null, belongsTo: 'context' },
];

/** For any organization that the new token is bound to: no token can create another. */
export const mayCreate = (): PolicyCheck[] => [
  { package: 'access_tokens', scope: 'create', resource: null, belongsTo: null },
];

const may =
  (scope: string) =>
  ({ id, ownerId, organizationId }: AccessToken): PolicyCheck[] => [
    {
      package: 'access_tokens',
      scope,
      resource: { id, owner: { id: ownerId } },
      belongsTo: organizationId,
    },
  ];

export const mayView = may('view');
export const mayUpdate = may('update');
export const mayDelete = may('delete');

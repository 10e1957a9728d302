import type { OrganizationContext } from '../../kernel/account.js';
import type { PolicyCheck } from '../../kernel/policy.js';
import type { Unchecked } from '../../platform/http/route.js';
import type { ViewedOrganization } from './repository.js';

/** Decisions about an organization use the organization itself, whatever context the request names. */
const contextOf = ({ id, slug, owner, viewerRole }: ViewedOrganization): OrganizationContext => ({
  id,
  slug,
  ownerId: owner?.id ?? null,
  role: viewerRole,
});

const may =
  (scope: string) =>
  (organization: ViewedOrganization): PolicyCheck[] => [
    {
      package: 'organizations',
      scope,
      resource: {
        id: organization.id,
        owner: { id: organization.owner?.id ?? null },
        user: { role: organization.viewerRole },
      },
      organization: contextOf(organization),
      belongsTo: organization.id,
    },
  ];

export const mayView = may('view');
export const mayUpdate = may('update');
export const mayDelete = may('delete');
export const mayTransfer = may('transfer');
export const mayRequireFactors = may('update:factor_requirement');

export const mayList = (): PolicyCheck[] => [
  { package: 'organizations', scope: 'list', resource: null, belongsTo: 'context' },
];

export const mayCreate = (_object: unknown, { caller }: Unchecked): PolicyCheck[] => [
  {
    package: 'organizations',
    scope: 'create',
    resource: { id: null, owner: { id: caller.account.id }, user: { role: 'owner' } },
    belongsTo: null,
  },
];

import type { PolicyCheck } from '../../kernel/policy.js';
import type { GrowthData } from './repository.js';

/** Growth data are in no organization. */
export const mayList = (): PolicyCheck[] => [
  { package: 'growth', scope: 'list', resource: null, belongsTo: null },
];

const may =
  (scope: string) =>
  ({ id, owner }: GrowthData): PolicyCheck[] => [
    { package: 'growth', scope, resource: { id, user: { id: owner.id } }, belongsTo: null },
  ];

export const mayView = may('view');
export const mayUpdate = may('update');

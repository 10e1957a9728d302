import { organizationRoutes } from './routes.js';
import { createOrganizationService, type OrganizationServiceDeps } from './service.js';
import { transferRoutes } from './transfer-routes.js';
import { createTransferService, type TransferServiceDeps } from './transfer-service.js';

export { findIntegrityProblems } from './integrity-repository.js';
export { copyOrganizations, lockOrganization } from './repository.js';
export { DOCUMENTED_SLUG } from './schemas.js';

export type OrganizationsDeps = OrganizationServiceDeps & TransferServiceDeps;

/** Organizations, and transferring them. */
export function createOrganizations(deps: OrganizationsDeps) {
  const service = createOrganizationService(deps);
  const transfers = createTransferService(deps);
  return { routes: [...organizationRoutes({ service }), ...transferRoutes({ service, transfers })] };
}

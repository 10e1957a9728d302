import type { Clock } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import { organizationRoutes } from './routes.js';
import { createOrganizationService } from './service.js';
import { transferRoutes } from './transfer-routes.js';
import { createTransferService } from './transfer-service.js';

export { findIntegrityProblems } from './integrity-repository.js';
export { lockOrganization } from './repository.js';
export { DOCUMENTED_SLUG } from './schemas.js';

export interface OrganizationsDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Days an offered organization waits for the confirmation. */
  readonly offerDays: number;
}

/** Organizations, and passing them on. */
export function createOrganizations(deps: OrganizationsDeps) {
  const service = createOrganizationService(deps);
  const transfers = createTransferService(deps);
  return { routes: [...organizationRoutes({ ...deps, service }), ...transferRoutes({ ...deps, transfers })] };
}

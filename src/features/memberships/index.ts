import type { Database } from '../../platform/db/pool.js';
import { membershipRoutes } from './routes.js';
import { createMembershipService } from './service.js';

export { isMembershipOfOwner } from './repository.js';

/** Who belongs to which organization, and as what. */
export function createMemberships(deps: { readonly db: Database }) {
  return { routes: membershipRoutes({ ...deps, service: createMembershipService(deps) }) };
}

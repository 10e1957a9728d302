import { membershipRoutes } from './routes.js';
import { createMembershipService, type MembershipServiceDeps } from './service.js';

export { isMembershipOfOwner } from './repository.js';
export {
  activateMembership,
  changeRole,
  copyMemberships,
  insertMembership,
  type MembershipsOf,
  membershipsOf,
  removeMemberships,
  swapOwnerRole,
} from './write-repository.js';

/** The members of organizations and their roles. */
export function createMemberships(deps: MembershipServiceDeps) {
  return { routes: membershipRoutes({ service: createMembershipService(deps) }) };
}

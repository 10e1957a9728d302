import type { Database } from '../../platform/db/pool.js';
import { userRoutes } from './routes.js';
import { createUserService, type UserServiceDeps } from './service.js';

export { createIdentityStore } from './identity-repository.js';
export {
  completeAccount,
  insertAccount,
  isUsernameTaken,
  lockNames,
  type NewAccount,
} from './new-account-repository.js';
export { type PersonColumns, personColumns, personOf } from './person.js';
export { type Person, presentBasicUser } from './present.js';
export { addGroups, grantAnalytics, removeOtherGroups, replaceLineage } from './repository.js';
export { BasicUserRead } from './schemas.js';
export type { UserService, UserServiceDeps } from './service.js';

/** People and their accounts. */
export function createUsers(deps: UserServiceDeps & { readonly db: Database }) {
  const service = createUserService(deps);
  return { service, routes: userRoutes({ db: deps.db, service }) };
}

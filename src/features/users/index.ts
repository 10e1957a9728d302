import { apiTokenRoutes } from './api-token-routes.js';
import { type ApiTokenServiceDeps, createApiTokenService } from './api-token-service.js';
import { userRoutes } from './routes.js';
import { createUserService, type UserServiceDeps } from './service.js';

export { mayDo, targetOf } from './access.js';
export { ACCOUNT_COLUMNS, accountOf } from './account-repository.js';
export type { StoredSessions } from './account-update.js';
export { addMissingAddress, replaceAddress, verifyAddress } from './address-repository.js';
export { countAdministrators } from './administrators-repository.js';
export { ensureApiToken, findApiTokenKey, recordLogin, removeApiToken } from './api-token-repository.js';
export { type ApiTokenService, newApiTokenKey } from './api-token-service.js';
export {
  copyAccounts,
  copyAddresses,
  copyApiTokens,
  copyGroupMembers,
  copyGroups,
  copyProfiles,
} from './copy-repository.js';
export {
  type Attributes,
  addLocalAdmins,
  endAnalytics,
  noteLastLogin,
  removeGroups,
  replaceAttributes,
  replaceUsername,
  setStaff,
} from './directory-repository.js';
export { EMAIL_TAKEN, USERNAME_TAKEN } from './errors.js';
export {
  awaitNames,
  insertAccount,
  isUsernameTaken,
  lockNames,
  type NewAccount,
} from './new-account-repository.js';
export type { Origin } from './origin-repository.js';
export {
  lockBinding,
  replaceLineage,
  replacePassword,
  storePassword,
  upgradePassword,
} from './password-repository.js';
export { type PersonColumns, personColumns, personOf } from './person.js';
export { claimPlaceholder, isPlaceholder, isUnclaimed } from './placeholder-repository.js';
export { type Person, presentBasicUser } from './present.js';
export { releaseReferences } from './removal-repository.js';
export { addGroups, grantAnalytics, removeOtherGroups, type Target } from './repository.js';
export { BasicUserRead, EMAIL_LENGTH, NAME_LENGTH, usernameProblem } from './schemas.js';
export type { UserService, UserServiceDeps } from './service.js';

/** Users and their accounts. */
export function createUsers(deps: UserServiceDeps & ApiTokenServiceDeps) {
  const service = createUserService(deps);
  const apiTokens = createApiTokenService(deps);
  return {
    service,
    apiTokens,
    routes: [...userRoutes({ service }), ...apiTokenRoutes({ service, apiTokens })],
  };
}

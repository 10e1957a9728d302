import type { CredentialCheck } from '../../authentication/credentials.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import { createLogin } from './login.js';
import { createRegistration } from './registration.js';
import { accountRoutes } from './routes.js';

export { ensureFirstAdmin, type FirstAdmin } from './first-admin.js';
export { findCandidates, recordAccessTokenUse, upgradeAccessTokenHash, upgradePassword } from './repository.js';

export interface AccountsDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly identities: IdentityStore;
  readonly sessions: Sessions;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly checkCredentials: CredentialCheck;
  readonly defaultGroup: string;
  readonly emailVerificationIsMandatory: boolean;
  readonly onWriteError: (error: unknown) => void;
}

/** Signing up, in and out. */
export function createAccounts(deps: AccountsDeps) {
  const login = createLogin(deps);
  const registration = createRegistration({ ...deps, emailIsRequired: deps.emailVerificationIsMandatory });
  return { routes: accountRoutes({ ...deps, login, registration }) };
}

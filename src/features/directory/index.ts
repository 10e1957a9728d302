import type { FailureLimit } from '../../authentication/failure-limit.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import { createDirectory } from '../../platform/ldap/directory.js';
import type { ObserveDirectory } from '../../platform/ldap/observed.js';
import type { DirectorySettings } from '../../platform/ldap/settings.js';
import type { Log } from '../../platform/telemetry/log.js';
import { addLocalAdmins } from '../users/index.js';
import { createDirectoryAccounts } from './accounts.js';
import { createDirectoryLogin } from './login.js';
import { createRecheck } from './recheck.js';
import { isLinked } from './repository.js';
import { createStanding } from './standing.js';

export { judge } from './roles.js';

export interface DirectoryFeatureDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly passwords: PasswordService;
  readonly failures: FailureLimit;
  readonly settings: DirectorySettings;
  /** `IAM_DEFAULT_ROLE`. */
  readonly defaultRole: Role;
  /** Told of every request to the directory. */
  readonly observe: ObserveDirectory;
}

/** Users whose accounts and passwords a directory manages (`IAM_TYPE=LDAP`). */
export function createDirectoryFeature(deps: DirectoryFeatureDeps) {
  const { db, clock, random, log, passwords, failures, settings } = deps;
  const directory = createDirectory(settings, clock, deps.observe);
  const rules = { ...settings, defaultRole: deps.defaultRole };
  const accounts = createDirectoryAccounts({
    db,
    clock,
    passwords,
    identityAttribute: settings.attributes.identity,
    recheckMs: settings.recheckMs,
    onNameTaken: (user, name) =>
      log.warn(
        { user, name },
        'A person was renamed in the directory, but another account already has the new name.',
      ),
  });
  const recheck = createRecheck({
    db,
    clock,
    random,
    log,
    directory,
    accounts,
    passwords,
    rules,
    intervalMs: settings.recheckMs,
  });
  return {
    login: createDirectoryLogin({ directory, accounts, passwords, failures, rules, log }),
    /** Checks all due accounts; normally this happens in the background. */
    recheck: recheck.runOnce,
    /** @returns whether the account belongs to a person in the directory, and so has no local password */
    owns: (userId: number): Promise<boolean> => isLinked(db, userId),
    /** @returns whether the directory still admits the person of an account. @throws ServiceUnavailable */
    standingOf: createStanding({ db, directory, accounts, rules, passwords, recheckMs: settings.recheckMs }),
    /** Call this once the tables exist. */
    start: async (): Promise<void> => {
      await addLocalAdmins(db);
      recheck.start();
    },
    close: async (): Promise<void> => {
      await recheck.stop();
      directory.close();
    },
  };
}

export type DirectoryFeature = ReturnType<typeof createDirectoryFeature>;

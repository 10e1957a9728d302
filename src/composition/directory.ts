import type { FailureLimit } from '../authentication/failure-limit.js';
import type { PasswordService } from '../authentication/passwords/service.js';
import type { DirectoryFeature } from '../features/directory/index.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import { StartError } from '../kernel/start-error.js';
import type { Config } from '../platform/config/settings.js';
import type { AnyRoute } from '../platform/http/route.js';
import type { DirectorySettings } from '../platform/ldap/settings.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';

/** @returns null unless accounts come from a directory. @throws StartError for settings that cannot work */
export async function directorySettingsOf(config: Config): Promise<DirectorySettings | null> {
  if (config.IAM_TYPE !== 'LDAP') return null;
  if (config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory') {
    throw new StartError(
      'ACCOUNT_EMAIL_VERIFICATION is mandatory: with IAM_TYPE=LDAP addresses come from the directory and nobody confirms them; set it to none.',
    );
  }
  const { resolveDirectorySettings } = await import('../platform/ldap/settings.js');
  return resolveDirectorySettings(config);
}

interface DirectoryParts {
  readonly passwords: PasswordService;
  readonly failures: FailureLimit;
  readonly metrics: Metrics;
}

/**
 * Loads the code of directories only if there is one.
 *
 * @returns null unless accounts come from a directory
 * @throws StartError for settings that cannot work
 */
export async function composeDirectory(
  { config, clock, random, log }: ContainerOptions,
  { db }: Pick<Engines, 'db'>,
  { passwords, failures, metrics }: DirectoryParts,
): Promise<DirectoryFeature | null> {
  const settings = await directorySettingsOf(config);
  if (settings === null) return null;
  const { createDirectoryFeature } = await import('../features/directory/index.js');
  return createDirectoryFeature({
    passwords,
    failures,
    db,
    clock,
    random,
    log,
    settings,
    defaultRole: config.IAM_DEFAULT_ROLE,
    observe: metrics.observeDirectory,
  });
}

interface SignIn<Handler> {
  readonly routes: readonly AnyRoute[];
  readonly pages: readonly Handler[];
  readonly slashPaths: readonly RegExp[];
}

/** The remaining account endpoints if a directory manages names, passwords and addresses. */
const KEPT: readonly string[] = ['/api/auth/login', '/api/auth/login/code', '/api/auth/logout'];

export const withoutLocalAccounts = <Handler>({ routes }: SignIn<Handler>): SignIn<Handler> => ({
  routes: routes.filter(({ path }) => KEPT.includes(path)),
  pages: [],
  slashPaths: [],
});

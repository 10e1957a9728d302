import { createAccessTokenCheck } from '../authentication/access-tokens.js';
import { observeChecks } from '../authentication/attempts.js';
import { createChecks } from '../authentication/authenticator.js';
import { createBegunSignIn } from '../authentication/begun-sign-in.js';
import { createChain } from '../authentication/chain.js';
import { createCredentialCheck, type PasswordRule } from '../authentication/credentials.js';
import { createFactorRequirement } from '../authentication/factor-requirement.js';
import { createFailureLimit } from '../authentication/failure-limit.js';
import type { IdentityStore } from '../authentication/identity.js';
import { createPasswordService } from '../authentication/passwords/service.js';
import { createVerifiedCredentials } from '../authentication/passwords/verified-credentials.js';
import { createSessions } from '../authentication/sessions/sessions.js';
import { selectorForLookup } from '../authorization/context.js';
import { recordAccessTokenUse, upgradeAccessTokenHash } from '../features/access-tokens/index.js';
import { createIdentityStore, findCandidates } from '../features/identities/index.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import { upgradePassword } from '../features/users/index.js';
import type { SignOnSettings } from '../platform/config/auth-config.js';
import type { Exchanges } from '../platform/http/exchange.js';
import { composeDirectory } from './directory.js';
import type { Engines } from './engines.js';
import { canEnrol, type FactorParts } from './factors.js';
import type { ContainerOptions } from './options.js';
import type { State } from './state.js';

export interface AuthenticationParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly exchanges: Exchanges;
  readonly state: State;
  readonly metrics: Metrics;
  readonly signOn: SignOnSettings;
  readonly factors: FactorParts;
}

/** Connects the authentication ring to the database, the session store and the settings. */
export async function composeAuthentication({
  options,
  engines,
  exchanges,
  state,
  metrics,
  signOn,
  factors,
}: AuthenticationParts) {
  const { config, clock, random, log } = options;
  const { db } = engines;
  const { secretKey } = state;
  const warn = (message: string) => (error: unknown) => log.warn({ error }, message);

  const lacksFactor = createFactorRequirement({
    requiredOf: config.MFA_REQUIRED,
    canEnrol: canEnrol(config),
  });
  const identities = createIdentityStore(db.lookups, lacksFactor);
  const passwords = composePasswords(options, metrics);
  const sessions = createSessions({
    store: engines.sessionStore,
    index: engines.sessionIndex,
    clock,
    random,
    secretKey,
    ageSeconds: config.SESSION_COOKIE_AGE,
    maximumAgeSeconds: config.SESSION_MAX_AGE,
    secureSessionCookie: config.SESSION_COOKIE_SECURE,
    secureCsrfCookie: config.CSRF_COOKIE_SECURE,
    onRenewalError: warn('A session could not be renewed.'),
    onIndexError: warn('The use of a session could not be recorded.'),
    observer: metrics.sessions,
  });
  const begunSignIn = createBegunSignIn({
    clock,
    secretKey,
    identities,
    isSecure: config.SESSION_COOKIE_SECURE,
  });
  const failures = createFailureLimit(failureRatesOf(options), engines.rates);
  const directory = await composeDirectory(options, engines, { passwords, failures, metrics });
  const passwordRule = signOn.allowsPasswords ? null : passwordRuleOf(config.BREAK_GLASS, identities);
  const checkCredentials = createCredentialCheck({
    findCandidates: (username, email) => findCandidates(db, username, email),
    upgradePassword: (userId, change) => upgradePassword(db, userId, change),
    passwords,
    failures,
    secretKey,
    method: config.ACCOUNT_AUTHENTICATION_METHOD,
    onUpgradeError: warn('A password hash could not be upgraded.'),
    directory: directory?.login ?? null,
    verifyFactor: factors.check.verifyFactor,
    passwordRule,
  });
  const checkAccessToken = createAccessTokenCheck({
    identities,
    passwords,
    clock,
    stalePeriodSeconds: config.CVAT_ACCESS_TOKEN_STALE_PERIOD,
    lastUseIntervalSeconds: config.CVAT_ACCESS_TOKEN_LAST_USE_UPDATE_MIN_INTERVAL,
    recordUse: (use) => recordAccessTokenUse(db, use),
    upgradeHash: (id, from, to) => upgradeAccessTokenHash(db, id, from, to),
    onWriteError: warn('The use of an access token could not be recorded.'),
  });
  const checks = createChecks({
    exchanges,
    selectorOf: selectorForLookup,
    identities,
    checkAccessToken,
    checkCredentials,
    verifiedCredentials: createVerifiedCredentials({ clock, random }),
    sessions,
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    emailVerificationIsMandatory: config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory',
  });
  const chain = createChain(observeChecks(checks, metrics.observeAttempt));
  return {
    identities,
    passwords,
    passwordRule,
    sessions,
    begunSignIn,
    failures,
    checkCredentials,
    chain,
    directory,
  };
}

/** While passwords are turned off, only superusers of this server have a way in that needs no provider. */
const passwordRuleOf =
  (breaksGlass: boolean, identities: IdentityStore): PasswordRule =>
  async (userId) => {
    const identity = breaksGlass ? await identities.byId(userId, { kind: 'absent' }) : undefined;
    const isLocal = identity !== undefined && !identity.password.startsWith('!');
    return isLocal && identity.account.isSuperuser ? 'break-glass' : 'refused';
  };

function composePasswords({ config, clock, random, log }: ContainerOptions, metrics: Metrics) {
  const extraHashers = config.PASSWORD_HASHERS_EXTRA;
  if (extraHashers.length > 0) {
    log.warn(
      { formats: extraHashers },
      `PASSWORD_HASHERS_EXTRA: passwords in the old formats ${extraHashers.join(', ')} are accepted, and rewritten when their owners sign in.`,
    );
  }
  return createPasswordService({
    clock,
    random,
    rounds: config.PASSWORD_BCRYPT_ROUNDS,
    concurrency: config.PASSWORD_HASH_CONCURRENCY,
    queueLimit: config.PASSWORD_HASH_QUEUE,
    extraHashers,
    keepsDjangoHashes: config.SESSION_STORE === 'django',
    observer: metrics.hashing,
    argon2: { onMissing: (error) => log.warn({ error }, ARGON2_IS_MISSING) },
  });
}

const ARGON2_IS_MISSING =
  'Accounts whose passwords are stored as Argon2 cannot sign in: the optional package @node-rs/argon2, or its binary for this platform, is not installed. Run: npm install --include=optional';

const failureRatesOf = ({ config }: ContainerOptions) => ({
  perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
  perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
  perAccountAndAddress: config.LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS,
});

export type Authentication = Awaited<ReturnType<typeof composeAuthentication>>;

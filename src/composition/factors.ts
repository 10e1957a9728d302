import { createKeyChallenges, type KeyChallenges } from '../authentication/key-challenge.js';
import {
  createFactorCheck,
  createFactors,
  createKeyCheck,
  type FactorCheck,
  type KeyCheck,
} from '../features/factors/index.js';
import { createSecretBox, type SecretBox } from '../platform/otp/secret-box.js';
import { type RelyingParty, relyingPartyOf } from '../platform/webauthn/ceremony.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';
import type { ResourceParts } from './resources.js';
import type { State } from './state.js';

/** The checks of codes and keys, which signing in needs before there are any routes. */
export interface FactorParts {
  readonly box: SecretBox;
  readonly check: FactorCheck;
  readonly challenges: KeyChallenges;
  readonly party: RelyingParty;
  readonly keys: KeyCheck;
}

/** Connects the checks to the secret key, to the address of this server and to the counters that replicas share. */
export function composeFactorCheck(
  { clock, random, config }: Pick<ContainerOptions, 'clock' | 'random' | 'config'>,
  { db, rates }: Engines,
  { secretKey }: State,
): FactorParts {
  const box = createSecretBox({ secretKey, random });
  const party = relyingPartyOf(config.PUBLIC_URL);
  const challenges = createKeyChallenges({
    clock,
    random,
    secretKey,
    isSecure: config.SESSION_COOKIE_SECURE,
  });
  return {
    box,
    check: createFactorCheck({ db, clock, rates, box }),
    challenges,
    party,
    keys: createKeyCheck({ db, clock, challenges, party }),
  };
}

type FactorDeps = Parameters<typeof createFactors>[0];

/** Connects setting up and removing second factors to the sessions, the accounts and the mails. */
export function composeFactors(
  { options, engines, authentication, mailer, mail, state, factors, enter, observe }: ResourceParts,
  doors: Pick<FactorDeps, 'users' | 'endOtherSessions' | 'endSessions'>,
) {
  const { config, clock, random } = options;
  return createFactors({
    ...factors,
    ...doors,
    db: engines.db,
    clock,
    random,
    issuer: state.siteName,
    mailer,
    wakeMail: mail.wake,
    sessions: authentication.sessions,
    identities: authentication.identities,
    begunSignIn: authentication.begunSignIn,
    passwordRule: authentication.passwordRule,
    directory: authentication.directory,
    enter,
    observe,
    offersTotp: config.MFA_TOTP,
    offersKeys: config.MFA_WEBAUTHN,
  });
}

/** @returns whether people can set up a second factor */
export const canEnrol = ({ MFA_TOTP, MFA_WEBAUTHN }: ContainerOptions['config']): boolean =>
  MFA_TOTP || MFA_WEBAUTHN;

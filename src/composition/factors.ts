import { createFactorCheck, createFactors, type FactorCheck } from '../features/factors/index.js';
import { createSecretBox, type SecretBox } from '../platform/otp/secret-box.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';
import type { ResourceParts } from './resources.js';
import type { State } from './state.js';

/** The check of codes, which signing in needs before there are any routes. */
export interface FactorParts {
  readonly box: SecretBox;
  readonly check: FactorCheck;
}

/** Connects the check of codes to the secret key and to the counters that replicas share. */
export function composeFactorCheck(
  { clock, random }: Pick<ContainerOptions, 'clock' | 'random'>,
  { db, rates }: Engines,
  { secretKey }: State,
): FactorParts {
  const box = createSecretBox({ secretKey, random });
  return { box, check: createFactorCheck({ db, clock, rates, box }) };
}

type FactorDeps = Parameters<typeof createFactors>[0];

/** Connects setting up and removing second factors to the sessions, the accounts and the mails. */
export const composeFactors = (
  { options, engines, authentication, mailer, mail, state, factors }: ResourceParts,
  doors: Pick<FactorDeps, 'users' | 'endOtherSessions' | 'endSessions'>,
) =>
  createFactors({
    ...factors,
    ...doors,
    db: engines.db,
    clock: options.clock,
    random: options.random,
    issuer: state.siteName,
    mailer,
    wakeMail: mail.wake,
    sessions: authentication.sessions,
    identities: authentication.identities,
    offersTotp: options.config.MFA_TOTP,
  });

import type { KeyChallenges } from '../../authentication/key-challenge.js';
import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import type { Account } from '../../kernel/account.js';
import { dateOf } from '../../kernel/clock.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { found } from '../../platform/http/objects.js';
import {
  ALGORITHMS,
  challengeIn,
  type NewKey,
  type RelyingParty,
  readRegistration,
} from '../../platform/webauthn/ceremony.js';
import type { CreationOptions, RegistrationResponse } from '../../platform/webauthn/schemas.js';
import { lockBinding } from '../users/index.js';
import { createFactorChanges } from './changes.js';
import { describeKeys, useUp, WAIT } from './key-check.js';
import { deleteKey, handleOf, insertKey, listDescriptors, renameKey } from './key-repository.js';
import { endCodesOfNothing, findFactors, hasAnyFactor, type SecurityKey } from './repository.js';
import { type FactorServiceDeps, NO_FACTOR } from './service.js';

export interface KeyServiceDeps
  extends Pick<
    FactorServiceDeps,
    'db' | 'clock' | 'random' | 'issuer' | 'endOtherSessions' | 'mailer' | 'wakeMail'
  > {
  readonly challenges: KeyChallenges;
  readonly party: RelyingParty;
}

/** A key that was added, with recovery codes if it is the first factor of its account. */
export interface AddedKey {
  readonly key: SecurityKey;
  readonly codes: readonly string[];
}

const MAXIMUM_KEYS = 20;
const HANDLE_BYTES = 32;
/** How browsers reach authenticators (WebAuthn level 3, 5.8.4). */
const TRANSPORTS: ReadonlySet<string> = new Set(['ble', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

/** A key without a memory, or without a PIN, is a good second factor too; alone it does not sign in. */
const WANTED: Pick<
  CreationOptions,
  'pubKeyCredParams' | 'timeout' | 'authenticatorSelection' | 'attestation'
> = {
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
  timeout: WAIT,
  authenticatorSelection: {
    residentKey: 'preferred',
    requireResidentKey: false,
    userVerification: 'preferred',
  },
  attestation: 'none',
};

export const STALE = 'This took too long, or began in another browser. Try it again.';
const NOT_READABLE = 'The key could not be added: its answer is not for this site, or it is damaged.';
const KNOWN = 'This key was added to an account already.';
const HAS_APP = 'Send a code of your authenticator app, or a recovery code.';
const TOO_MANY = `An account can have ${MAXIMUM_KEYS} keys. Remove one first.`;

/** Adding, renaming and removing passkeys and security keys. */
export function createKeyService(deps: KeyServiceDeps) {
  const { db, clock, random, challenges, party, mailer } = deps;
  const { endOthers, giveCodes } = createFactorChanges(deps);

  /** @returns what a browser needs to make a key. @throws NotFound if the account has been deleted */
  const begin = async (exchange: Exchange, account: Account): Promise<CreationOptions> => {
    const { id, username, firstName, lastName } = account;
    const [handle, keys] = await db.transaction(async (tx) => {
      found(await lockBinding(tx, id), 'User');
      return [await handleOf(tx, id, random.bytes(HANDLE_BYTES)), await listDescriptors(tx, id)] as const;
    });
    return {
      rp: { id: party.id, name: deps.issuer() },
      user: {
        id: handle.toString('base64url'),
        name: username,
        displayName: `${firstName} ${lastName}`.trim() || username,
      },
      challenge: challenges.issue(exchange, { kind: 'enrolment', userId: id }),
      excludeCredentials: describeKeys(keys),
      ...WANTED,
    };
  };

  /**
   * Adds the key that a browser made.
   *
   * @throws ValidationError for an answer that does not count, a key that is known, or too many keys; NotAuthenticated
   *   if the session has ended; NotFound if the account has been deleted
   */
  const add = async (
    exchange: Exchange,
    account: Account,
    { name, credential }: { readonly name: string; readonly credential: RegistrationResponse },
    current: OpenSession,
  ): Promise<AddedKey> => {
    const challenge = challengeIn(credential.response.clientDataJSON);
    const purpose = { kind: 'enrolment', userId: account.id } as const;
    if (challenge === undefined || !challenges.accepts(exchange, challenge, purpose))
      throw new ValidationError({ credential: [STALE] });
    const made = await readRegistration(party, credential, challenge);
    if (made === undefined) throw new ValidationError({ credential: [NOT_READABLE] });
    const added = await db.transaction(async (tx) => {
      found(await lockBinding(tx, account.id), 'User');
      if (!(await useUp(tx, clock, challenge))) throw new ValidationError({ credential: [STALE] });
      if ((await listDescriptors(tx, account.id)).length >= MAXIMUM_KEYS)
        throw new ValidationError([TOO_MANY]);
      const isFirst = !(await hasAnyFactor(tx, account.id));
      const key = await insertKey(tx, rowOf(account, name, credential, made), dateOf(clock));
      if (key === undefined) throw new ValidationError({ credential: [KNOWN] });
      await endOthers(tx, account.id, current);
      await mailer.keyAdded(tx, account);
      return { key, codes: isFirst ? await giveCodes(tx, account.id) : [] };
    });
    deps.wakeMail();
    return added;
  };

  /** @throws NotFound if the account has no such key */
  const rename = async ({ id: userId }: Account, id: number, name: string): Promise<SecurityKey> =>
    found(await renameKey(db, { userId, id }, name), 'Key');

  /**
   * Removes a key; recovery codes end with the last factor.
   *
   * @throws NotFound if the account has no such key; NotAuthenticated if the session has ended
   */
  const remove = async (account: Account, id: number, current: OpenSession): Promise<void> => {
    await db.transaction(async (tx) => {
      found(await lockBinding(tx, account.id), 'User');
      found((await deleteKey(tx, account.id, id)) || undefined, 'Key');
      const wasLast = await endCodesOfNothing(tx, account.id);
      await endOthers(tx, account.id, current);
      await (wasLast ? mailer.factorRemoved : mailer.oneFactorRemoved)(tx, account);
    });
    deps.wakeMail();
  };

  /**
   * Replaces the recovery codes of an account that has keys alone, and so no code to send.
   *
   * @returns the new ones, which are shown once
   * @throws ValidationError if it has an app, or no second factor
   */
  const renewCodes = async (account: Account): Promise<readonly string[]> => {
    const codes = await db.transaction(async (tx) => {
      found(await lockBinding(tx, account.id), 'User');
      const { totpSince, keys } = await findFactors(tx, account.id);
      if (totpSince !== null) throw new ValidationError([HAS_APP]);
      if (keys.length === 0) throw new ValidationError(NO_FACTOR);
      await mailer.recoveryCodesReplaced(tx, account);
      return giveCodes(tx, account.id);
    });
    deps.wakeMail();
    return codes;
  };

  return { begin, add, rename, remove, renewCodes };
}

export type KeyService = ReturnType<typeof createKeyService>;

const rowOf = (
  { id: userId }: Account,
  name: string,
  { response: { transports = [] } }: RegistrationResponse,
  made: NewKey,
) => ({ ...made, userId, name, transports: [...new Set(transports)].filter((word) => TRANSPORTS.has(word)) });

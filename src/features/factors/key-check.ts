import {
  CHALLENGE_AGE,
  challengeHash,
  type KeyChallenges,
  type KeyPurpose,
} from '../../authentication/key-challenge.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { challengeIn, checkAssertion, type RelyingParty } from '../../platform/webauthn/ceremony.js';
import type { AssertionResponse, RequestOptions } from '../../platform/webauthn/schemas.js';
import { lockBinding } from '../users/index.js';
import {
  findKey,
  type KeyDescriptor,
  listDescriptors,
  noteKeyUse,
  spendChallenge,
} from './key-repository.js';

export interface KeyCheckDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly challenges: KeyChallenges;
  readonly party: RelyingParty;
}

/** Why a key is refused. */
export type KeyRefusal =
  /** The challenge is not of this browser, not for this purpose, too old, or was used before. */
  | 'stale'
  /** No account has the key, another one has it, or its answer is wrong. */
  | 'wrong'
  /** Its counter went back. */
  | 'copied';

export type KeyOutcome =
  | { readonly kind: 'right'; readonly userId: number }
  /** The account is known if the answer was of a key of it. */
  | { readonly kind: KeyRefusal; readonly userId: number | null };

/** How long browsers wait for a person, in milliseconds. */
export const WAIT = CHALLENGE_AGE;

/** @returns keys as browsers look for them */
export const describeKeys = (keys: readonly KeyDescriptor[]): RequestOptions['allowCredentials'] =>
  keys.map(({ credentialId, transports }) => ({
    id: credentialId.toString('base64url'),
    type: 'public-key' as const,
    transports,
  }));

/** Uses a challenge up. @returns false if it was used before */
export const useUp = (tx: Queryable, clock: Clock, challenge: string): Promise<boolean> =>
  spendChallenge(tx, challengeHash(challenge), {
    now: dateOf(clock),
    since: new Date(clock.now() - 2 * CHALLENGE_AGE),
  });

/** Checks what passkeys and security keys answer. Each challenge counts once, on all replicas. */
export function createKeyCheck({ db, clock, challenges, party }: KeyCheckDeps) {
  /** @returns what a browser needs to ask for a key: of the account, or of anyone for a sign-in without a password */
  const requestOptions = async (exchange: Exchange, purpose: KeyPurpose): Promise<RequestOptions> => ({
    rpId: party.id,
    challenge: challenges.issue(exchange, purpose),
    timeout: WAIT,
    allowCredentials: purpose.userId === null ? [] : describeKeys(await listDescriptors(db, purpose.userId)),
    userVerification: purpose.kind === 'sign-in' ? 'required' : 'preferred',
  });

  /** Checks the answer of a key, and uses its challenge up. */
  const verify = async (
    exchange: Exchange,
    response: AssertionResponse,
    purpose: KeyPurpose,
  ): Promise<KeyOutcome> => {
    const challenge = challengeIn(response.response.clientDataJSON);
    if (challenge === undefined) return { kind: 'wrong', userId: purpose.userId };
    if (!challenges.accepts(exchange, challenge, purpose)) return { kind: 'stale', userId: purpose.userId };
    const key = await findKey(db, Buffer.from(response.id, 'base64url'));
    const { userHandle } = response.response;
    const isOurs =
      key !== undefined &&
      (purpose.userId === null ? userHandle != null : key.userId === purpose.userId) &&
      (userHandle == null || key.handle.equals(Buffer.from(userHandle, 'base64url')));
    if (!isOurs) return { kind: 'wrong', userId: purpose.userId };
    const { userId } = key;
    const needsVerification = purpose.kind === 'sign-in';
    const assertion = await checkAssertion(party, response, { challenge, key, needsVerification });
    if (assertion === undefined) return { kind: 'wrong', userId };
    const kind = await db.transaction(async (tx) => {
      await lockBinding(tx, userId);
      // It may have been removed while its answer was checked.
      if ((await findKey(tx, key.credentialId))?.id !== key.id) return 'wrong';
      if (!(await useUp(tx, clock, challenge))) return 'stale';
      return (await noteKeyUse(tx, { id: key.id, ...assertion }, dateOf(clock))) ? 'right' : 'copied';
    });
    return { kind, userId };
  };

  return { requestOptions, verify };
}

export type KeyCheck = ReturnType<typeof createKeyCheck>;

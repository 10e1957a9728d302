import { createHash } from 'node:crypto';
import type { Caller, OrganizationSelector } from '../kernel/account.js';
import type { Client } from '../kernel/client.js';
import { type Clock, dateOf, SECOND } from '../kernel/clock.js';
import { AuthenticationFailed } from '../kernel/errors.js';
import { millisecondsOf, type Timestamp } from '../kernel/timestamp.js';
import { type IdentityStore, isOpen } from './identity.js';
import type { PasswordService } from './passwords/service.js';
import { createSideWrites, type Write } from './side-writes.js';
import { equalInConstantTime } from './signing.js';

const SHA512_PREFIX = 'sha512$$';

/** @returns the stored form of a key: SHA-512 of the entire key (djangorestframework-api-key 3.1) */
export const hashAccessToken = (key: string): string =>
  SHA512_PREFIX + createHash('sha512').update(key).digest('hex');

/** The stored data of the token that a request presents. */
type PresentedToken = NonNullable<Awaited<ReturnType<IdentityStore['byAccessTokenPrefix']>>>['token'];

export interface TokenUse {
  readonly tokenId: number;
  /** Last use, as read from the database. */
  readonly previous: Timestamp | null;
  readonly now: Date;
  readonly address: string;
}

export interface AccessTokenDeps {
  readonly identities: Pick<IdentityStore, 'byAccessTokenPrefix'>;
  readonly passwords: Pick<PasswordService, 'verify'>;
  readonly clock: Clock;
  /** A token is stale after this many seconds without use. */
  readonly stalePeriodSeconds: number;
  /** Seconds between two updates of the last use. */
  readonly lastUseIntervalSeconds: number;
  /** Records a use, unless another replica has done so since `previous`. */
  readonly recordUse: (use: TokenUse) => Promise<unknown>;
  /** Replaces a legacy hash with the current form. */
  readonly upgradeHash: (tokenId: number, from: string, to: string) => Promise<unknown>;
  /** Writes run in parallel with the request; their failures are only logged. */
  readonly onWriteError: (error: unknown) => void;
}

/** Checks personal access tokens: `<8 alphanumerics>.<32 alphanumerics>`. */
export function createAccessTokenCheck(deps: AccessTokenDeps) {
  const { clock, identities, passwords } = deps;
  const besideRequest = createSideWrites(deps.onWriteError);

  /** @param client origin of the request, which is shown to the owner */
  return async (key: string, selector: OrganizationSelector, client: Client): Promise<Caller> => {
    const dot = key.indexOf('.');
    const now = dateOf(clock);
    const notUsedSince = new Date(now.getTime() - deps.stalePeriodSeconds * SECOND);
    const found =
      dot < 0
        ? undefined
        : await identities.byAccessTokenPrefix(key.slice(0, dot), selector, { now, notUsedSince });
    if (found === undefined || !(await matches(key, found.token, client, passwords))) {
      throw new AuthenticationFailed('Invalid token.');
    }
    if (!isOpen(found)) throw new AuthenticationFailed('User inactive or deleted.');
    const { id, readOnly, boundTo } = found.token;
    const writes = writesOf(key, found.token, { now, address: client.address }, deps);
    return {
      account: found.account,
      organization: found.organization,
      hasFactor: found.hasFactor,
      // Its owner made it for a program, which can't set up a factor.
      mustEnrol: false,
      credential: { kind: 'access-token', id, readOnly, boundTo, useNoted: besideRequest(id, writes) },
    };
  };
}

async function matches(
  key: string,
  { id, hashedKey: stored }: PresentedToken,
  client: Client,
  passwords: AccessTokenDeps['passwords'],
): Promise<boolean> {
  if (stored.startsWith(SHA512_PREFIX)) return equalInConstantTime(stored, hashAccessToken(key));
  const { valid } = await passwords.verify(key, stored, { account: `token:${id}`, client });
  return valid;
}

/** @returns the writes that a valid key causes; most requests cause none */
function writesOf(
  key: string,
  token: PresentedToken,
  { now, address }: Pick<TokenUse, 'now' | 'address'>,
  deps: AccessTokenDeps,
): readonly Write[] {
  const { id, hashedKey, lastUsedAt: previous } = token;
  const age = previous === null ? Number.POSITIVE_INFINITY : now.getTime() - millisecondsOf(previous);
  const isDue = age >= deps.lastUseIntervalSeconds * SECOND;
  const isLegacy = !hashedKey.startsWith(SHA512_PREFIX);
  return [
    ...(isLegacy ? [() => deps.upgradeHash(id, hashedKey, hashAccessToken(key))] : []),
    ...(isDue ? [() => deps.recordUse({ tokenId: id, previous, now, address })] : []),
  ];
}

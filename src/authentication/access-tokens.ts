import { createHash } from 'node:crypto';
import type { Caller, OrganizationSelector } from '../kernel/account.js';
import type { Client } from '../kernel/client.js';
import { type Clock, dateOf, SECOND } from '../kernel/clock.js';
import { AuthenticationFailed } from '../kernel/errors.js';
import { millisecondsOf, type Timestamp } from '../kernel/timestamp.js';
import { type IdentityStore, isOpen } from './identity.js';
import type { PasswordService } from './passwords/service.js';
import { equalInConstantTime } from './signing.js';

const SHA512_PREFIX = 'sha512$$';

/** @returns the stored form of a key: SHA-512 over the whole of it (djangorestframework-api-key 3.1) */
export const hashAccessToken = (key: string): string =>
  SHA512_PREFIX + createHash('sha512').update(key).digest('hex');

export interface TokenUse {
  readonly tokenId: number;
  /** Last use as it was read. */
  readonly previous: Timestamp | null;
  readonly now: Date;
  readonly address: string;
}

export interface AccessTokenDeps {
  readonly identities: Pick<IdentityStore, 'byAccessTokenPrefix'>;
  readonly passwords: Pick<PasswordService, 'verify'>;
  readonly clock: Clock;
  /** Seconds without use after which a token is stale. */
  readonly stalePeriodSeconds: number;
  /** Seconds between two updates of the last use. */
  readonly lastUseIntervalSeconds: number;
  /** Notes a use, unless another replica did since `previous`. */
  readonly recordUse: (use: TokenUse) => Promise<unknown>;
  /** Replaces a legacy hash by the current form. */
  readonly upgradeHash: (tokenId: number, from: string, to: string) => Promise<unknown>;
  /** Both writes happen beside the request; their failures are only logged. */
  readonly onWriteError: (error: unknown) => void;
}

/** Checks personal access tokens: `<8 alphanumerics>.<32 alphanumerics>`. */
export function createAccessTokenCheck(deps: AccessTokenDeps) {
  const { clock, identities, passwords } = deps;
  /** Tokens of which a write is under way. However many requests a token makes, it takes one connection for that. */
  const writing = new Set<number>();

  /** @param client where the request came from, for the owner to see */
  return async (key: string, selector: OrganizationSelector, client: Client): Promise<Caller> => {
    const dot = key.indexOf('.');
    const now = dateOf(clock);
    const notUsedSince = new Date(now.getTime() - deps.stalePeriodSeconds * SECOND);
    const found =
      dot < 0
        ? undefined
        : await identities.byAccessTokenPrefix(key.slice(0, dot), selector, { now, notUsedSince });
    if (found === undefined || !(await matches(key, found.token, client))) {
      throw new AuthenticationFailed('Invalid token.');
    }
    if (!isOpen(found)) throw new AuthenticationFailed('User inactive or deleted.');
    noteUse(found.token.id, found.token.lastUsedAt, now, client.address);
    const { id, readOnly, boundTo } = found.token;
    return {
      account: found.account,
      organization: found.organization,
      credential: { kind: 'access-token', id, readOnly, boundTo },
    };
  };

  async function matches(
    key: string,
    { id, hashedKey: stored }: { readonly id: number; readonly hashedKey: string },
    client: Client,
  ): Promise<boolean> {
    if (stored.startsWith(SHA512_PREFIX)) return equalInConstantTime(stored, hashAccessToken(key));
    const { valid } = await passwords.verify(key, stored, { account: `token:${id}`, client });
    if (valid) besideRequest(id, () => deps.upgradeHash(id, stored, hashAccessToken(key)));
    return valid;
  }

  function noteUse(id: number, previous: Timestamp | null, now: Date, address: string): void {
    const age = previous === null ? Number.POSITIVE_INFINITY : now.getTime() - millisecondsOf(previous);
    if (age >= deps.lastUseIntervalSeconds * SECOND)
      besideRequest(id, () => deps.recordUse({ tokenId: id, previous, now, address }));
  }

  function besideRequest(id: number, write: () => Promise<unknown>): void {
    if (writing.has(id)) return;
    writing.add(id);
    void write()
      .catch(deps.onWriteError)
      .finally(() => writing.delete(id));
  }
}

import { createHash } from 'node:crypto';
import { ServiceUnavailable } from '../../kernel/errors.js';
import { storedName } from '../../platform/config/auth-config.js';
import type { Database } from '../../platform/db/pool.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { ProviderUnreachable } from '../../platform/oidc/unreachable.js';
import type { RateStore } from '../../platform/throttle/rate-store.js';
import { removeApiToken } from '../users/index.js';
import { SIGN_ON_PROBLEMS } from './problems.js';
import { findLinked } from './repository.js';

export interface ProviderLogoutDeps {
  readonly db: Database;
  readonly rates: RateStore;
  /** Ends all sessions of an account, on all replicas. */
  readonly endSessions: (userId: number) => Promise<void>;
  /** Logs and counts a provider that can't be used. */
  readonly onUnreachable: (provider: string, error: ProviderUnreachable) => void;
}

/** The account whose sessions ended; null if nobody here is the person. */
export type LogoutOutcome =
  | { readonly kind: 'ended'; readonly userId: number | null }
  | { readonly kind: 'refused' };

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** A notice is accepted for two minutes, and counts once in this time. */
const ONCE = { limit: 1, periodSeconds: 600 };

/** A person signed out at their provider, which tells this server. */
export function createProviderLogout(deps: ProviderLogoutDeps) {
  /** @throws ServiceUnavailable if the keys of the provider can't be read */
  const end = async (provider: IdentityProvider, token: string): Promise<LogoutOutcome> => {
    const notice = JWT.test(token) ? await read(provider, token) : undefined;
    if (notice === undefined) return { kind: 'refused' };
    const { settings } = provider;
    const key = createHash('sha256').update(`${settings.id} ${notice.tokenId}`).digest('base64url');
    if (!(await deps.rates.take(`logout:${key}`, ONCE)).allowed) return { kind: 'refused' };
    const linked = await findLinked(deps.db, storedName(settings), notice.subject);
    if (linked === undefined) return { kind: 'ended', userId: null };
    await deps.endSessions(linked.userId);
    await removeApiToken(deps.db, linked.userId);
    return { kind: 'ended', userId: linked.userId };
  };

  const read = async (provider: IdentityProvider, token: string) => {
    try {
      return await provider.readLogoutToken(token);
    } catch (error) {
      if (!(error instanceof ProviderUnreachable)) throw error;
      deps.onUnreachable(provider.settings.id, error);
      throw new ServiceUnavailable('provider_unreachable', SIGN_ON_PROBLEMS.unreachable, { cause: error });
    }
  };

  return { end };
}

export type ProviderLogout = ReturnType<typeof createProviderLogout>;

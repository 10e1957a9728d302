import { type Clock, SECOND } from '../../kernel/clock.js';
import { isLoopback, type ProviderSettings } from '../config/auth-config.js';
import { createGuardedFetch } from './guarded-fetch.js';
import { createOAuthProvider } from './oauth-provider.js';
import { createOpenIdProvider } from './openid-provider.js';
import type { IdentityProvider } from './provider.js';

/** A sign-in makes up to four exchanges with its provider. */
const TIMEOUT = 5 * SECOND;

export interface ProvidersDeps {
  readonly clock: Clock;
  /** `SSO_PRIVATE_NETWORKS`. */
  readonly networks: readonly string[];
}

/** @returns the provider that settings describe; it is not contacted yet */
export function createProvider(
  settings: ProviderSettings,
  { clock, networks }: ProvidersDeps,
): IdentityProvider {
  const fetch = createGuardedFetch({
    networks,
    allowsLoopback: isLoopback(new URL(addressOf(settings))),
    timeoutMs: TIMEOUT,
  });
  return settings.kind === 'openid'
    ? createOpenIdProvider(settings, { fetch, clock })
    : createOAuthProvider(settings, fetch);
}

/** @returns the address at which a provider is configured */
function addressOf(settings: ProviderSettings): string {
  switch (settings.kind) {
    case 'openid':
      return settings.issuer;
    case 'github':
      return settings.serverUrl;
    case 'cognito':
      return settings.domain;
  }
}

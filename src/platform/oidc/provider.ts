import type { ProviderSettings } from '../config/auth-config.js';

/** A person, as their identity provider describes them. */
export interface Profile {
  /** Identifies them at the provider for good. */
  readonly subject: string;
  readonly username: string | null;
  readonly email: string | null;
  /** Whether the provider says that the address is theirs. */
  readonly isEmailVerified: boolean;
  /** Whether the provider may speak for the domain of the address: it is its own, or configured. */
  readonly vouchesForEmail: boolean;
  readonly firstName: string;
  readonly lastName: string;
  /** Null if the provider sent none, which counts as none. */
  readonly groups: readonly string[] | null;
}

/** The values that bind an answer of the provider to a request of this server. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly verifier: string;
}

export type ProviderAnswer =
  | {
      readonly kind: 'profile';
      readonly profile: Profile;
      /** When the provider had asked for a second factor, in milliseconds; null if it is not trusted to say so. */
      readonly factorAt: number | null;
    }
  /** The reason is for the log. */
  | { readonly kind: 'refused'; readonly reason: string };

/** An identity provider, whatever it speaks. Every function throws `ProviderUnreachable` if it can't be used now. */
export interface IdentityProvider {
  readonly settings: ProviderSettings;
  /** @returns the address at the provider where a person signs in */
  readonly begin: (redirectUri: string, checks: Checks) => Promise<string>;
  /** @param callback the address to which the provider led the browser, with its query */
  readonly finish: (callback: URL, checks: Checks) => Promise<ProviderAnswer>;
  /** @returns where a person can sign out at the provider; undefined if it has no such page (RP-Initiated Logout 1.0) */
  readonly logoutUrl: (returnTo: string) => Promise<string | undefined>;
  /** @returns whether it is known to have such a page. Asks nobody, but begins to find out for the next time. */
  readonly hasLogoutPage: () => boolean;
  /** @returns what a valid logout token says; undefined for any other (Back-Channel Logout 1.0, 2.6) */
  readonly readLogoutToken: (token: string) => Promise<LogoutNotice | undefined>;
  /** Reaches the provider without a person, for `config check --connect`. */
  readonly probe: () => Promise<void>;
}

export interface LogoutNotice {
  readonly subject: string;
  /** Each notice counts once. */
  readonly tokenId: string;
}

/** How long a person has to sign in at the provider. */
export const ATTEMPT_MINUTES = 10;

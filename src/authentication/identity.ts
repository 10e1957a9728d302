import type { Account, OrganizationContext, OrganizationSelector } from '../kernel/account.js';
import type { Timestamp } from '../kernel/timestamp.js';

/**
 * Data of an account and of the organization the request asks for, read by one SQL statement. The password column
 * stays in this ring: sessions and remembered credentials are bound to it.
 */
export interface Identity {
  readonly account: Account;
  readonly organization: OrganizationContext | null;
  /** The password column: a Django hash string. */
  readonly password: string;
  /**
   * Stored when a hash was upgraded silently: the hash that sessions were bound to before, valid while `current` is.
   * Also stored when sessions were ended: `root` is then new, and `kept` names the session that goes on, if there is one.
   */
  readonly lineage: { readonly current: string; readonly root: string; readonly kept: string | null } | null;
  /** Whether any address of the account is verified (allauth `has_verified_email`). */
  readonly hasVerifiedEmail: boolean;
  /**
   * Registration gave the account to the person who typed its address, and no mail has proven yet that the address is
   * theirs.
   */
  readonly awaitsProof: boolean;
  /** The account has a second factor, which every way in has to ask for. */
  readonly hasFactor: boolean;
  /** The account has to have a second factor, and has none. */
  readonly lacksFactor: boolean;
}

/** @returns whether anyone can sign in to an account at all, with any credentials */
export const isOpen = ({ account, awaitsProof }: Pick<Identity, 'account' | 'awaitsProof'>): boolean =>
  account.isActive && !awaitsProof;

/** An access token found by its prefix; usable means not revoked, expired or stale. */
export interface AccessTokenIdentity extends Identity {
  readonly token: {
    readonly id: number;
    readonly hashedKey: string;
    readonly readOnly: boolean;
    readonly lastUsedAt: Timestamp | null;
    /** Null for a token that is not bound to an organization; its id is null if that organization is gone. */
    readonly boundTo: { readonly organizationId: number | null } | null;
  };
}

/** Looks up callers; each function costs one SQL query. */
export interface IdentityStore {
  readonly byId: (id: number, selector: OrganizationSelector) => Promise<Identity | undefined>;
  readonly byToken: (
    key: string,
    selector: OrganizationSelector,
  ) => Promise<(Identity & { readonly key: string }) | undefined>;
  /** @param notUsedSince tokens are usable if they were used or created at or after this time */
  readonly byAccessTokenPrefix: (
    prefix: string,
    selector: OrganizationSelector,
    times: { readonly now: Date; readonly notUsedSince: Date },
  ) => Promise<AccessTokenIdentity | undefined>;
}

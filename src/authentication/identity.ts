import type { Account, OrganizationContext, OrganizationSelector } from '../kernel/account.js';
import type { Timestamp } from '../kernel/timestamp.js';

/**
 * What one SQL statement tells of an account and of the organization the request asks for. The password column stays
 * in this ring: sessions and remembered credentials are bound to it.
 */
export interface Identity {
  readonly account: Account;
  readonly organization: OrganizationContext | null;
  /** The password column: a Django hash string. */
  readonly password: string;
  /** Kept when a hash was upgraded silently: what sessions were bound to before, valid while `current` is. */
  readonly lineage: { readonly current: string; readonly root: string } | null;
  /** Whether any address of the account is verified (allauth `has_verified_email`). */
  readonly hasVerifiedEmail: boolean;
  /** The account was given to whoever typed its address, and no mail has proven yet that it is theirs. */
  readonly awaitsProof: boolean;
}

/** @returns whether an account lets anybody in at all, whatever they bring */
export const isOpen = ({ account, awaitsProof }: Pick<Identity, 'account' | 'awaitsProof'>): boolean =>
  account.isActive && !awaitsProof;

/** An access token as its prefix finds it; usable means neither revoked, expired nor stale. */
export interface AccessTokenIdentity extends Identity {
  readonly token: {
    readonly id: number;
    readonly hashedKey: string;
    readonly readOnly: boolean;
    readonly lastUsedAt: Timestamp | null;
    /** Null for a token that is bound to no organization; its id is null when that organization is gone. */
    readonly boundTo: { readonly organizationId: number | null } | null;
  };
}

/** Looks up callers; each function is one SQL round trip. */
export interface IdentityStore {
  readonly byId: (id: number, selector: OrganizationSelector) => Promise<Identity | undefined>;
  readonly byToken: (
    key: string,
    selector: OrganizationSelector,
  ) => Promise<(Identity & { readonly key: string }) | undefined>;
  /** @param notUsedSince usable tokens were used or made at or after it */
  readonly byAccessTokenPrefix: (
    prefix: string,
    selector: OrganizationSelector,
    times: { readonly now: Date; readonly notUsedSince: Date },
  ) => Promise<AccessTokenIdentity | undefined>;
}

import type { LoginMethod } from '../../authentication/login-method.js';

/** An identity provider, where people can sign in besides. */
export interface PageProvider {
  readonly id: string;
  readonly name: string;
  /** A path of SVG on 24 by 24 units, which is drawn as a line. */
  readonly icon: string;
  /** Leads to it. */
  readonly path: string;
  /** Leads to the page where people sign out there. */
  readonly logoutPath: string;
  readonly hasLogoutPage: () => boolean;
  /** One of those among which an address chooses. */
  readonly isChosen: boolean;
}

/** What the pages tell people about this server. */
export interface PageSettings {
  readonly siteName: () => string;
  /** `UI_URL`. */
  readonly uiUrl: string | undefined;
  readonly publicUrl: string;
  readonly loginMethod: LoginMethod;
  /** Accounts come from a directory, which keeps their passwords. */
  readonly usesDirectory: boolean;
  readonly providers: readonly PageProvider[];
  /** People choose among several providers by the domain of their address. */
  readonly choosesByEmail: boolean;
  /** False if nobody gets a new account by a provider. */
  readonly providersRegister: boolean;
  /** False if only a superuser may use a password, in an emergency. */
  readonly allowsPasswords: boolean;
  readonly registration: 'open' | 'invite' | 'approval' | 'closed';
  /** Domains whose addresses can register; empty for any. */
  readonly domains: readonly string[];
  readonly needsEmail: boolean;
  readonly minimumUsername: number;
  readonly minimumPassword: number;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE`. */
  readonly logsOutOnPasswordChange: boolean;
  /** `MFA_TOTP`: without it nobody sets up an authenticator app, or removes their own. */
  readonly offersTotp: boolean;
  /** `MFA_WEBAUTHN`: without it nobody adds passkeys and security keys, or signs in with one alone. */
  readonly offersKeys: boolean;
}

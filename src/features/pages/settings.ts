import type { LoginMethod } from '../../authentication/login-method.js';

/** What the pages tell people about this server. */
export interface PageSettings {
  readonly siteName: () => string;
  /** `UI_URL`. */
  readonly uiUrl: string | undefined;
  readonly publicUrl: string;
  readonly loginMethod: LoginMethod;
  /** Accounts come from a directory, which keeps their passwords. */
  readonly usesDirectory: boolean;
  /** Where people can sign in besides: the name, and the path that leads there. */
  readonly providers: readonly { readonly id: string; readonly name: string; readonly path: string }[];
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
}

/** What signing in with a password has to know of second factors. */

/** The password is right, and the account has a second factor: without a right code nobody gets in. */
export class SecondFactorNeeded extends Error {
  readonly userId: number;
  readonly reason: 'missing' | 'wrong';

  constructor(userId: number, reason: 'missing' | 'wrong') {
    super(`The code of account ${userId} is ${reason}.`);
    this.name = 'SecondFactorNeeded';
    this.userId = userId;
    this.reason = reason;
  }
}

/** Six digits of an authenticator app, or a recovery code, at the end of what was typed. */
const TRAILING_CODE = /^(.+?) ?(\d{6}|[0-9a-z]{5}(?:-[0-9a-z]{5}){2})$/is;

/** What was typed, as a password with or without a code behind it. */
export interface Typed {
  readonly password: string;
  readonly code: string | undefined;
}

/**
 * Clients that know only a name and a password have one field for password and code. That is for accounts with a second
 * factor only. A password may end in six digits itself, so there can be two ways to read it.
 */
export function readingsOf(typed: string): readonly [Typed, ...Typed[]] {
  const [, password, code] = TRAILING_CODE.exec(typed) ?? [];
  const alone = { password: typed, code: undefined };
  return password === undefined ? [alone] : [{ password, code }, alone];
}

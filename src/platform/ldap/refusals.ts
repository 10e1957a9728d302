/**
 * Result codes (RFC 4511, A.2) with which directories say no to one person's password, whatever the reason: 19 and 53
 * are what 389 Directory Server gives for locked and inactive accounts, 48 what OpenLDAP gives for an entry without
 * password. Anything else says that nobody can be checked.
 */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [19, 'the directory has locked the account after too many failures'],
  [32, 'there is no such entry'],
  [34, 'the name makes no distinguished name'],
  [48, 'the entry has no password'],
  [49, 'the password is wrong'],
  [50, 'the entry may not sign in'],
  [53, 'the account is inactive, locked or expired'],
]);

/** Active Directory says more in the text of code 49: `..., data 52e, ...`. */
const ACTIVE_DIRECTORY: ReadonlyMap<string, string> = new Map([
  ['525', 'there is no such entry'],
  ['52e', 'the password is wrong'],
  ['530', 'signing in is not allowed at this time'],
  ['531', 'signing in is not allowed from this computer'],
  ['532', 'the password has expired'],
  ['533', 'the account is disabled'],
  ['701', 'the account has expired'],
  ['773', 'the password has to be changed first'],
  ['775', 'the account is locked'],
]);

/** @returns why a bind was refused; undefined when the answer is no statement about the person */
export function refusalOf(code: number, text: string): string | undefined {
  const [, detail = ''] = text.match(/AcceptSecurityContext error, data ([0-9a-f]+)/) ?? [];
  return ACTIVE_DIRECTORY.get(detail) ?? REFUSALS.get(code);
}

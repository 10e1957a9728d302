/**
 * Result codes (RFC 4511, A.2) with which directories refuse one person's password, for any reason: 389 Directory
 * Server uses 19 and 53 for locked and inactive accounts, OpenLDAP 48 for an entry without a password. Any other code
 * means that nobody can be authenticated.
 */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [19, 'the directory has locked the account after too many failures'],
  [32, 'there is no such entry'],
  [34, 'the name cannot be part of a distinguished name'],
  [48, 'the entry has no password'],
  [49, 'the password is wrong'],
  [50, 'the entry may not sign in'],
  [53, 'the account is inactive, locked or expired'],
]);

/** Active Directory explains code 49 in its text: `..., data 52e, ...`. */
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

/** @returns why a bind was refused; undefined if the answer does not concern the person */
export function refusalOf(code: number, text: string): string | undefined {
  const [, detail = ''] = text.match(/AcceptSecurityContext error, data ([0-9a-f]+)/) ?? [];
  return ACTIVE_DIRECTORY.get(detail) ?? REFUSALS.get(code);
}

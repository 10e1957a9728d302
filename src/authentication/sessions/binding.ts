import type { Identity } from '../identity.js';
import { equalInConstantTime, sessionAuthHash } from '../signing.js';

/**
 * The value that the sessions of an account are bound to: Django's session hash of the password column. After a silent
 * upgrade of the hash, it is the session hash from before the upgrade. A password change replaces it in both cases
 * (deviation 11).
 */
export function bindingOf(
  { password, lineage }: Pick<Identity, 'password' | 'lineage'>,
  secretKey: string,
): string {
  const current = sessionAuthHash(password, secretKey);
  return lineage !== null && equalInConstantTime(lineage.current, current) ? lineage.root : current;
}

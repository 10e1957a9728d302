import type { Identity } from '../identity.js';
import { equalInConstantTime, sessionAuthHash } from '../signing.js';

/**
 * What a session of an account is bound to: Django's session hash of the password column, or, when the hash was
 * upgraded silently, the one that sessions had before it. A password change gives a new one either way (deviation 11).
 */
export function bindingOf(
  { password, lineage }: Pick<Identity, 'password' | 'lineage'>,
  secretKey: string,
): string {
  const current = sessionAuthHash(password, secretKey);
  return lineage !== null && equalInConstantTime(lineage.current, current) ? lineage.root : current;
}

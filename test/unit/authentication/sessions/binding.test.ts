import { describe, expect, it } from 'vitest';
import { bindingOf, isBound, newLineage } from '../../../../src/authentication/sessions/binding.js';
import { sessionAuthHash } from '../../../../src/authentication/signing.js';
import { systemRandom } from '../../../../src/kernel/random.js';

const SECRET = 'a-secret-key-of-more-than-32-characters';
const [old, upgraded, changed] = ['pbkdf2_sha256$1$a$b', 'bcrypt_sha256$$2b$04$c', 'bcrypt_sha256$$2b$04$d'];
const hash = (password: string) => sessionAuthHash(password, SECRET);

const KEY = 'k'.repeat(32);
const deps = { random: systemRandom, secretKey: () => SECRET };

describe('a session that is kept when the others end', () => {
  const kept = { key: KEY, authHash: hash(old) };
  const lineage = newLineage(old, deps, KEY);

  it('goes on, and one with the same binding and another key does not', () => {
    expect(isBound(kept, { password: old, lineage }, SECRET)).toBe(true);
    expect(isBound({ ...kept, key: 'x'.repeat(32) }, { password: old, lineage }, SECRET)).toBe(false);
  });

  it('ends with the next root, also if its name stays behind', () => {
    const { current, root } = newLineage(old, deps);
    const left = { current, root, kept: lineage.kept };
    expect(isBound(kept, { password: old, lineage: left }, SECRET)).toBe(false);
  });

  it('ends when the password changes', () => {
    expect(isBound(kept, { password: changed, lineage }, SECRET)).toBe(false);
  });

  it('is not named by its key', () => {
    expect(JSON.stringify(lineage)).not.toContain(KEY);
  });
});

describe('what a session is bound to', () => {
  it('is Django’s session hash of the password column', () => {
    expect(bindingOf({ password: old, lineage: null }, SECRET)).toBe(hash(old));
  });

  it('stays what it was when the hash was upgraded silently', () => {
    const lineage = { current: hash(upgraded), root: hash(old), kept: null };
    expect(bindingOf({ password: upgraded, lineage }, SECRET)).toBe(hash(old));
  });

  it('is new when the password changed after an upgrade', () => {
    const lineage = { current: hash(upgraded), root: hash(old), kept: null };
    expect(bindingOf({ password: changed, lineage }, SECRET)).toBe(hash(changed));
  });

  it('is new under another secret key', () => {
    const lineage = { current: hash(upgraded), root: hash(old), kept: null };
    expect(bindingOf({ password: upgraded, lineage }, `${SECRET}x`)).not.toBe(hash(old));
  });
});

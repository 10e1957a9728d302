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

describe('a session that is shared with Django', () => {
  const sharedWith = (password: string, isOurs: boolean, authHash = hash(old)) => ({
    key: KEY,
    authHash,
    shared: { hash: hash(password), isOurs, firstSeenAt: null, hasOwnEnd: false },
  });

  it.each([true, false])('is bound to the password as Django binds it, ours or not (%s)', (isOurs) => {
    expect(isBound(sharedWith(old, isOurs), { password: old, lineage: null }, SECRET)).toBe(true);
    expect(isBound(sharedWith(old, isOurs), { password: changed, lineage: null }, SECRET)).toBe(false);
  });

  it('goes on if Django changed the password in it, although our own binding is older', () => {
    expect(isBound(sharedWith(changed, true), { password: changed, lineage: null }, SECRET)).toBe(true);
    const ofOld = newLineage(old, deps);
    expect(isBound(sharedWith(changed, true), { password: changed, lineage: ofOld }, SECRET)).toBe(true);
  });

  it('ends, if it is ours, when all others end, and goes on if it is kept', () => {
    const subject = { password: old, lineage: newLineage(old, deps, KEY) };
    expect(isBound(sharedWith(old, true), subject, SECRET)).toBe(true);
    expect(isBound({ ...sharedWith(old, true), key: 'x'.repeat(32) }, subject, SECRET)).toBe(false);
  });

  it('counts, if Django opened it, also after all others ended: those that did are not there any more', () => {
    const subject = { password: old, lineage: newLineage(old, deps) };
    expect(isBound(sharedWith(old, false), subject, SECRET)).toBe(true);
    expect(isBound(sharedWith(changed, false), subject, SECRET)).toBe(false);
  });

  it('outlives a silent upgrade of the hash here, while Django has not seen it', () => {
    const lineage = { current: hash(upgraded), root: hash(old), kept: null };
    for (const isOurs of [true, false])
      expect(isBound(sharedWith(old, isOurs), { password: upgraded, lineage }, SECRET)).toBe(true);
    expect(isBound(sharedWith(changed, true), { password: upgraded, lineage }, SECRET)).toBe(false);
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

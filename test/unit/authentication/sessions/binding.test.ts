import { describe, expect, it } from 'vitest';
import { bindingOf } from '../../../../src/authentication/sessions/binding.js';
import { sessionAuthHash } from '../../../../src/authentication/signing.js';

const SECRET = 'a-secret-key-of-more-than-32-characters';
const [old, upgraded, changed] = ['pbkdf2_sha256$1$a$b', 'bcrypt_sha256$$2b$04$c', 'bcrypt_sha256$$2b$04$d'];
const hash = (password: string) => sessionAuthHash(password, SECRET);

describe('what a session is bound to', () => {
  it('is Django’s session hash of the password column', () => {
    expect(bindingOf({ password: old, lineage: null }, SECRET)).toBe(hash(old));
  });

  it('stays what it was when the hash was upgraded silently', () => {
    const lineage = { current: hash(upgraded), root: hash(old) };
    expect(bindingOf({ password: upgraded, lineage }, SECRET)).toBe(hash(old));
  });

  it('is new when the password changed after an upgrade', () => {
    const lineage = { current: hash(upgraded), root: hash(old) };
    expect(bindingOf({ password: changed, lineage }, SECRET)).toBe(hash(changed));
  });

  it('is new under another secret key', () => {
    const lineage = { current: hash(upgraded), root: hash(old) };
    expect(bindingOf({ password: upgraded, lineage }, `${SECRET}x`)).not.toBe(hash(old));
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { hashAccessToken } from '../../src/authentication/access-tokens.js';
import { HASHES } from './cvat.js';

/** An object of Django's `dumpdata`. */
export interface DumpObject {
  readonly model: string;
  readonly pk?: number | string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const AT = '2024-03-04T05:06:07.891Z';

export const user = (pk: number, username: string, fields: object = {}): DumpObject => ({
  model: 'auth.user',
  pk,
  fields: {
    password: HASHES.bcrypt_sha256,
    last_login: null,
    is_superuser: false,
    username,
    first_name: 'First',
    last_name: 'Läst',
    email: `${username}@example.org`,
    is_staff: false,
    is_active: true,
    date_joined: AT,
    groups: [['user']],
    user_permissions: [],
    ...fields,
  },
});

export const group = (pk: number, name: string): DumpObject => ({
  model: 'auth.group',
  pk,
  fields: { name, permissions: [] },
});

export const email = (pk: number, owner: unknown, address: string, verified = true): DumpObject => ({
  model: 'account.emailaddress',
  pk,
  fields: { user: owner, email: address, verified, primary: true },
});

export const token = (key: string, owner: unknown): DumpObject => ({
  model: 'authtoken.token',
  pk: key,
  fields: { user: owner, created: AT },
});

export const accessToken = (pk: number, key: string, owner: unknown, fields: object = {}): DumpObject => ({
  model: 'access_tokens.accesstoken',
  pk,
  fields: {
    prefix: key.slice(0, 8),
    hashed_key: hashAccessToken(key),
    created: AT,
    name: 'automation',
    revoked: false,
    expiry_date: null,
    owner,
    updated_date: AT,
    last_used_date: null,
    read_only: false,
    ...fields,
  },
});

export const organization = (pk: number, slug: string, owner: unknown, fields: object = {}): DumpObject => ({
  model: 'organizations.organization',
  pk,
  fields: {
    slug,
    name: slug.toUpperCase(),
    description: 'about it',
    created_date: AT,
    updated_date: AT,
    contact: { email: 'us@example.org', deep: [1, null, 'ä'] },
    owner,
    ...fields,
  },
});

export const membership = (
  pk: number,
  owner: unknown,
  organizationId: number,
  role: string,
  joined: string | null = AT,
): DumpObject => ({
  model: 'organizations.membership',
  pk,
  fields: {
    user: owner,
    organization: organizationId,
    is_active: joined !== null,
    joined_date: joined,
    role,
  },
});

export const invitation = (key: string, membershipId: number, owner: unknown): DumpObject => ({
  model: 'organizations.invitation',
  pk: key,
  fields: { created_date: AT, sent_date: AT, owner, membership: membershipId },
});

export const profile = (pk: number, owner: unknown, hasAnalytics = false): DumpObject => ({
  model: 'engine.profile',
  pk,
  fields: { user: owner, rating: 0.5, has_analytics_access: hasAnalytics, last_activity_date: AT },
});

/** Writes a file that is removed after the test. @returns its path */
export function writeDump(content: readonly unknown[] | string, name = 'dump.json'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dump-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 1);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

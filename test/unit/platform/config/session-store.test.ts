import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/platform/config/load.js';

const DATABASE_URL = 'postgres://db/cvat';
const REDIS_URL = 'redis://redis:6379/0';
const SECRET_KEY = 'k'.repeat(50);

describe('SESSION_STORE', () => {
  it.each([
    ['redis', { REDIS_URL }],
    ['database', {}],
    ['database', { REDIS_URL, SESSION_STORE: 'database' }],
    ['redis', { REDIS_URL, SESSION_STORE: 'redis' }],
    ['django', { DATABASE_URL, SECRET_KEY, SESSION_STORE: 'django' }],
    ['django', { DATABASE_URL, SECRET_KEY, REDIS_URL, SESSION_STORE: 'django' }],
  ])('is %s with %j', (store, env) => {
    expect(loadConfig(env).SESSION_STORE).toBe(store);
  });

  it.each([
    [
      { SESSION_STORE: 'redis' },
      'SESSION_STORE is redis, and REDIS_URL is not set: set it to the Redis that is to keep the sessions, or remove SESSION_STORE.',
    ],
    [
      { SESSION_STORE: 'django', SECRET_KEY },
      'SESSION_STORE is django, and DATABASE_URL is not set: set it to the database of CVAT, where its sessions are, or remove SESSION_STORE.',
    ],
    [
      { SESSION_STORE: 'django', DATABASE_URL },
      'SESSION_STORE is django, and SECRET_KEY is not set: set it to the one of CVAT, which signs its sessions, or remove SESSION_STORE.',
    ],
  ])('stops the start with %j', (env, sentence) => {
    expect(() => loadConfig(env)).toThrow(sentence);
  });

  it('names its values when it has another', () => {
    expect(() => loadConfig({ SESSION_STORE: 'file' })).toThrow(
      /^SESSION_STORE is "file": .*redis, database, django/,
    );
  });
});

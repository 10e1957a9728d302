import { describe, expect, it } from 'vitest';
import { createDirectoryLogin } from '../../../../src/features/directory/login.js';
import { systemClock } from '../../../../src/kernel/clock.js';
import { Throttled } from '../../../../src/kernel/errors.js';
import { createDeadline } from '../../../../src/platform/ldap/deadline.js';
import { NO_ENTRY } from '../../../../src/platform/ldap/person.js';
import { createLog } from '../../../../src/platform/telemetry/log.js';

const CLIENT = { address: '203.0.113.7', signal: new AbortController().signal };

/** A directory that knows nobody, and a queue of hashes that answers as told. */
function createWorld(burn: () => Promise<void>) {
  const asked: string[] = [];
  let failed = 0;
  const login = createDirectoryLogin({
    directory: {
      startDeadline: () => createDeadline(systemClock, 1000),
      locate: async (name) => {
        asked.push(name);
        return { kind: 'refused', reason: NO_ENTRY };
      },
      verify: async () => ({ kind: 'refused', reason: NO_ENTRY }),
      review: async () => ({ kind: 'refused', reason: NO_ENTRY }),
      close: () => undefined,
    },
    accounts: { admit: async () => ({ kind: 'refused', reason: NO_ENTRY }) },
    rules: { roleGroups: { admin: [], user: [], worker: [] }, requiredGroup: null, defaultRole: 'user' },
    failures: {
      check: async () => undefined,
      failed: async () => {
        failed += 1;
      },
      succeeded: async () => undefined,
    },
    passwords: { burn },
    log: createLog('silent'),
  });
  return {
    asked,
    failures: () => failed,
    logIn: (password: string) => login({ username: 'ann', password, client: CLIENT }),
  };
}

describe('a password that the directory refused', () => {
  it('counts as a failure, although the queue of hashes has no place for its time', async () => {
    const { logIn, failures } = createWorld(() =>
      Promise.reject(new Throttled(5, 'login_failures_per_address')),
    );
    await expect(logIn('wrong')).rejects.toBeInstanceOf(Throttled);
    expect(failures()).toBe(1);
  });
});

describe('a password that can be nobody’s', () => {
  it.each([
    ['an empty one', ''],
    ['one of 4097 signs', 'x'.repeat(4097)],
    ['one with half a sign', 'secret\ud800'],
  ])('is not sent to the directory: %s', async (_, password) => {
    const { logIn, asked, failures } = createWorld(async () => undefined);
    expect(await logIn(password)).toBeUndefined();
    expect([asked, failures()]).toEqual([[], 1]);
  });
});

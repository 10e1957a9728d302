import { describe, expect, it } from 'vitest';
import { createLiveSessions, USE_INTERVAL } from '../../../../src/authentication/sessions/live-sessions.js';

const [KEY, OTHER] = ['k'.repeat(32), 'o'.repeat(32)];
const CLIENT = { address: '192.0.2.7', userAgent: null };
const SESSION = { userId: 7, authHash: 'a'.repeat(64), startedAt: 0, factorAt: null, client: CLIENT };

function open() {
  const state = { now: 1_790_000_000_000, isEnded: false, failure: undefined as Error | undefined };
  const calls: string[] = [];
  const errors: unknown[] = [];
  const done = async (name: string, key: string): Promise<void> => {
    calls.push(`${name} ${key.charAt(0)}`);
    if (state.failure !== undefined && name.startsWith('index')) throw state.failure;
  };
  const sessions = createLiveSessions({
    store: {
      isShared: false,
      move: async (from, key) => {
        await done(`move ${from.charAt(0)} to`, key);
        return !state.isEnded;
      },
      get: async () => undefined,
      set: (key) => done('set', key),
      touch: (key) => done('touch', key),
      destroy: (key) => done('destroy', key),
    },
    index: {
      note: (_userId, key) => done('index', key),
      remove: (_userId, key) => done('index remove', key),
      list: async () => [],
    },
    clock: { now: () => state.now },
    onIndexError: (error) => void errors.push(error),
  });
  const use = (key: string) => sessions.use({ key, userId: SESSION.userId });
  return { sessions, state, calls, errors, use };
}

describe('the use of a session', () => {
  it('is noted once in five minutes, however many requests there are, and asks the store nothing', () => {
    const { calls, state, use } = open();
    for (let count = 0; count < 1000; count += 1) {
      use(KEY);
      state.now += USE_INTERVAL / 1000;
    }
    expect(calls).toEqual(['index k']);
    use(KEY);
    use(OTHER);
    expect(calls).toEqual(['index k', 'index k', 'index o']);
  });

  it('is noted by the sign-in too, and again after the clock was set back', async () => {
    const { sessions, calls, state, use } = open();
    await sessions.begin(KEY, SESSION);
    use(KEY);
    expect(calls).toEqual(['set k', 'index k']);
    state.now -= 2 * USE_INTERVAL;
    use(KEY);
    expect(calls).toEqual(['set k', 'index k', 'index k']);
  });

  it('is noted under the new key when a session goes on, unless it has ended', async () => {
    const { sessions, calls, state } = open();
    expect(await sessions.move(KEY, OTHER, SESSION)).toBe(true);
    expect(calls).toEqual(['move k to o', 'index remove k', 'index o']);
    state.isEnded = true;
    expect(await sessions.move(OTHER, KEY, SESSION)).toBe(false);
    expect(calls.slice(3)).toEqual(['move o to k', 'index remove o']);
  });

  it('has no effect on requests when the index fails, and does not try again with each of them', async () => {
    const { sessions, calls, errors, state, use } = open();
    state.failure = new Error('away');
    await sessions.begin(KEY, SESSION);
    use(KEY);
    await sessions.end({ key: KEY, userId: SESSION.userId });
    expect(calls).toEqual(['set k', 'index k', 'destroy k', 'index remove k']);
    expect(errors).toEqual([state.failure, state.failure]);
  });
});

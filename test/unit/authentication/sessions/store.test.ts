import { type SessionData, Store } from 'express-session';
import { describe, expect, it } from 'vitest';
import { createSessionStore } from '../../../../src/authentication/sessions/store.js';

const KEY = 'k'.repeat(32);
const CLIENT = { address: '192.0.2.7', userAgent: 'curl/8.5.0' };
const SESSION = {
  userId: 7,
  authHash: 'a'.repeat(64),
  startedAt: 1_790_000_000_000,
  factorAt: null,
  client: CLIENT,
};

/** A store of express-session as the libraries write them: callbacks, and errors in them. */
function createBackend() {
  const state: { failure: Error | undefined; data: Map<string, SessionData> } = {
    failure: undefined,
    data: new Map(),
  };
  class Backend extends Store {
    override get(key: string, done: (error: unknown, data?: SessionData | null) => void): void {
      done(state.failure, state.data.get(key));
    }
    override set(key: string, data: SessionData, done?: (error?: unknown) => void): void {
      if (state.failure === undefined) state.data.set(key, data);
      done?.(state.failure);
    }
    override destroy(key: string, done?: (error?: unknown) => void): void {
      if (state.failure === undefined) state.data.delete(key);
      done?.(state.failure);
    }
    override touch(_key: string, _data: SessionData, done?: (error?: unknown) => void): void {
      done?.(state.failure);
    }
  }
  return { state, backend: new Backend() };
}

const open = () => {
  const { state, backend } = createBackend();
  return {
    state,
    sessions: createSessionStore(backend, 60, (error) => new Error('described', { cause: error })),
  };
};

describe('the session store', () => {
  it('keeps what Django keeps, under its names, for as long as it is told', async () => {
    const { state, sessions } = open();
    await sessions.set(KEY, SESSION);
    expect(await sessions.get(KEY)).toEqual(SESSION);
    const data = state.data.get(KEY);
    expect(data).toMatchObject({ _auth_user_id: '7', _auth_user_hash: SESSION.authHash });
    expect(data?.cookie.originalMaxAge).toBe(60_000);
    await sessions.destroy(KEY);
    expect(await sessions.get(KEY)).toBeUndefined();
  });

  it('keeps one that nobody has signed in to', async () => {
    const { sessions } = open();
    await sessions.set(KEY, 'pending');
    expect(await sessions.get(KEY)).toBe('pending');
  });

  it.each([
    ['no user', { _auth_user_hash: 'x' }],
    ['no binding', { _auth_user_id: '7' }],
    ['a user that is no number', { _auth_user_id: 'admin', _auth_user_hash: 'x' }],
    ['a user that is a part of a number', { _auth_user_id: '7.5', _auth_user_hash: 'x' }],
    ['an empty binding', { _auth_user_id: '7', _auth_user_hash: '' }],
  ])('takes a record with %s for none', async (_what, data) => {
    const { state, sessions } = open();
    await sessions.set(KEY, SESSION);
    const { cookie } = state.data.get(KEY) ?? {};
    state.data.set(KEY, { cookie, ...data } as unknown as SessionData);
    expect(await sessions.get(KEY)).toBeUndefined();
  });

  it.each([
    ['none, as in earlier releases', {}],
    ['an address that is no text', { ip: 7, user_agent: 'curl/8.5.0' }],
    ['an address that is too long', { ip: '1'.repeat(46) }],
  ])('keeps a session whose client is %s', async (_what, data) => {
    const { state, sessions } = open();
    await sessions.set(KEY, { ...SESSION, client: null });
    state.data.set(KEY, { ...state.data.get(KEY), ...data } as unknown as SessionData);
    expect(await sessions.get(KEY)).toEqual({ ...SESSION, client: null });
  });

  it('keeps a client that said nothing of itself, and drops a text that is too long', async () => {
    const { state, sessions } = open();
    const silent = { ...SESSION, client: { ...CLIENT, userAgent: null } };
    await sessions.set(KEY, silent);
    expect(await sessions.get(KEY)).toEqual(silent);
    state.data.set(KEY, { ...state.data.get(KEY), user_agent: 'x'.repeat(257) } as SessionData);
    expect(await sessions.get(KEY)).toEqual(silent);
  });

  it.each(['get', 'set', 'touch', 'destroy'] as const)('lets a failure to %s be known', async (operation) => {
    const { state, sessions } = open();
    state.failure = new Error('away');
    await expect(sessions[operation](KEY, SESSION)).rejects.toMatchObject({
      message: 'described',
      cause: state.failure,
    });
  });
});

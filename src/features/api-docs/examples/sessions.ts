import type { Examples } from '../../../platform/openapi/examples.js';
import { DATE, pageOf } from './people.js';
import { forbidden, missing } from './refusals.js';

/** A session of maria: in the tests, one that was opened for the example. */
export const SESSION_ID = 'b41e4c1ef0b4d1a9c9d9c1d0a5b0e7f2';

const FIREFOX = {
  id: SESSION_ID,
  current: true,
  browser: 'Firefox 143',
  device: 'Windows desktop',
  user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0',
  ip: '192.0.2.7',
  created_date: DATE,
  last_seen: DATE,
  expires: '2026-02-14T12:00:00.123456Z',
};

const NOT_ONES_OWN = {
  forbidden: forbidden('Another user', { as: 'maria', path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const WITH_ACCESS_TOKEN = forbidden('With a personal access token', { by: 'access-token' });

const list: Examples = {
  current: {
    summary: 'The session of the request',
    status: 200,
    request: { as: 'maria', by: 'session' },
    body: pageOf(FIREFOX),
  },
};

const endOthers: Examples = {
  ended: {
    summary: 'Ended',
    status: 204,
    request: { as: 'maria', by: 'session', query: { others: 'true' } },
  },
  others_missing: {
    summary: 'Without `others=true`',
    status: 400,
    request: { query: { others: 'false' } },
    body: { others: ['Must be "true": ends all your sessions but the one of this request.'] },
  },
  forbidden: WITH_ACCESS_TOKEN,
};

const end: Examples = {
  ended: { summary: 'Ended', status: 204, request: { as: 'maria', path: { session_id: SESSION_ID } } },
  missing: missing('Session', { path: { session_id: '0'.repeat(32) } }),
  forbidden: WITH_ACCESS_TOKEN,
};

const listOf: Examples = {
  by_administrator: {
    summary: 'The sessions of another user, for an administrator',
    status: 200,
    request: { as: 'admin', path: { id: 2 } },
    body: pageOf({ ...FIREFOX, current: false }),
  },
  ...NOT_ONES_OWN,
};

const endAllOf: Examples = {
  ended: { summary: 'Ended', status: 204, request: { as: 'admin', path: { id: 2 } } },
  ...NOT_ONES_OWN,
};

const endOf: Examples = {
  ended: {
    summary: 'Ended',
    status: 204,
    request: { as: 'admin', path: { id: 2, session_id: SESSION_ID } },
  },
  missing: missing('Session', { path: { session_id: '0'.repeat(32) } }),
  forbidden: NOT_ONES_OWN.forbidden,
};

export const sessionExamples: Readonly<Record<string, Examples>> = {
  auth_list_sessions: list,
  auth_destroy_other_sessions: endOthers,
  auth_destroy_sessions: end,
  users_list_sessions: listOf,
  users_destroy_all_sessions: endAllOf,
  users_destroy_sessions: endOf,
};

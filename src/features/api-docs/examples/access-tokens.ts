import type { Examples } from '../../../platform/openapi/examples.js';
import { DATE, MARIA, pageOf } from './people.js';
import { forbidden, missing } from './refusals.js';

const TOKEN = {
  id: 2,
  name: 'test',
  created_date: DATE,
  updated_date: DATE,
  expiry_date: null,
  last_used_date: DATE,
  read_only: false,
  owner: MARIA,
};
const OWN = { path: { id: 2 } };
const GONE = missing('AccessToken', { path: { id: 99 } });
/** Even a token with write access. */
const BY_TOKEN = forbidden('With a personal access token', { by: 'access-token' });
const FOREIGN = forbidden('A token of another user', { as: 'pablo' });

const create: Examples = {
  created: {
    summary: 'The value is only in this answer',
    status: 201,
    request: { as: 'maria', body: { name: 'CI', expiry_date: '2030-01-01T00:00:00Z', read_only: true } },
    body: {
      ...TOKEN,
      id: 6,
      name: 'CI',
      expiry_date: '2030-01-01T00:00:00Z',
      last_used_date: null,
      read_only: true,
      value: 'cva5Kx0Q.'.padEnd(41, 'x'),
    },
  },
  too_many: {
    summary: 'Too many tokens',
    status: 400,
    settings: { CVAT_MAX_ACCESS_TOKENS_PER_USER: '1' },
    body: ['You have reached the maximum allowed number of Personal Access Tokens for a user'],
  },
  forbidden: BY_TOKEN,
};

const update: Examples = {
  updated: {
    summary: 'Another name',
    status: 200,
    request: { as: 'maria', ...OWN, body: { name: 'laptop' } },
    body: { ...TOKEN, name: 'laptop' },
  },
  bad_date: {
    summary: 'No date',
    status: 400,
    request: { body: { expiry_date: 'tomorrow' } },
    body: {
      expiry_date: [
        'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
      ],
    },
  },
  forbidden: FOREIGN,
  missing: GONE,
};

export const accessTokenExamples: Readonly<Record<string, Examples>> = {
  auth_list_access_tokens: {
    own: {
      summary: 'The usable tokens of the caller',
      status: 200,
      request: { as: 'maria' },
      body: pageOf({ ...TOKEN, organization: 1 }),
    },
  },
  auth_create_access_tokens: create,
  auth_retrieve_access_tokens_self: {
    used: {
      summary: 'The token of this request',
      status: 200,
      request: { as: 'maria', by: 'access-token' },
      body: TOKEN,
    },
  },
  auth_retrieve_access_tokens: {
    token: { summary: 'One’s own', status: 200, request: { as: 'maria', ...OWN }, body: TOKEN },
    forbidden: FOREIGN,
    missing: GONE,
  },
  auth_partial_update_access_tokens: update,
  auth_destroy_access_tokens: {
    revoked: { summary: 'Revoked', status: 204, request: { as: 'maria', ...OWN } },
    forbidden: FOREIGN,
    missing: GONE,
  },
};

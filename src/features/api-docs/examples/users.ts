import type { Examples } from '../../../platform/openapi/examples.js';
import { DATE, inFull, MARIA, PABLO, pageOf, person } from './people.js';
import { forbidden, missing, unknownField } from './refusals.js';

const TAKEN = { username: ['A user with that username already exists.'] };

const list: Examples = {
  oneself: {
    summary: 'Oneself, outside organizations',
    status: 200,
    request: { as: 'maria' },
    body: pageOf(MARIA),
  },
  members: {
    summary: 'The members of an organization',
    status: 200,
    request: { query: { org: 'acme' } },
    body: pageOf(PABLO),
  },
  everybody: {
    summary: 'All users, as an administrator',
    status: 200,
    request: { as: 'admin' },
    body: pageOf(inFull(MARIA)),
  },
  forbidden: forbidden('The members of a foreign organization', { as: 'diego', query: { org: 'acme' } }),
};

const create: Examples = {
  created: {
    summary: 'A new account',
    status: 201,
    request: {
      as: 'admin',
      body: { username: 'frida', email: 'frida@example.org', password: 'Quarks-43-wiesel' },
    },
    body: inFull(person(6, 'frida')),
  },
  missing_username: {
    summary: 'Required fields are missing',
    status: 400,
    request: { body: {} },
    body: { username: ['This field is required.'] },
  },
  taken_username: {
    summary: 'A name that is taken',
    status: 400,
    request: { body: { username: 'maria' } },
    body: TAKEN,
  },
  forbidden: forbidden('Not an administrator', { as: 'maria' }),
};

const self: Examples = {
  oneself: { summary: 'The caller', status: 200, request: { as: 'maria' }, body: inFull(MARIA) },
};

const retrieve: Examples = {
  oneself: {
    summary: 'Oneself',
    status: 200,
    request: { as: 'maria', path: { id: 2 } },
    body: inFull(MARIA),
  },
  member: {
    summary: 'A member of the same organization',
    status: 200,
    request: { path: { id: 3 }, query: { org: 'acme' } },
    body: PABLO,
  },
  forbidden: forbidden('Another user', { path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const update: Examples = {
  personal_data: {
    summary: 'Your own name',
    status: 200,
    request: { as: 'maria', path: { id: 2 }, body: { first_name: 'Maria Sibylla' } },
    body: inFull({ ...MARIA, first_name: 'Maria Sibylla' }),
  },
  permissions: {
    summary: 'The roles of another user, by an administrator',
    status: 200,
    request: { as: 'admin', path: { id: 3 }, body: { groups: ['worker'] } },
    body: { ...inFull(PABLO), groups: ['worker'] },
  },
  taken_username: {
    summary: 'A name that is taken',
    status: 400,
    request: { body: { username: 'pablo' } },
    body: TAKEN,
  },
  forbidden: forbidden('Your own roles', { body: { groups: ['admin'] } }),
  unknown_field: unknownField({ password: 'Quarks-43-wiesel' }),
  missing: missing('User', { path: { id: 99 } }),
};

/** Since CVAT 2.79. */
export const SURVEY_EXAMPLES: Examples = {
  unknown_activity: {
    summary: 'An answer of the survey that is none of the choices',
    status: 400,
    request: { as: 'maria', path: { id: 2 }, body: { planned_activities: ['annotate_data', 'sleep'] } },
    body: { planned_activities: { 1: ['"sleep" is not a valid choice.'] } },
  },
};

const destroy: Examples = {
  deleted: { summary: 'Deleted', status: 204, request: { as: 'maria', path: { id: 2 } } },
  forbidden: forbidden('Another user', { path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const NOT_ONES_OWN = {
  forbidden: forbidden('Another user', { path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const MADE = {
  summary: 'Created by a login or a registration',
  status: 200,
  body: { exists: true, created_date: DATE },
};
const ROTATED = {
  summary: 'Your own: the answer contains the new one',
  status: 201,
  body: { key: 'c0ffee'.padEnd(40, '0') },
};

const retrieveApiToken: Examples = {
  made: { ...MADE, request: { as: 'maria', path: { id: 2 } } },
  ...NOT_ONES_OWN,
};

const rotateApiToken: Examples = {
  own: { ...ROTATED, request: { as: 'maria', path: { id: 2 } } },
  others: {
    summary: 'For another user, by an administrator: its owner gets the new one at the next login',
    status: 201,
    request: { as: 'admin', path: { id: 2 } },
    body: {},
  },
  ...NOT_ONES_OWN,
};

const destroyApiToken: Examples = {
  ended: { summary: 'Ended', status: 204, request: { as: 'maria', path: { id: 2 } } },
  ...NOT_ONES_OWN,
};

const createResetLink: Examples = {
  made: {
    summary: 'A link, which only this answer shows',
    status: 201,
    request: { as: 'admin', path: { id: 2 } },
    body: {
      link: 'https://cvat.example.com/auth/password/reset/confirm?uid=2&token=dbk2qz-c0ffee',
      valid_days: 3,
    },
  },
  forbidden: forbidden('Not an administrator, not even for oneself', { as: 'maria', path: { id: 2 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const OWN_API_TOKEN: Readonly<Record<string, Examples>> = {
  auth_retrieve_api_token: { made: { ...MADE, request: { as: 'maria' } } },
  auth_create_api_token: {
    own: { ...ROTATED, request: { as: 'maria' } },
    forbidden: forbidden('With a personal access token', { by: 'access-token' }),
  },
  auth_destroy_api_token: {
    ended: { summary: 'Ended', status: 204, request: { as: 'maria' } },
    forbidden: forbidden('With a personal access token', { by: 'access-token' }),
  },
};

export const userExamples: Readonly<Record<string, Examples>> = {
  users_list: list,
  users_create: create,
  users_retrieve_self: self,
  users_retrieve: retrieve,
  users_partial_update: update,
  users_destroy: destroy,
  users_retrieve_api_token: retrieveApiToken,
  users_rotate_api_token: rotateApiToken,
  users_destroy_api_token: destroyApiToken,
  users_create_password_reset_link: createResetLink,
  ...OWN_API_TOKEN,
};

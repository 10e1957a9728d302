import type { Example, Examples } from '../../../platform/openapi/examples.js';
import {
  ACCEPTED_KEY,
  DATE,
  EXPIRED_KEY,
  INVITATION_KEY,
  MARIA,
  OWNER_KEY,
  pageOf,
  person,
} from './people.js';
import { forbidden, missing } from './refusals.js';

const INVITATION = {
  key: INVITATION_KEY,
  created_date: DATE,
  owner: MARIA,
  role: 'supervisor',
  user: person(4, 'carla'),
  organization: 1,
  expired: false,
  organization_info: { id: 1, slug: 'acme' },
};
const WITH_MAIL = { EMAIL_BACKEND: 'console' };
const CARLAS = { path: { key: INVITATION_KEY } };
const HIDDEN = missing('Invitation', { as: 'diego' });
const EXPIRED: Example = {
  summary: 'More than seven days later',
  status: 400,
  request: { as: 'carla', path: { key: EXPIRED_KEY } },
  body: 'Your invitation is expired. Please contact organization owner to renew it.',
};
const NO_MAIL: Example = {
  summary: 'A mail is needed, but the server cannot send any',
  status: 500,
  settings: { EMAIL_BACKEND: 'none' },
  body: 'Email backend is not configured.',
};

const create: Examples = {
  joined: {
    summary: 'A person with an account becomes a member at once',
    status: 201,
    request: { as: 'maria', query: { org: 'acme' }, body: { email: 'diego@example.org', role: 'worker' } },
    body: { ...INVITATION, role: 'worker', user: person(5, 'diego'), expired: null },
  },
  mailed: {
    summary: 'Anyone else gets a mail',
    status: 201,
    request: { body: { email: 'frida@example.org', role: 'worker' } },
    settings: WITH_MAIL,
    body: { ...INVITATION, role: 'worker', user: person(6, 'frida@example.org') },
  },
  member_already: {
    summary: 'A member',
    status: 400,
    request: { body: { email: 'pablo@example.org', role: 'worker' } },
    body: ['The user is a member of the organization already.'],
  },
  unknown_role: {
    summary: 'A role that does not exist',
    status: 400,
    request: { body: { email: 'frida@example.org', role: 'king' } },
    body: { role: ['"king" is not a valid choice.'] },
  },
  forbidden: forbidden('A worker invites', { as: 'pablo' }),
  no_mail: { ...NO_MAIL, request: { body: { email: 'frida@example.org', role: 'worker' } } },
};

const update: Examples = {
  accepted: {
    summary: 'Accepted',
    status: 200,
    request: { as: 'carla', ...CARLAS, query: { accepted: 'true' }, body: {} },
    body: INVITATION,
  },
  expired: {
    ...EXPIRED,
    request: { as: 'carla', path: { key: EXPIRED_KEY }, query: { accepted: 'true' }, body: {} },
  },
  missing: HIDDEN,
};

const accept: Examples = {
  accepted: {
    summary: 'A member',
    status: 200,
    request: { as: 'carla', ...CARLAS },
    body: { organization_slug: 'acme' },
  },
  expired: EXPIRED,
  accepted_already: {
    summary: 'The second time',
    status: 400,
    request: { as: 'pablo', path: { key: ACCEPTED_KEY } },
    body: 'Your invitation is already accepted.',
  },
  forbidden: forbidden('Another user', { as: 'maria' }),
  missing: HIDDEN,
};

const resend: Examples = {
  sent: { summary: 'Sent again', status: 204, request: { as: 'maria', ...CARLAS }, settings: WITH_MAIL },
  accepted_already: {
    summary: 'An invitation that was accepted',
    status: 400,
    request: { as: 'maria', path: { key: ACCEPTED_KEY } },
    settings: WITH_MAIL,
    body: 'This invitation is already accepted.',
  },
  forbidden: forbidden('The invited person', { as: 'carla' }),
  missing: HIDDEN,
  too_often: {
    summary: 'More than five times an hour',
    status: 429,
    headers: { 'Retry-After': '3600' },
    body: { detail: 'Request was throttled. Expected available in 3600 seconds.' },
  },
  no_mail: NO_MAIL,
};

export const invitationExamples: Readonly<Record<string, Examples>> = {
  invitations_list: {
    own: {
      summary: 'By and for the caller',
      status: 200,
      request: { as: 'maria' },
      body: pageOf(INVITATION),
    },
    forbidden: forbidden('Those of a foreign organization', { as: 'diego', query: { org: 'acme' } }),
  },
  invitations_create: create,
  invitations_retrieve: {
    invitation: {
      summary: 'By or for the caller',
      status: 200,
      request: { as: 'carla', ...CARLAS },
      body: INVITATION,
    },
    missing: HIDDEN,
  },
  invitations_partial_update: update,
  invitations_destroy: {
    deleted: { summary: 'Deleted', status: 204, request: { as: 'maria', ...CARLAS } },
    forbidden: forbidden('The invited person', { as: 'carla' }),
    missing: HIDDEN,
  },
  invitations_accept: accept,
  invitations_decline: {
    declined: { summary: 'Declined', status: 204, request: { as: 'carla', ...CARLAS } },
    owner: {
      summary: 'The owner of the organization by now',
      status: 400,
      request: { as: 'maria', path: { key: OWNER_KEY } },
      body: 'The owner keeps this role until the organization is transferred to another member.',
    },
    forbidden: forbidden('Another user', { as: 'maria' }),
    missing: HIDDEN,
  },
  invitations_resend: resend,
};

import type { Examples } from '../../../platform/openapi/examples.js';
import { DATE, MARIA, PABLO, pageOf } from './people.js';
import { forbidden, missing } from './refusals.js';

const ACME = {
  id: 1,
  slug: 'acme',
  name: 'acme',
  description: '',
  created_date: DATE,
  updated_date: DATE,
  contact: {},
  owner: MARIA,
};
const TRANSFER = { organization: 1, user: PABLO, created_date: DATE, expires_date: DATE };
const BAD_SLUG = { slug: ['Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.'] };
const HERE = { path: { id: 1 } };
const NOT_REQUIRED = { required: false, created_date: null };
const FOREIGN = missing('Organization', { as: 'diego' });

const create: Examples = {
  created: {
    summary: 'A new organization, owned by the caller',
    status: 201,
    request: {
      as: 'diego',
      body: { slug: 'louvre', name: 'Musée du Louvre', contact: { email: 'louvre@example.org' } },
    },
    body: {
      ...ACME,
      id: 2,
      slug: 'louvre',
      name: 'Musée du Louvre',
      contact: { email: 'louvre@example.org' },
    },
  },
  missing_slug: {
    summary: 'Required fields are missing',
    status: 400,
    request: { body: {} },
    body: { slug: ['This field is required.'] },
  },
  bad_slug: {
    summary: 'A slug with other characters',
    status: 400,
    request: { body: { slug: 'a b' } },
    body: BAD_SLUG,
  },
  taken_slug: {
    summary: 'A slug that is taken',
    status: 400,
    request: { body: { slug: 'acme' } },
    body: { slug: ['organization with this slug already exists.'] },
  },
};

const update: Examples = {
  updated: {
    summary: 'Another name',
    status: 200,
    request: { as: 'maria', ...HERE, body: { name: 'Acme Corporation' } },
    body: { ...ACME, name: 'Acme Corporation' },
  },
  bad_slug: {
    summary: 'A slug with other characters',
    status: 400,
    request: { body: { slug: 'a b' } },
    body: BAD_SLUG,
  },
  forbidden: forbidden('A worker of the organization', { as: 'pablo' }),
  missing: FOREIGN,
};

export const organizationExamples: Readonly<Record<string, Examples>> = {
  organizations_list: {
    own: {
      summary: 'The organizations of the caller',
      status: 200,
      request: { as: 'maria' },
      body: pageOf(ACME),
    },
  },
  organizations_create: create,
  organizations_retrieve: {
    organization: {
      summary: 'An organization of the caller',
      status: 200,
      request: { as: 'pablo', ...HERE },
      body: ACME,
    },
    missing: FOREIGN,
  },
  organizations_partial_update: update,
  organizations_destroy: {
    deleted: { summary: 'Deleted', status: 204, request: { as: 'maria', ...HERE } },
    forbidden: forbidden('A worker of the organization', { as: 'pablo' }),
    missing: missing('Organization', { as: 'carla' }),
  },
  organizations_retrieve_transfer: {
    offered: {
      summary: 'The member it is offered to',
      status: 200,
      request: { as: 'pablo', ...HERE },
      body: TRANSFER,
    },
    missing: FOREIGN,
  },
  organizations_transfer: {
    offered: {
      summary: 'Offered to a member',
      status: 201,
      request: { as: 'maria', ...HERE, body: { user: 3 } },
      body: TRANSFER,
    },
    no_member: {
      summary: 'Not a member',
      status: 400,
      request: { body: { user: 5 } },
      body: { user: ['Choose another active member of the organization.'] },
    },
    forbidden: forbidden('Not the owner', { as: 'pablo' }),
    missing: missing('Organization', { as: 'carla' }),
  },
  organizations_destroy_transfer: {
    withdrawn: { summary: 'Withdrawn', status: 204, request: { as: 'maria', ...HERE } },
    forbidden: forbidden('Not the owner', { as: 'pablo' }),
    missing: FOREIGN,
  },
  organizations_retrieve_factor_requirement: {
    none: {
      summary: 'Not required',
      status: 200,
      request: { as: 'pablo', ...HERE },
      body: NOT_REQUIRED,
    },
    missing: FOREIGN,
  },
  organizations_partial_update_factor_requirement: {
    ended: {
      summary: 'Not required any more',
      status: 200,
      request: { as: 'maria', ...HERE, body: { required: false } },
      body: NOT_REQUIRED,
    },
    own_factor_first: {
      summary: 'The caller has no second factor',
      status: 400,
      request: { as: 'maria', ...HERE, body: { required: true } },
      body: { required: ['Set up a second factor of your own first.'] },
    },
    forbidden: forbidden('Not the owner', { as: 'pablo', ...HERE }),
    missing: missing('Organization', { as: 'carla' }),
  },
  organizations_confirm_transfer: {
    confirmed: {
      summary: 'The new owner',
      status: 200,
      request: { as: 'pablo', ...HERE },
      body: { ...ACME, owner: PABLO },
    },
    missing: missing('OrganizationTransfer', { as: 'maria' }),
  },
  organizations_decline_transfer: {
    declined: { summary: 'Declined', status: 204, request: { as: 'pablo', ...HERE } },
    missing: missing('OrganizationTransfer', { as: 'maria' }),
  },
};

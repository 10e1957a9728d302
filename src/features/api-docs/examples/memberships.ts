import type { Examples } from '../../../platform/openapi/examples.js';
import { DATE, INVITATION_KEY, PABLO, pageOf, person } from './people.js';
import { forbidden, missing, unknownField } from './refusals.js';

const MEMBERSHIP = {
  id: 2,
  user: PABLO,
  organization: 1,
  is_active: true,
  joined_date: DATE,
  role: 'worker',
  invitation: null,
};
const OWNER_STAYS = 'The owner keeps this role until the organization is transferred to another member.';
const PABLOS = { path: { id: 2 } };

export const membershipExamples: Readonly<Record<string, Examples>> = {
  memberships_list: {
    members: {
      summary: 'The members of an organization',
      status: 200,
      request: { as: 'pablo', query: { org: 'acme' } },
      body: pageOf(MEMBERSHIP),
    },
    invited: {
      summary: 'Also those who have not accepted yet, for its owner',
      status: 200,
      request: { as: 'maria', query: { org: 'acme' } },
      body: pageOf({
        ...MEMBERSHIP,
        id: 3,
        user: person(4, 'carla'),
        is_active: false,
        joined_date: null,
        role: 'supervisor',
        invitation: INVITATION_KEY,
      }),
    },
    unknown_role: {
      summary: 'A role that does not exist',
      status: 400,
      request: { query: { role: 'king' } },
      body: { role: ['Select a valid choice. king is not one of the available choices.'] },
    },
    forbidden: forbidden('The members of a foreign organization', { as: 'diego', query: { org: 'acme' } }),
  },
  memberships_retrieve: {
    membership: {
      summary: 'A member of an organization of the caller',
      status: 200,
      request: { as: 'maria', ...PABLOS },
      body: MEMBERSHIP,
    },
    forbidden: forbidden('A foreign organization', { as: 'diego' }),
    missing: missing('Membership', { path: { id: 99 } }),
  },
  memberships_partial_update: {
    updated: {
      summary: 'Another role',
      status: 200,
      request: { as: 'maria', ...PABLOS, body: { role: 'supervisor' } },
      body: { ...MEMBERSHIP, role: 'supervisor' },
    },
    unknown_role: {
      summary: 'A role that does not exist',
      status: 400,
      request: { as: 'admin', body: { role: 'king' } },
      body: { role: ['"king" is not a valid choice.'] },
    },
    owner_stays: {
      summary: 'The owner of the organization',
      status: 400,
      request: { as: 'admin', path: { id: 1 }, body: { role: 'worker' } },
      body: { role: [OWNER_STAYS] },
    },
    forbidden: forbidden('Your own role', { as: 'pablo' }),
    unknown_field: unknownField({ is_active: false }),
    missing: missing('Membership', { path: { id: 99 } }),
  },
  memberships_destroy: {
    removed: { summary: 'Removed', status: 204, request: { as: 'maria', ...PABLOS } },
    owner_stays: {
      summary: 'The owner of the organization',
      status: 400,
      request: { as: 'admin', path: { id: 1 } },
      body: [OWNER_STAYS],
    },
    forbidden: forbidden('A worker removes the owner', { as: 'pablo', path: { id: 1 } }),
    missing: missing('Membership', { path: { id: 99 } }),
  },
};

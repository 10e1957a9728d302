import { Fragment, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { invitationActions } from '../../../../src/features/pages/organization-invitations.js';
import type { Visit } from '../../../../src/features/pages/page.js';
import type { CallRoute } from '../../../../src/features/pages/route-client.js';
import { ApiError } from '../../../../src/kernel/errors.js';
import { TEXTS } from '../../../../src/platform/html/texts/index.js';

const PERSON = { id: 1, username: 'ada', first_name: '', last_name: '' };
const ANSWERS: Readonly<Record<string, object>> = {
  users_retrieve_self: {
    ...PERSON,
    email: '',
    groups: ['user'],
    is_superuser: false,
    date_joined: '',
    last_login: null,
  },
  organizations_list: {
    results: [{ id: 1, slug: 'lab', name: '', description: '', contact: {}, owner: PERSON }],
  },
  memberships_list: { count: 0, results: [] },
  invitations_create: {
    key: 'x',
    created_date: '',
    owner: PERSON,
    role: 'worker',
    user: PERSON,
    expired: false,
    organization_info: { slug: 'lab' },
  },
};

const visitOf = (call: CallRoute): Visit => ({
  exchange: { id: 'request-1' } as Visit['exchange'],
  params: { slug: 'lab' },
  query: new URLSearchParams(),
  form: new URLSearchParams({
    emails: 'one@example.org\ntwo@example.org\nthree@example.org',
    role: 'worker',
  }),
  language: 'en',
  texts: TEXTS.en,
  call,
  csrfToken: () => '',
});

describe('several invitations, when a service fails after the first', () => {
  it('are told apart even if the page of the organization cannot be shown any more', async () => {
    let isDown = false;
    const failure = new ApiError(503, { detail: 'The database does not answer.' });
    const call: CallRoute = async (operation, schema) => {
      if (isDown) throw failure;
      isDown = operation === 'invitations_create';
      return schema.parse(ANSWERS[operation]);
    };
    const { invite } = invitationActions(async (visit) => {
      await visit.call('users_retrieve_self', z.unknown());
      throw new Error('The page was shown.');
    });
    const answer = await invite?.(visitOf(call));
    expect(answer).toMatchObject({ kind: 'view', status: 503, failure });
    if (answer?.kind !== 'view') throw new Error('No page was shown.');
    const words = renderToString(h(Fragment, null, answer.main));
    expect(words).toContain('Invited: one@example.org.');
    expect(words).toContain('went wrong on the server: two@example.org, three@example.org.');
    expect(words).toContain('request-1');
  });
});

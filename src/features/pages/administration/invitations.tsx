import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm, Problems } from '../forms.js';
import { withdraw } from '../organization-invitations.js';
import { field, redirect, type Visit } from '../page.js';
import { organizationPath, PATHS, withQuery } from '../paths.js';
import { Done, Moment, Pager } from '../pieces.js';
import { Lead } from '../shell.js';
import { forSuperusers } from './superuser.js';

const Invitation = z.object({
  key: z.string(),
  created_date: z.string(),
  user: z.object({ username: z.string() }),
  owner: z.object({ username: z.string() }).nullable(),
  expired: z.boolean().nullable(),
  organization_info: z.object({ slug: z.string() }),
});
type Invitation = z.output<typeof Invitation>;
const Invitations = z.object({ count: z.number(), results: z.array(Invitation) });
const PAGE_SIZE = 25;

/** The invitations that wait for an answer, in all organizations. */
export const allInvitationsPage = forSuperusers({
  path: PATHS.allInvitations,
  show: async (visit, person, draft) => {
    const { query, texts } = visit;
    const { administration } = texts;
    const invitations = await visit.call('invitations_list', Invitations, {
      query: {
        filter: JSON.stringify({ '==': [{ var: 'accepted' }, false] }),
        page: query.get('page') ?? '1',
        page_size: String(PAGE_SIZE),
      },
    });
    return {
      kind: 'view',
      title: administration.allInvitations,
      person,
      main: (
        <>
          <Lead title={administration.allInvitations}>{administration.allInvitationsIntro}</Lead>
          {query.get('done') === 'withdrawn' && draft === undefined && (
            <Done>{texts.organizations.withdrawn}</Done>
          )}
          {draft !== undefined && <Problems visit={visit} draft={draft} />}
          <section class="card">
            {invitations.count === 0 && <p class="quiet">{administration.noInvitations}</p>}
            <ul class="rows">
              {invitations.results.map((invitation) => (
                <Row key={invitation.key} visit={visit} invitation={invitation} />
              ))}
            </ul>
            <Pager
              visit={visit}
              page={Number(query.get('page') ?? 1)}
              last={Math.ceil(invitations.count / PAGE_SIZE)}
            />
          </section>
        </>
      ),
    };
  },
  actions: {
    withdraw: async (visit) => {
      const params = { key: field(visit.form, 'key') };
      const { organization_info: organization } = await visit.call('invitations_retrieve', Invitation, {
        params,
      });
      await withdraw(visit, organization.slug);
      return redirect(withQuery(PATHS.allInvitations, { done: 'withdrawn' }));
    },
  },
});

function Row({ visit, invitation }: { readonly visit: Visit; readonly invitation: Invitation }): VNode {
  const { organizations } = visit.texts;
  const { key, user, owner, expired, organization_info, created_date } = invitation;
  return (
    <li>
      <div class="what">
        <span>
          <strong>{user.username}</strong>{' '}
          <a href={organizationPath(organization_info.slug)}>{organization_info.slug}</a>{' '}
          {expired === true && <span class="badge">{organizations.expired}</span>}
        </span>
        <span class="quiet small">
          {owner !== null && `${organizations.invitedBy(owner.username)} · `}
          <Moment at={created_date} visit={visit} isDay />
        </span>
      </div>
      <ButtonForm
        visit={visit}
        action="withdraw"
        hidden={{ key }}
        label={organizations.withdraw}
        longLabel={organizations.withdrawLabel(user.username)}
        kind="danger"
      />
    </li>
  );
}

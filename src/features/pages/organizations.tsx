import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm, Form, Problems } from './forms.js';
import {
  type Invitation,
  Invitations,
  type Membership,
  Memberships,
  mayOrganize,
  type Organization,
  Organizations,
} from './organization-place.js';
import { detailFields, detailsOf } from './organization-settings.js';
import { type Draft, field, type Page, redirect, type Visit } from './page.js';
import { organizationPath, PATHS, withQuery } from './paths.js';
import { type Self, selfOf } from './person.js';
import { Done, Moment, Pager } from './pieces.js';
import { Card, Lead } from './shell.js';

const PAGE_SIZE = 20;
/** Of the invitations that wait for an answer: answering one shows the next. */
const WAITING_SIZE = 20;
const Created = z.object({ slug: z.string() });
const Accepted = z.object({ organization_slug: z.string() });

/** The organizations of a person, their invitations, and a form for a new organization. */
export const organizationsPage: Page = {
  path: PATHS.organizations,
  show: async (visit, draft) => {
    const self = await selfOf(visit);
    const [own, invitations] = await Promise.all([ownOrganizations(visit, self), waitingFor(visit, self)]);
    const { organizations, common } = visit.texts;
    return {
      kind: 'view',
      title: common.organizations,
      person: self.person,
      main: (
        <>
          <Lead title={common.organizations}>{organizations.intro}</Lead>
          {draft === undefined && <Outcome visit={visit} />}
          {draft !== undefined && !(draft.action === 'create' && mayOrganize(self)) && (
            <Problems visit={visit} draft={draft} />
          )}
          {invitations.length > 0 && <Waiting visit={visit} invitations={invitations} />}
          <OwnList visit={visit} own={own} />
          {mayOrganize(self) && <NewOrganization visit={visit} draft={draft} />}
        </>
      ),
    };
  },
  actions: {
    create: async (visit) => {
      const body = { slug: field(visit.form, 'slug'), ...detailsOf(visit.form, {}) };
      const { slug } = await visit.call('organizations_create', Created, { body });
      return redirect(withQuery(organizationPath(slug), { done: 'created' }));
    },
    accept: async (visit) => {
      const params = { key: field(visit.form, 'key') };
      const { organization_slug: slug } = await visit.call('invitations_accept', Accepted, { params });
      return redirect(withQuery(organizationPath(slug), { done: 'joined' }));
    },
    decline: async (visit) => {
      await visit.call('invitations_decline', z.unknown(), { params: { key: field(visit.form, 'key') } });
      return redirect(withQuery(PATHS.organizations, { done: 'declined' }));
    },
  },
};

interface Own {
  readonly count: number;
  readonly rows: readonly { readonly organization: Organization; readonly membership: Membership }[];
}

/** The API lists all organizations to administrators of the server: their own are those of their memberships. */
async function ownOrganizations(visit: Visit, { username }: Self): Promise<Own> {
  const { count, results: memberships } = await visit.call('memberships_list', Memberships, {
    query: {
      user: username,
      page: visit.query.get('page') ?? '1',
      page_size: String(PAGE_SIZE),
    },
  });
  const ids = memberships.map(({ organization }) => organization);
  if (ids.length === 0) return { count, rows: [] };
  const { results } = await visit.call('organizations_list', Organizations, {
    query: { filter: JSON.stringify({ in: [{ var: 'id' }, ids] }), page_size: String(PAGE_SIZE) },
  });
  const byId = new Map(results.map((organization) => [organization.id, organization]));
  const rows = memberships.flatMap((membership) => {
    const organization = membership.is_active ? byId.get(membership.organization) : undefined;
    return organization === undefined ? [] : [{ organization, membership }];
  });
  return { count, rows };
}

/** @returns invitations to the person that they have not answered, the newest first */
async function waitingFor(visit: Visit, { id }: Self): Promise<readonly Invitation[]> {
  const filter = { and: [{ '==': [{ var: 'user_id' }, id] }, { '==': [{ var: 'accepted' }, false] }] };
  const query = { filter: JSON.stringify(filter), page_size: String(WAITING_SIZE) };
  return (await visit.call('invitations_list', Invitations, { query })).results;
}

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const { organizations, signingIn } = visit.texts;
  switch (visit.query.get('done')) {
    case 'declined':
      return <Done>{signingIn.declined}</Done>;
    case 'left':
      return <Done>{organizations.left}</Done>;
    case 'deleted':
      return <Done>{organizations.deleted}</Done>;
    default:
      return null;
  }
}

interface WaitingProps {
  readonly visit: Visit;
  readonly invitations: readonly Invitation[];
}

const Waiting = ({ visit, invitations }: WaitingProps): VNode => (
  <Card title={visit.texts.organizations.waiting}>
    <ul class="rows">
      {invitations.map((invitation) => (
        <WaitingRow key={invitation.key} visit={visit} invitation={invitation} />
      ))}
    </ul>
  </Card>
);

function WaitingRow({
  visit,
  invitation,
}: {
  readonly visit: Visit;
  readonly invitation: Invitation;
}): VNode {
  const { organizations, signingIn } = visit.texts;
  const { organization_info: organization, owner, role, expired } = invitation;
  const hidden = { key: invitation.key };
  return (
    <li>
      <div class="what">
        <span>
          <strong>{organization.slug}</strong> <span class="badge">{organizations.roles[role]}</span>{' '}
          {expired === true && <span class="badge">{organizations.expired}</span>}
        </span>
        <span class="quiet small">
          {owner !== null && `${signingIn.invitedBy(owner.username)} `}
          <Moment at={invitation.created_date} visit={visit} isDay />
          {expired === true && ` · ${signingIn.invitationExpired}`}
        </span>
      </div>
      <div class="actions">
        {expired !== true && (
          <ButtonForm
            visit={visit}
            action="accept"
            hidden={hidden}
            label={signingIn.accept}
            longLabel={organizations.acceptLabel(organization.slug)}
            kind="first"
          />
        )}
        <ButtonForm
          visit={visit}
          action="decline"
          hidden={hidden}
          label={signingIn.decline}
          longLabel={organizations.declineLabel(organization.slug)}
        />
      </div>
    </li>
  );
}

function OwnList({ visit, own }: { readonly visit: Visit; readonly own: Own }): VNode {
  const { organizations } = visit.texts;
  if (own.count === 0)
    return (
      <section class="card empty">
        <h2>{organizations.none}</h2>
        <p class="quiet">{organizations.noneHint}</p>
      </section>
    );
  return (
    <Card title={organizations.yours}>
      <ul class="rows">
        {own.rows.map(({ organization: { id, slug, name, description }, membership }) => (
          <li key={id}>
            <div class="what">
              <span>
                <a href={organizationPath(slug)}>
                  <strong>{name === '' ? slug : name}</strong>
                </a>{' '}
                <span class="badge">{organizations.roles[membership.role]}</span>
              </span>
              <span class="quiet small brief">{description === '' ? slug : `${slug} · ${description}`}</span>
            </div>
          </li>
        ))}
      </ul>
      <Pager
        visit={visit}
        page={Number(visit.query.get('page') ?? 1)}
        last={Math.ceil(own.count / PAGE_SIZE)}
      />
    </Card>
  );
}

interface NewProps {
  readonly visit: Visit;
  readonly draft: Draft | undefined;
}

function NewOrganization({ visit, draft }: NewProps): VNode {
  const { organizations } = visit.texts;
  return (
    <Card title={organizations.createTitle}>
      <Form
        visit={visit}
        action="create"
        label={organizations.create}
        draft={draft}
        fields={[
          {
            name: 'slug',
            label: organizations.shortName,
            hint: organizations.shortNameHint,
            maxLength: 16,
            autocomplete: 'off',
          },
          ...detailFields(visit),
        ]}
      />
    </Card>
  );
}

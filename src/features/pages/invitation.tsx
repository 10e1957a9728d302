import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';
import { ApiError } from '../../kernel/errors.js';
import { ButtonForm } from './forms.js';
import { type Page, redirect, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { personOf } from './person.js';

const Invitation = z.object({
  owner: z.object({ username: z.string() }).nullable(),
  role: z.enum(ORGANIZATION_ROLES),
  expired: z.boolean().nullable(),
  organization_info: z.object({ slug: z.string() }),
});
type Invitation = z.output<typeof Invitation>;
const Accepted = z.object({ organization_slug: z.string() });

const keyOf = ({ query }: Visit): string => query.get('invitation') ?? '';

/** The page of an invitation mail, for people with and without an account, signed in or not. */
export const invitationPage: Page = {
  path: PATHS.invitation,
  show: async (visit) => {
    const person = await personOf(visit);
    if (person === undefined) return anonymousView(visit);
    return (await find(visit).then((invitation) => invitationView(visit, invitation))) satisfies View;
  },
  actions: {
    accept: async (visit) => {
      const call = { params: { key: keyOf(visit) } };
      const { organization_slug: organization } = await visit.call('invitations_accept', Accepted, call);
      return redirect(withQuery(PATHS.account, { done: 'joined', organization }));
    },
    decline: async (visit) => {
      await visit.call('invitations_decline', z.unknown(), { params: { key: keyOf(visit) } });
      return redirect(withQuery(PATHS.account, { done: 'declined' }));
    },
  },
};

async function find(visit: Visit): Promise<Invitation | undefined> {
  try {
    return await visit.call('invitations_retrieve', Invitation, { params: { key: keyOf(visit) } });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}

function anonymousView(visit: Visit): View {
  const { signingIn, common } = visit.texts;
  const email = visit.query.get('email') ?? undefined;
  const next = withQuery(PATHS.invitation, { invitation: keyOf(visit) });
  return {
    kind: 'view',
    title: signingIn.invitationTitle,
    main: (
      <>
        <p>{signingIn.invitationAnonymous}</p>
        {email !== undefined && <p class="quiet">{signingIn.invitationFor(email)}</p>}
        <div class="actions">
          <a class="button" href={withQuery(PATHS.signIn, { email, next })}>
            {common.signIn}
          </a>
          <a class="button second" href={withQuery(PATHS.register, { email, next, invited: '' })}>
            {signingIn.createOne}
          </a>
        </div>
      </>
    ),
  };
}

function invitationView(visit: Visit, invitation: Invitation | undefined): View {
  const { signingIn, organizations } = visit.texts;
  const title = signingIn.invitationTitle;
  if (invitation === undefined)
    return {
      kind: 'view',
      status: 404,
      title,
      main: (
        <>
          <p>{signingIn.invitationOther}</p>
          <a href={PATHS.signOut}>{signingIn.otherAccount}</a>
        </>
      ),
    };
  const { organization_info: organization, role, owner } = invitation;
  return {
    kind: 'view',
    title,
    main: (
      <>
        <p>{signingIn.invitation(organization.slug, organizations.roles[role])}</p>
        {owner !== null && <p class="quiet">{signingIn.invitedBy(owner.username)}</p>}
        {invitation.expired === true ? (
          <p class="note bad">{signingIn.invitationExpired}</p>
        ) : (
          <div class="actions">
            <ButtonForm visit={visit} action="accept" label={signingIn.accept} kind="first" />
            <ButtonForm visit={visit} action="decline" label={signingIn.decline} />
          </div>
        )}
      </>
    ),
  };
}

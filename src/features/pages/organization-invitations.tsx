import type { VNode } from 'preact';
import { z } from 'zod';
import { ApiError } from '../../kernel/errors.js';
import { ButtonForm, Form, Problems } from './forms.js';
import {
  back,
  Invitation,
  Invitations as InvitationList,
  memberNamed,
  type PartProps,
  type Place,
  placeOf,
  rolesToGive,
} from './organization-place.js';
import { type Draft, field, type Page, type PageAnswer, type Visit } from './page.js';
import { Done, Moment, Pager } from './pieces.js';
import { FormRefused, NO_PROBLEMS, problemsOf } from './problems.js';
import { Card } from './shell.js';

const PAGE_SIZE = 20;
const PAGE_PARAMETER = 'invitations';
/** One form is one request of a person, and each address is a call of the API. */
const MOST_ADDRESSES = 50;
export type InvitationPage = z.output<typeof InvitationList>;

/** @returns the invitations that nobody accepted yet; undefined for people who invite nobody */
export async function pendingIn(place: Place): Promise<InvitationPage | undefined> {
  if (rolesToGive(place).length === 0) return undefined;
  const query = {
    org: place.organization.slug,
    filter: JSON.stringify({ '==': [{ var: 'accepted' }, false] }),
    page: place.visit.query.get(PAGE_PARAMETER) ?? '1',
    page_size: String(PAGE_SIZE),
  };
  return place.visit.call('invitations_list', InvitationList, { query });
}

/** What became of the invitation to one address. */
type Outcome =
  | { readonly email: string; readonly kind: 'sent' | 'joined' }
  | { readonly email: string; readonly kind: 'refused'; readonly error: ApiError };

/** What became of all addresses of a form. */
interface Round {
  readonly outcomes: readonly Outcome[];
  /** An error that is no refusal ends the round: the address at which it came, and those after it. */
  readonly left: readonly string[];
  readonly failure?: unknown;
}

type ShowPage = (visit: Visit, draft: Draft, sent: readonly string[]) => Promise<PageAnswer>;

const keyIn = ({ form }: Visit) => ({ params: { key: field(form, 'key') } });

/** @param show the page, which is shown again if only some of several addresses were invited */
export const invitationActions = (show: ShowPage): NonNullable<Page['actions']> => ({
  invite: async (visit) => {
    const round = await inviteAll(visit);
    const { outcomes, left, failure } = round;
    const sent = outcomes.filter(({ kind }) => kind !== 'refused').map(({ email }) => email);
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
    if (left.length === 0 && refused.length === 0) return back(visit, 'invited', countsOf(outcomes));
    if (left.length > 0 && outcomes.length === 0) throw failure;
    const forbidden = refused.find(({ error }) => error.status === 403);
    if (forbidden !== undefined && sent.length === 0) throw forbidden.error;
    const form = refused.map((outcome) => sentenceOf(outcome, visit));
    if (left.length > 0) form.push(visit.texts.organizations.notInvited(left.join(', ')));
    const problems = { ...NO_PROBLEMS, form };
    if (left.length === 0 && sent.length === 0) throw new FormRefused(problems);
    const fields = new URLSearchParams(visit.form);
    fields.set('emails', [...refused.map(({ email }) => email), ...left].join('\n'));
    const draft = { action: 'invite', fields, problems };
    return left.length === 0 ? show(visit, draft, sent) : showFailed(visit, show, { draft, sent, failure });
  },
  resend: async (visit) => {
    await visit.call('invitations_resend', z.unknown(), keyIn(visit));
    return back(visit, 'resent');
  },
  withdraw: async (visit) => {
    await withdraw(visit, (await placeOf(visit)).organization.slug);
    return back(visit, 'withdrawn');
  },
});

interface Failed {
  readonly draft: Draft;
  readonly sent: readonly string[];
  readonly failure: unknown;
}

/** What makes an invitation fail can keep the page from being shown too: what was sent is said in any case. */
async function showFailed(
  visit: Visit,
  show: ShowPage,
  { draft, sent, failure }: Failed,
): Promise<PageAnswer> {
  const { problems, organizations } = visit.texts;
  const answer = await show(visit, draft, sent).catch(() => ({
    kind: 'view' as const,
    title: problems.failedTitle,
    main: (
      <>
        {sent.length > 0 && <Done>{organizations.invitedSome(sent.join(', '))}</Done>}
        <Problems visit={visit} draft={draft} />
        <p class="quiet small">{problems.reference(visit.exchange.id)}</p>
      </>
    ),
  }));
  if (answer.kind !== 'view') return answer;
  const status = failure instanceof ApiError && failure.status > 500 ? failure.status : 500;
  return { ...answer, status, failure };
}

async function inviteAll(visit: Visit): Promise<Round> {
  const { organizations, problems } = visit.texts;
  const emails = addressesIn(field(visit.form, 'emails'));
  const wrong = emails.length === 0 ? problems.sentences.required : organizations.tooMany(MOST_ADDRESSES);
  if (emails.length === 0 || emails.length > MOST_ADDRESSES)
    throw new FormRefused({ fields: { emails: [wrong] } });
  const { organization } = await placeOf(visit);
  const outcomes: Outcome[] = [];
  // One after the other: limits count them, and the person gets the answers in their order.
  for (const email of emails) {
    try {
      outcomes.push(await invite(visit, organization.slug, email));
    } catch (failure) {
      return { outcomes, left: emails.slice(outcomes.length), failure };
    }
  }
  return { outcomes, left: [] };
}

async function invite(visit: Visit, org: string, email: string): Promise<Outcome> {
  const call = { query: { org }, body: { email, role: field(visit.form, 'role') } };
  try {
    const { expired } = await visit.call('invitations_create', Invitation, call);
    // Without a mail there is nothing to accept: the person is a member at once.
    return { email, kind: expired === null ? 'joined' : 'sent' };
  } catch (error) {
    if (error instanceof ApiError && problemsOf(error, visit.texts, new Set()) !== undefined)
      return { email, kind: 'refused', error };
    throw error;
  }
}

/** @returns the addresses in a text, each once: lines, or with commas; mail programs put names before them */
const addressesIn = (text: string): readonly string[] => {
  const entries = text.split(/[\n,;]/).map((entry) => /<([^<>]*)>\s*$/.exec(entry)?.[1] ?? entry);
  const given = entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
  return [...new Map(given.map((email) => [email.toLowerCase(), email])).values()];
};

const sentenceOf = ({ email, error }: Extract<Outcome, { kind: 'refused' }>, { texts }: Visit): string =>
  `${email}: ${problemsOf(error, texts, new Set())?.form.join(' ')}`;

const countsOf = (outcomes: readonly Outcome[]): Record<string, string> => {
  const numberOf = (kind: Outcome['kind']) => String(outcomes.filter((one) => one.kind === kind).length);
  return { sent: numberOf('sent'), joined: numberOf('joined') };
};

/**
 * Ends the membership that waits for an answer, and so its invitation: an invitation alone would leave a membership
 * that keeps the person from being invited again.
 */
export async function withdraw(visit: Visit, slug: string): Promise<void> {
  const call = { ...keyIn(visit), query: { org: slug } };
  const { user, key } = await visit.call('invitations_retrieve', Invitation, call);
  const member = await memberNamed(visit, slug, user.username);
  if (member?.is_active === true)
    throw new FormRefused({ form: [visit.texts.problems.sentences.invitationAccepted] });
  await (member?.invitation === key
    ? visit.call('memberships_destroy', z.unknown(), { params: { id: String(member.id) } })
    : visit.call('invitations_destroy', z.unknown(), call));
}

export function Inviting({ place, draft }: PartProps): VNode | null {
  const { organizations } = place.visit.texts;
  const roles = rolesToGive(place);
  if (roles.length === 0) return null;
  return (
    <Card title={organizations.inviteTitle}>
      <Form
        visit={place.visit}
        action="invite"
        label={organizations.invite}
        draft={draft}
        fields={[
          { name: 'emails', label: organizations.emails, hint: organizations.emailsHint, rows: 3 },
          {
            name: 'role',
            label: organizations.role,
            hint: organizations.roleHint,
            options: roles.map((role) => [role, organizations.roles[role]] as const),
          },
        ]}
      />
    </Card>
  );
}

interface PendingProps {
  readonly visit: Visit;
  readonly pending: InvitationPage;
}

export function Pending({ visit, pending }: PendingProps): VNode | null {
  if (pending.count === 0) return null;
  return (
    <Card title={visit.texts.organizations.pending}>
      <ul class="rows">
        {pending.results.map((invitation) => (
          <PendingRow key={invitation.key} visit={visit} invitation={invitation} />
        ))}
      </ul>
      <Pager
        visit={visit}
        page={Number(visit.query.get(PAGE_PARAMETER) ?? 1)}
        last={Math.ceil(pending.count / PAGE_SIZE)}
        parameter={PAGE_PARAMETER}
      />
    </Card>
  );
}

function PendingRow({
  visit,
  invitation,
}: {
  readonly visit: Visit;
  readonly invitation: Invitation;
}): VNode {
  const { organizations } = visit.texts;
  const { key, user, owner, role, expired } = invitation;
  return (
    <li>
      <div class="what">
        <span>
          <strong>{user.username}</strong> <span class="badge">{organizations.roles[role]}</span>{' '}
          {expired === true && <span class="badge">{organizations.expired}</span>}
        </span>
        <span class="quiet small">
          {owner !== null && `${organizations.invitedBy(owner.username)} · `}
          <Moment at={invitation.created_date} visit={visit} isDay />
        </span>
      </div>
      <div class="actions">
        <ButtonForm
          visit={visit}
          action="resend"
          hidden={{ key }}
          label={organizations.resend}
          longLabel={organizations.resendLabel(user.username)}
        />
        <ButtonForm
          visit={visit}
          action="withdraw"
          hidden={{ key }}
          label={organizations.withdraw}
          longLabel={organizations.withdrawLabel(user.username)}
          kind="danger"
        />
      </div>
    </li>
  );
}

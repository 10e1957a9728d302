import type { VNode } from 'preact';
import type { Texts } from '../../platform/html/texts/index.js';
import { Problems } from './forms.js';
import { Requiring, requirementActions, requirementOf } from './organization-factors.js';
import { Inviting, invitationActions, Pending, pendingIn } from './organization-invitations.js';
import { Leaving, Members, memberActions, membersOf } from './organization-members.js';
import { maintains, owns, type Place, placeOf, rolesToGive, transferOf } from './organization-place.js';
import {
  contactLine,
  Deleting,
  Offered,
  Settings,
  settingsActions,
  Transferring,
} from './organization-settings.js';
import type { Draft, Page, Visit } from './page.js';
import { PATHS } from './paths.js';
import { Done } from './pieces.js';
import { Lead } from './shell.js';

/** @returns whether the page has the form of an action: that form then shows its own problems */
const hasForm = (place: Place, action: string): boolean =>
  (action === 'invite' && rolesToGive(place).length > 0) ||
  (action === 'save' && maintains(place)) ||
  (['offer', 'delete'].includes(action) && owns(place));

/** @param sent addresses whose invitations were sent, although others were refused */
async function show(visit: Visit, draft?: Draft, sent: readonly string[] = []) {
  const place = await placeOf(visit);
  const [members, pending, transfer, isFactorRequired] = await Promise.all([
    membersOf(place),
    pendingIn(place),
    transferOf(place),
    requirementOf(place),
  ]);
  const { organization, self } = place;
  const title = organization.name === '' ? organization.slug : organization.name;
  const part = { place, draft };
  return {
    kind: 'view' as const,
    title,
    person: self.person,
    main: (
      <>
        <Lead title={title}>{organization.description || undefined}</Lead>
        {draft === undefined && <Outcome visit={visit} />}
        {sent.length > 0 && <Done>{visit.texts.organizations.invitedSome(sent.join(', '))}</Done>}
        {draft !== undefined && !hasForm(place, draft.action) && <Problems visit={visit} draft={draft} />}
        <Facts place={place} />
        <Offered place={place} transfer={transfer} />
        <Members place={place} members={members} />
        <Inviting {...part} />
        {pending !== undefined && <Pending visit={visit} pending={pending} />}
        {maintains(place) && <Settings {...part} />}
        {owns(place) && <Transferring {...part} transfer={transfer} />}
        {isFactorRequired !== undefined && <Requiring visit={visit} isRequired={isFactorRequired} />}
        <Leaving place={place} />
        <Deleting {...part} />
      </>
    ),
  };
}

/** One organization: its members and invitations, its settings, its owner, and its end. */
export const organizationPage: Page = {
  path: `${PATHS.organizations}/:slug`,
  show: (visit, draft) => show(visit, draft),
  actions: { ...memberActions, ...invitationActions(show), ...settingsActions, ...requirementActions },
};

/** The messages that need no number. */
const MESSAGES: Readonly<Record<string, (texts: Texts['organizations']) => string>> = {
  created: (texts) => texts.created,
  joined: (texts) => texts.joined,
  saved: (texts) => texts.saved,
  'role-changed': (texts) => texts.roleChanged,
  removed: (texts) => texts.removed,
  resent: (texts) => texts.resent,
  withdrawn: (texts) => texts.withdrawn,
  offered: (texts) => texts.offerMade,
  'offer-withdrawn': (texts) => texts.offerWithdrawn,
  'taken-over': (texts) => texts.takenOver,
  'offer-declined': (texts) => texts.offerDeclined,
  'factor-required': (texts) => texts.factorRequiredNow,
  'factor-optional': (texts) => texts.factorOptionalNow,
};

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const { organizations } = visit.texts;
  const done = visit.query.get('done') ?? '';
  if (done === 'invited') {
    const [sent, joined] = ['sent', 'joined'].map((name) => Number(visit.query.get(name)) || 0);
    const parts = [
      ...(sent ? [organizations.invitedCount(sent)] : []),
      ...(joined ? [organizations.joinedCount(joined)] : []),
    ];
    return parts.length === 0 ? null : <Done>{parts.join(' ')}</Done>;
  }
  const message = Object.hasOwn(MESSAGES, done) ? MESSAGES[done]?.(organizations) : undefined;
  return message === undefined ? null : <Done>{message}</Done>;
}

function Facts({ place: { visit, organization, mine } }: { readonly place: Place }): VNode {
  const { organizations } = visit.texts;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [organizations.shortName, organization.slug],
    [organizations.owner, organization.owner?.username],
    [organizations.yourRole, mine && organizations.roles[mine.role]],
    [organizations.contact, contactLine(organization.contact)],
  ];
  return (
    <section class="card">
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

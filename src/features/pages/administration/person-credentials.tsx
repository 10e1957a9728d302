import type { VNode } from 'preact';
import { z } from 'zod';
import { Factors } from '../factors.js';
import { ButtonForm } from '../forms.js';
import { Identities, IdentityList } from '../identities.js';
import { field, type Visit } from '../page.js';
import { Moment, Pager, Secret } from '../pieces.js';
import { Session, SessionRow } from '../session-row.js';
import { Card } from '../shell.js';

const Sessions = z.object({ count: z.number(), results: z.array(Session) });
const ApiToken = z.object({ exists: z.boolean(), created_date: z.string().nullable() });
const PAGE_SIZE = 10;

export type PersonCredentials = Awaited<ReturnType<typeof credentialsOf>>;

/** @returns where an account is signed in, whether it has an API token, its second factors, and its identities */
export async function credentialsOf(visit: Visit) {
  const { params } = visit;
  const [sessions, apiToken, factors, identities] = await Promise.all([
    visit.call('users_list_sessions', Sessions, {
      params,
      query: { page: visit.query.get('page') ?? '1', page_size: String(PAGE_SIZE) },
    }),
    visit.call('users_retrieve_api_token', ApiToken, { params }),
    visit.call('users_retrieve_factors', Factors, { params }),
    visit.call('users_list_linked_accounts', Identities, { params, query: { page_size: '100' } }),
  ]);
  return { sessions, apiToken, factors, identities };
}

/** What the buttons do, by the message that the page shows afterwards. */
export const CREDENTIAL_ACTIONS: Readonly<Record<string, (visit: Visit) => Promise<unknown>>> = {
  'end-session': (visit) =>
    visit.call('users_destroy_sessions', z.unknown(), {
      params: { ...visit.params, session_id: field(visit.form, 'session') },
    }),
  'end-sessions': (visit) => visit.call('users_destroy_all_sessions', z.unknown(), { params: visit.params }),
  unlink: (visit) =>
    visit.call('users_destroy_linked_accounts', z.unknown(), {
      params: { ...visit.params, link_id: field(visit.form, 'identity') },
    }),
  'remove-factors': (visit) => visit.call('users_destroy_factors', z.unknown(), { params: visit.params }),
  'rotate-token': (visit) => visit.call('users_rotate_api_token', z.unknown(), { params: visit.params }),
  'revoke-token': (visit) => visit.call('users_destroy_api_token', z.unknown(), { params: visit.params }),
};

const ResetLink = z.object({ link: z.string(), valid_days: z.number() });
export type ResetLink = z.output<typeof ResetLink>;

/** @returns a link that sets the password of the account: shown in this answer, and in no address */
export const makeResetLink = (visit: Visit): Promise<ResetLink> =>
  visit.call('users_create_password_reset_link', ResetLink, { params: visit.params });

/** For people whom a mail does not reach. */
export const LinkCard = ({
  visit,
  made,
}: {
  readonly visit: Visit;
  readonly made: ResetLink | undefined;
}): VNode => (
  <Card title={visit.texts.signingIn.password}>
    <p class="quiet">{visit.texts.administration.linkHint}</p>
    {made !== undefined && (
      <div class="note good" role="status">
        <p>{visit.texts.account.shownOnce}</p>
        <Secret
          id="reset-link"
          label={visit.texts.administration.linkLabel(made.valid_days)}
          value={made.link}
          visit={visit}
        />
      </div>
    )}
    <ButtonForm visit={visit} action="make-link" label={visit.texts.administration.makeLink} />
  </Card>
);

interface CredentialsProps {
  readonly visit: Visit;
  readonly credentials: PersonCredentials;
}

/** The identities, the sessions and the API token of an account. */
export const Credentials = ({ visit, credentials }: CredentialsProps): VNode => (
  <>
    {credentials.identities.results.length > 0 && (
      <Card title={visit.texts.account.identities}>
        <IdentityList visit={visit} identities={credentials.identities} />
      </Card>
    )}
    <SessionsCard visit={visit} credentials={credentials} />
    <TokenCard visit={visit} credentials={credentials} />
  </>
);

const SessionsCard = ({ visit, credentials: { sessions } }: CredentialsProps): VNode => (
  <Card title={visit.texts.account.sessions}>
    {sessions.count === 0 ? (
      <p class="quiet">{visit.texts.administration.noSessions}</p>
    ) : (
      <>
        <ul class="rows">
          {sessions.results.map((session) => (
            <SessionRow key={session.id} visit={visit} session={session} action="end-session" />
          ))}
        </ul>
        <Pager
          visit={visit}
          page={Number(visit.query.get('page') ?? 1)}
          last={Math.ceil(sessions.count / PAGE_SIZE)}
        />
        <ButtonForm
          visit={visit}
          action="end-sessions"
          label={visit.texts.administration.endAllSessions}
          kind="danger"
        />
      </>
    )}
  </Card>
);

const TokenCard = ({ visit, credentials: { apiToken } }: CredentialsProps): VNode => (
  <Card title={visit.texts.account.apiToken}>
    <p>
      {apiToken.exists ? `${visit.texts.administration.tokenSince} ` : visit.texts.administration.noToken}
      {apiToken.exists && <Moment at={apiToken.created_date} visit={visit} />}
    </p>
    {apiToken.exists && (
      <>
        <p class="quiet">{visit.texts.administration.tokenHint}</p>
        <div class="actions">
          <ButtonForm visit={visit} action="rotate-token" label={visit.texts.account.rotateApiToken} />
          <ButtonForm
            visit={visit}
            action="revoke-token"
            label={visit.texts.account.revokeApiToken}
            kind="danger"
          />
        </div>
      </>
    )}
  </Card>
);

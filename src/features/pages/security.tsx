import type { VNode } from 'preact';
import { z } from 'zod';
import { FactorsCard, factorActions, factorForms } from './factor-card.js';
import { Factors } from './factors.js';
import { ButtonForm, Form, Problems } from './forms.js';
import { beginLinking, Identities, IdentitiesCard } from './identities.js';
import { type Draft, field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf } from './person.js';
import { Done, Moment, Pager, Secret } from './pieces.js';
import { SignOnProblem } from './providers.js';
import { Session, SessionRow } from './session-row.js';
import type { PageSettings } from './settings.js';
import { Card, Lead } from './shell.js';

const Sessions = z.object({ count: z.number(), results: z.array(Session) });
const ApiToken = z.object({ exists: z.boolean(), created_date: z.string().nullable() });
const NewApiToken = z.object({ key: z.string() });
const PAGE_SIZE = 10;

/** The password of an account, its second factor, its identities at providers, its sessions and its API token. */
export function securityPage(settings: PageSettings): Page {
  const show = async (visit: Visit, draft?: Draft, newToken?: string) => {
    const [{ person }, sessions, apiToken, factors, identities] = await Promise.all([
      selfOf(visit),
      visit.call('auth_list_sessions', Sessions, {
        query: { page: visit.query.get('page') ?? '1', page_size: String(PAGE_SIZE) },
      }),
      visit.call('auth_retrieve_api_token', ApiToken),
      visit.call('auth_retrieve_factors', Factors),
      visit.call('auth_list_linked_accounts', Identities, { query: { page_size: '100' } }),
    ]);
    const { account } = visit.texts;
    const formsWithProblems = ['password', ...factorForms(settings, factors)];
    return {
      kind: 'view' as const,
      title: account.securityTitle,
      person,
      main: (
        <>
          <Lead title={account.securityTitle}>{account.securityIntro}</Lead>
          {draft === undefined && <SignOnProblem visit={visit} />}
          {draft === undefined && <Outcome visit={visit} />}
          {draft !== undefined && !formsWithProblems.includes(draft.action) && (
            <Problems visit={visit} draft={draft} />
          )}
          <Password visit={visit} settings={settings} draft={draft} />
          <FactorsCard visit={visit} settings={settings} factors={factors} draft={draft} />
          <IdentitiesCard visit={visit} settings={settings} identities={identities} />
          <SessionList visit={visit} sessions={sessions} />
          <ApiTokenCard visit={visit} apiToken={apiToken} newToken={newToken} />
        </>
      ),
    };
  };

  return {
    path: PATHS.security,
    show,
    actions: {
      password: (visit) => changePassword(visit, settings),
      ...factorActions(settings),
      link: (visit) => beginLinking(visit, settings),
      unlink: async (visit) => {
        await visit.call('auth_destroy_linked_accounts', z.unknown(), {
          params: { id: field(visit.form, 'identity') },
        });
        return done('unlinked');
      },
      end: async (visit) => {
        await visit.call('auth_destroy_sessions', z.unknown(), {
          params: { session_id: field(visit.form, 'session') },
        });
        return done('session-ended');
      },
      'end-others': async (visit) => {
        await visit.call('auth_destroy_other_sessions', z.unknown(), { query: { others: 'true' } });
        return done('others-ended');
      },
      'api-token': async (visit) => {
        const { key } = await visit.call('auth_create_api_token', NewApiToken);
        return show(visit, undefined, key);
      },
      'revoke-api-token': async (visit) => {
        await visit.call('auth_destroy_api_token', z.unknown());
        return done('api-token-revoked');
      },
    },
  };
}

const done = (what: string) => redirect(withQuery(PATHS.security, { done: what }));

async function changePassword(visit: Visit, settings: PageSettings) {
  const names = ['old_password', 'new_password1', 'new_password2'];
  const body = Object.fromEntries(names.map((name) => [name, field(visit.form, name)]));
  await visit.call('auth_create_password_change', z.unknown(), { body });
  return settings.logsOutOnPasswordChange
    ? redirect(withQuery(PATHS.signIn, { done: 'password-changed' }))
    : done('password-changed');
}

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const { account } = visit.texts;
  switch (visit.query.get('done')) {
    case 'password-changed':
      return <Done>{account.passwordChanged}</Done>;
    case 'session-ended':
      return <Done>{account.sessionEnded}</Done>;
    case 'others-ended':
      return <Done>{account.othersEnded}</Done>;
    case 'app-added':
      return <Done>{visit.texts.factors.appAdded}</Done>;
    case 'key-added':
      return <Done>{visit.texts.keys.added}</Done>;
    case 'key-renamed':
      return <Done>{visit.texts.keys.renamed}</Done>;
    case 'key-removed':
      return <Done>{visit.texts.keys.removed}</Done>;
    case 'app-removed':
      return <Done>{visit.texts.factors.appRemoved}</Done>;
    case 'linked':
      return <Done>{account.linked}</Done>;
    case 'unlinked':
      return <Done>{account.unlinked}</Done>;
    case 'api-token-revoked':
      return <Done>{account.apiTokenRevoked}</Done>;
    default:
      return null;
  }
}

interface PasswordProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  readonly draft: Draft | undefined;
}

function Password({ visit, settings, draft }: PasswordProps): VNode {
  const { account, signingIn } = visit.texts;
  if (settings.usesDirectory)
    return (
      <Card title={account.changePassword}>
        <p>{account.directoryPassword}</p>
      </Card>
    );
  return (
    <Card title={account.changePassword}>
      <p class="quiet">
        {settings.logsOutOnPasswordChange ? account.changePasswordEndsAll : account.changePasswordHint}
      </p>
      <Form
        visit={visit}
        action="password"
        label={account.changePassword}
        draft={draft}
        fields={[
          {
            name: 'old_password',
            label: account.oldPassword,
            type: 'password',
            autocomplete: 'current-password',
          },
          {
            name: 'new_password1',
            label: signingIn.newPassword,
            type: 'password',
            autocomplete: 'new-password',
            hint: signingIn.passwordHint(settings.minimumPassword),
          },
          {
            name: 'new_password2',
            label: signingIn.newPasswordAgain,
            type: 'password',
            autocomplete: 'new-password',
          },
        ]}
      />
    </Card>
  );
}

function SessionList({
  visit,
  sessions,
}: {
  readonly visit: Visit;
  readonly sessions: z.output<typeof Sessions>;
}): VNode {
  const { account } = visit.texts;
  const page = Number(visit.query.get('page') ?? 1);
  return (
    <Card title={account.sessions}>
      <p class="quiet">{account.sessionsHint}</p>
      <ul class="rows">
        {sessions.results.map((session) => (
          <SessionRow key={session.id} visit={visit} session={session} action="end" />
        ))}
      </ul>
      <Pager visit={visit} page={page} last={Math.ceil(sessions.count / PAGE_SIZE)} />
      {sessions.count > 1 && (
        <ButtonForm visit={visit} action="end-others" label={account.endOthers} kind="danger" />
      )}
    </Card>
  );
}

interface ApiTokenProps {
  readonly visit: Visit;
  readonly apiToken: z.output<typeof ApiToken>;
  /** The value of a token that was created now. */
  readonly newToken: string | undefined;
}

function ApiTokenCard({ visit, apiToken, newToken }: ApiTokenProps): VNode {
  const { account } = visit.texts;
  return (
    <Card title={account.apiToken}>
      <p class="quiet">{account.apiTokenHint}</p>
      {newToken !== undefined && (
        <div class="note good" role="status">
          <p>{account.shownOnce}</p>
          <Secret id="api-token" label={account.newApiToken} value={newToken} visit={visit} />
        </div>
      )}
      <p>
        {apiToken.exists ? `${account.apiTokenSince} ` : account.noApiToken}
        {apiToken.exists && <Moment at={apiToken.created_date} visit={visit} />}
      </p>
      <div class="actions">
        <ButtonForm
          visit={visit}
          action="api-token"
          label={apiToken.exists ? account.rotateApiToken : account.createApiToken}
        />
        {apiToken.exists && (
          <ButtonForm visit={visit} action="revoke-api-token" label={account.revokeApiToken} kind="danger" />
        )}
      </div>
    </Card>
  );
}

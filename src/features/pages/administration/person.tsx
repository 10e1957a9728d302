import type { VNode } from 'preact';
import { z } from 'zod';
import { hasFactor } from '../factors.js';
import { ButtonForm, Form, Problems } from '../forms.js';
import { type Draft, field, type Person, redirect, type Visit } from '../page.js';
import { PATHS, withQuery } from '../paths.js';
import { Done, Moment } from '../pieces.js';
import { FormRefused } from '../problems.js';
import type { PageSettings } from '../settings.js';
import { Card, Lead } from '../shell.js';
import { Account, changesIn, IN_FULL, nameFields, rightsFields, shownOf } from './account.js';
import { Badges } from './people.js';
import {
  CREDENTIAL_ACTIONS,
  Credentials,
  credentialsOf,
  LinkCard,
  makeResetLink,
  type ResetLink,
} from './person-credentials.js';
import { PersonFactors } from './person-factors.js';
import { forSuperusers } from './superuser.js';

const PATH = `${PATHS.people}/:id` as const;
/** The field that says what the form showed before anybody typed. */
const SHOWN = 'shown';
/** Forms that show their own problems; those of single buttons are shown first. */
const FORMS: ReadonlySet<string> = new Set(['save', 'delete']);

/** One account: what it is, what it may do, where it is signed in, and its end. */
export const personPage = (settings: PageSettings) =>
  forSuperusers({
    path: PATH,
    show: (visit, person, draft) => showPerson(visit, person, { settings, draft }),
    actions: {
      save: async (visit) => {
        const body = changesIn(visit.form, new URLSearchParams(field(visit.form, SHOWN)));
        if (Object.keys(body).length > 0) await change(visit, body);
        return done(visit, 'saved');
      },
      activate: async (visit) => {
        await change(visit, { is_active: true });
        return done(visit, 'activated');
      },
      deactivate: async (visit) => {
        await change(visit, { is_active: false });
        return done(visit, 'deactivated');
      },
      'make-link': async (visit, person) =>
        showPerson(visit, person, { settings, link: await makeResetLink(visit) }),
      delete: async (visit) => {
        const { username } = await accountOf(visit);
        if (field(visit.form, 'confirm') !== username)
          throw new FormRefused({ fields: { confirm: [visit.texts.administration.deleteMismatch] } });
        await visit.call('users_destroy', z.unknown(), { params: visit.params });
        return redirect(withQuery(PATHS.people, { done: 'deleted' }));
      },
      ...Object.fromEntries(
        Object.entries(CREDENTIAL_ACTIONS).map(([name, act]) => [
          name,
          async (visit: Visit) => {
            await act(visit);
            return done(visit, name);
          },
        ]),
      ),
    },
  });

const accountOf = (visit: Visit): Promise<Account> =>
  visit.call('users_retrieve', Account, { params: visit.params, query: IN_FULL });

const change = (visit: Visit, body: object) =>
  visit.call('users_partial_update', z.unknown(), { params: visit.params, body });

const done = (visit: Visit, what: string) => redirect(withQuery(visit.exchange.path, { done: what }));

interface Shown {
  readonly settings: PageSettings;
  readonly draft?: Draft | undefined;
  /** A link that was made now. */
  readonly link?: ResetLink;
}

async function showPerson(visit: Visit, person: Person, { settings, draft, link }: Shown) {
  const account = await accountOf(visit);
  const credentials = await credentialsOf(visit);
  const { administration } = visit.texts;
  return {
    kind: 'view' as const,
    title: account.username,
    person,
    main: (
      <>
        <p class="small">
          <a href={PATHS.people}>{administration.backToPeople}</a>
        </p>
        <Lead title={account.username}>{`${account.first_name} ${account.last_name}`.trim()}</Lead>
        {draft === undefined && <Outcome visit={visit} />}
        {draft !== undefined && !FORMS.has(draft.action) && <Problems visit={visit} draft={draft} />}
        <State visit={visit} account={account} />
        <Details visit={visit} account={account} draft={draft} />
        {!settings.usesDirectory && <LinkCard visit={visit} made={link} />}
        {(settings.offersTotp || settings.offersKeys || hasFactor(credentials.factors)) && (
          <PersonFactors visit={visit} factors={credentials.factors} isOwn={account.id === person.id} />
        )}
        <Credentials visit={visit} credentials={credentials} />
        <Deletion visit={visit} account={account} draft={draft} />
      </>
    ),
  };
}

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const outcomes: Readonly<Record<string, string>> = visit.texts.administration.done;
  const what = visit.query.get('done') ?? '';
  return Object.hasOwn(outcomes, what) ? <Done>{outcomes[what] ?? ''}</Done> : null;
}

interface PartProps {
  readonly visit: Visit;
  readonly account: Account;
  readonly draft?: Draft | undefined;
}

/** Approving an account that waits is activating it. */
const State = ({ visit, account }: PartProps): VNode => (
  <section class="card">
    {!account.is_active && (
      <p class="note bad">
        {account.waits_for_approval
          ? visit.texts.administration.waitingHint
          : visit.texts.administration.inactiveHint}
      </p>
    )}
    <div class="head">
      <span>
        <Badges visit={visit} account={account} />
      </span>
      {account.is_active ? (
        <ButtonForm
          visit={visit}
          action="deactivate"
          label={visit.texts.administration.deactivate}
          kind="danger"
        />
      ) : (
        <ButtonForm
          visit={visit}
          action="activate"
          label={
            account.waits_for_approval
              ? visit.texts.administration.approve
              : visit.texts.administration.activate
          }
          kind="first"
        />
      )}
    </div>
    <dl class="facts">
      <div>
        <dt>{visit.texts.administration.id}</dt>
        <dd>{account.id}</dd>
      </div>
      <div>
        <dt>{visit.texts.account.memberSince}</dt>
        <dd>
          <Moment at={account.date_joined} visit={visit} isDay />
        </dd>
      </div>
      <div>
        <dt>{visit.texts.account.lastSignIn}</dt>
        <dd>
          {account.last_login === null ? (
            visit.texts.common.never
          ) : (
            <Moment at={account.last_login} visit={visit} />
          )}
        </dd>
      </div>
    </dl>
  </section>
);

const Details = ({ visit, account, draft }: PartProps): VNode => (
  <Card title={visit.texts.administration.details}>
    <Form
      visit={visit}
      action="save"
      label={visit.texts.common.save}
      draft={draft}
      hidden={{ [SHOWN]: draft?.fields.get(SHOWN) ?? String(shownOf(account)) }}
      fields={[...nameFields(visit, account), ...rightsFields(visit, account)]}
    />
  </Card>
);

const Deletion = ({ visit, account, draft }: PartProps): VNode => (
  <Card title={visit.texts.administration.deleteTitle} kind="danger">
    <p>{visit.texts.administration.deleteHint}</p>
    <Form
      visit={visit}
      action="delete"
      label={visit.texts.administration.deleteAction}
      kind="danger"
      draft={draft}
      fields={[
        {
          name: 'confirm',
          label: visit.texts.administration.deleteConfirm(account.username),
          autocomplete: 'off',
        },
      ]}
    />
  </Card>
);

import type { VNode } from 'preact';
import { z } from 'zod';
import { NotFound } from '../../kernel/errors.js';
import { LANGUAGES, languageOf } from '../../platform/html/language.js';
import { Form } from './forms.js';
import type { Languages } from './language.js';
import { type Draft, field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { type Self, selfOf } from './person.js';
import { Done, Moment } from './pieces.js';
import { FormRefused } from './problems.js';
import type { PageSettings } from './settings.js';
import { Card, Lead } from './shell.js';

const Organizations = z.object({ results: z.array(z.object({ slug: z.string() })) });

/** Names, address, language of an account, and its end. */
export function profilePage(settings: PageSettings, languages: Pick<Languages, 'choose'>): Page {
  return {
    path: PATHS.account,
    show: async (visit, draft) => {
      const self = await selfOf(visit);
      const { account } = visit.texts;
      const owned = await ownedBy(visit, self);
      return {
        kind: 'view',
        title: account.title,
        person: self.person,
        main: (
          <>
            <Lead title={account.title}>{account.intro}</Lead>
            {draft === undefined && <Outcome visit={visit} />}
            <Names visit={visit} self={self} draft={draft} />
            {!settings.usesDirectory && <Address visit={visit} self={self} draft={draft} />}
            <LanguageChoice visit={visit} draft={draft} />
            <Facts visit={visit} self={self} />
            <Card title={account.exportTitle}>
              <p class="quiet">{account.exportHint}</p>
              <div class="actions">
                <a class="button second" href={PATHS.export}>
                  {account.exportAction}
                </a>
              </div>
            </Card>
            <Deletion visit={visit} self={self} owned={owned} draft={draft} />
          </>
        ),
      };
    },
    actions: {
      names: saveNames,
      email: changeEmail,
      delete: deleteAccount,
      language: async (visit) => {
        const language = languageOf(visit.form.get('language'));
        if (language === undefined) throw new NotFound();
        await languages.choose(visit, language);
        return redirect(withQuery(PATHS.account, { done: 'language' }));
      },
    },
  };
}

async function ownedBy(visit: Visit, { username }: Self): Promise<readonly string[]> {
  const { results } = await visit.call('organizations_list', Organizations, {
    query: { owner: username, page_size: '100' },
  });
  return results.map(({ slug }) => slug);
}

async function saveNames(visit: Visit) {
  const { id } = await selfOf(visit);
  const names = ['username', 'first_name', 'last_name'] as const;
  const body = Object.fromEntries(names.map((name) => [name, field(visit.form, name)]));
  await visit.call('users_partial_update', z.unknown(), { params: { id: String(id) }, body });
  return redirect(withQuery(PATHS.account, { done: 'names' }));
}

async function changeEmail(visit: Visit) {
  const body = { email: field(visit.form, 'email'), password: field(visit.form, 'password') };
  await visit.call('auth_create_email_change', z.unknown(), { body });
  return redirect(withQuery(PATHS.account, { done: 'email' }));
}

async function deleteAccount(visit: Visit) {
  const { id, username } = await selfOf(visit);
  if (field(visit.form, 'confirm') !== username)
    throw new FormRefused({ fields: { confirm: [visit.texts.account.deleteMismatch] } });
  await visit.call('users_destroy', z.unknown(), { params: { id: String(id) } });
  return redirect(withQuery(PATHS.signIn, { done: 'deleted' }));
}

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const { account, signingIn } = visit.texts;
  switch (visit.query.get('done')) {
    case 'names':
      return <Done>{account.namesSaved}</Done>;
    case 'email':
      return <Done>{account.emailSent}</Done>;
    case 'language':
      return <Done>{account.languageSaved}</Done>;
    case 'joined':
      return <Done>{signingIn.accepted(visit.query.get('organization') ?? '')}</Done>;
    case 'declined':
      return <Done>{signingIn.declined}</Done>;
    default:
      return null;
  }
}

interface PartProps {
  readonly visit: Visit;
  readonly self: Self;
  readonly draft?: Draft | undefined;
}

const Names = ({ visit, self, draft }: PartProps): VNode => (
  <Card title={visit.texts.account.names}>
    <Form
      visit={visit}
      action="names"
      label={visit.texts.common.save}
      draft={draft}
      fields={[
        {
          name: 'username',
          label: visit.texts.account.username,
          value: self.username,
          autocomplete: 'username',
          maxLength: 150,
        },
        {
          name: 'first_name',
          label: visit.texts.account.firstName,
          value: self.first_name,
          autocomplete: 'given-name',
          isOptional: true,
          maxLength: 150,
        },
        {
          name: 'last_name',
          label: visit.texts.account.lastName,
          value: self.last_name,
          autocomplete: 'family-name',
          isOptional: true,
          maxLength: 150,
        },
      ]}
    />
  </Card>
);

const Address = ({ visit, self, draft }: PartProps): VNode => (
  <Card title={visit.texts.account.email}>
    <p>{self.email === '' ? visit.texts.account.noEmail : visit.texts.account.emailNow(self.email)}</p>
    <Form
      visit={visit}
      action="email"
      label={visit.texts.account.changeEmail}
      kind="second"
      draft={draft}
      fields={[
        {
          name: 'email',
          label: visit.texts.account.newEmail,
          type: 'email',
          autocomplete: 'email',
          hint: visit.texts.account.emailHint,
        },
        {
          name: 'password',
          label: visit.texts.account.currentPassword,
          type: 'password',
          autocomplete: 'current-password',
        },
      ]}
    />
  </Card>
);

const LanguageChoice = ({ visit, draft }: Omit<PartProps, 'self'>): VNode => (
  <Card title={visit.texts.common.chooseLanguage}>
    <Form
      visit={visit}
      action="language"
      label={visit.texts.common.save}
      kind="second"
      draft={draft}
      fields={[
        {
          name: 'language',
          label: visit.texts.account.language,
          value: visit.language,
          options: LANGUAGES.map((language) => [language, visit.texts.common.languages[language]] as const),
        },
      ]}
    />
  </Card>
);

const Facts = ({ visit, self }: PartProps): VNode => (
  <section class="card">
    <dl class="facts">
      <div>
        <dt>{visit.texts.account.roles}</dt>
        <dd>{self.groups.join(', ')}</dd>
      </div>
      <div>
        <dt>{visit.texts.account.memberSince}</dt>
        <dd>
          <Moment at={self.date_joined} visit={visit} isDay />
        </dd>
      </div>
      <div>
        <dt>{visit.texts.account.lastSignIn}</dt>
        <dd>
          <Moment at={self.last_login} visit={visit} />
        </dd>
      </div>
    </dl>
  </section>
);

function Deletion({ visit, self, owned, draft }: PartProps & { readonly owned: readonly string[] }): VNode {
  const { account } = visit.texts;
  return (
    <Card title={account.deleteTitle} kind="danger">
      <p>{account.deleteHint}</p>
      {owned.length > 0 && <p class="note bad">{account.deleteOwned(owned.join(', '))}</p>}
      <Form
        visit={visit}
        action="delete"
        label={account.deleteAction}
        kind="danger"
        draft={draft}
        fields={[{ name: 'confirm', label: account.deleteConfirm(self.username), autocomplete: 'off' }]}
      />
    </Card>
  );
}

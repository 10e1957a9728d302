import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm, type FieldProps, Form, Problems } from './forms.js';
import { type Draft, field, filled, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf } from './person.js';
import { Done, Moment, Pager, Secret } from './pieces.js';
import type { PageSettings } from './settings.js';
import { Card, Lead } from './shell.js';

const Token = z.object({
  id: z.number(),
  name: z.string(),
  created_date: z.string(),
  expiry_date: z.string().nullable(),
  last_used_date: z.string().nullable(),
  last_used_ip: z.string().nullish(),
  read_only: z.boolean(),
  organization: z.number().nullish(),
});
type Token = z.output<typeof Token>;
const Tokens = z.object({ count: z.number(), results: z.array(Token) });
const NewToken = z.object({ name: z.string(), value: z.string() });
const Organizations = z.object({ results: z.array(z.object({ id: z.number(), slug: z.string() })) });
const PAGE_SIZE = 20;
const EDIT_PATH = `${PATHS.tokens}/:id` as const;

/** The personal access tokens of an account. */
export function tokensPage(settings: PageSettings): Page {
  const show = async (visit: Visit, draft?: Draft, made?: z.output<typeof NewToken>) => {
    const [{ person }, tokens, organizations] = await Promise.all([
      selfOf(visit),
      visit.call('auth_list_access_tokens', Tokens, {
        query: {
          page: visit.query.get('page') ?? '1',
          page_size: String(PAGE_SIZE),
          include: 'last_used_ip',
        },
      }),
      organizationsOf(visit),
    ]);
    const { account } = visit.texts;
    return {
      kind: 'view' as const,
      title: account.tokensTitle,
      person,
      main: (
        <>
          <Lead title={account.tokensTitle}>{account.tokensIntro}</Lead>
          {draft === undefined && <Outcome visit={visit} />}
          {draft !== undefined && draft.action !== 'create' && <Problems visit={visit} draft={draft} />}
          {made !== undefined && <Made visit={visit} token={made} server={settings.publicUrl} />}
          <TokenList visit={visit} tokens={tokens} organizations={organizations} />
          <Card title={account.createTokenTitle}>
            <Form
              visit={visit}
              action="create"
              label={account.createToken}
              draft={draft}
              fields={[...fieldsOf(visit), organizationField(visit, organizations)]}
            />
          </Card>
        </>
      ),
    };
  };

  return {
    path: PATHS.tokens,
    show,
    actions: {
      create: async (visit) => {
        const body = { ...bodyOf(visit.form), ...filled(visit.form, ['organization']) };
        return show(visit, undefined, await visit.call('auth_create_access_tokens', NewToken, { body }));
      },
      revoke: async (visit) => {
        const params = { id: field(visit.form, 'id') };
        await visit.call('auth_destroy_access_tokens', z.unknown(), { params });
        return redirect(withQuery(PATHS.tokens, { done: 'revoked' }));
      },
      download: async ({ form }) => {
        const content = {
          token: field(form, 'token'),
          server: settings.publicUrl,
          name: field(form, 'name'),
        };
        return { kind: 'file', name: 'cvat-token.json', content: `${JSON.stringify(content, null, 2)}\n` };
      },
    },
  };
}

/** Changing a token. */
export const tokenPage: Page = {
  path: EDIT_PATH,
  show: async (visit, draft) => {
    const { account, common } = visit.texts;
    const [{ person }, token] = await Promise.all([
      selfOf(visit),
      visit.call('auth_retrieve_access_tokens', Token, { params: visit.params }),
    ]);
    return {
      kind: 'view',
      title: account.editTokenTitle,
      person,
      main: (
        <>
          <Lead title={account.editTokenTitle} />
          <Card title={token.name}>
            <Form
              visit={visit}
              action="save"
              label={common.save}
              draft={draft}
              fields={fieldsOf(visit, token)}
              beside={<a href={PATHS.tokens}>{common.cancel}</a>}
            />
          </Card>
        </>
      ),
    };
  },
  actions: {
    save: async (visit) => {
      const body = bodyOf(visit.form);
      await visit.call('auth_partial_update_access_tokens', z.unknown(), { params: visit.params, body });
      return redirect(withQuery(PATHS.tokens, { done: 'saved' }));
    },
  },
};

/** A token ends with the day that is named, in UTC. */
const bodyOf = (form: URLSearchParams) => ({
  name: field(form, 'name'),
  expiry_date: field(form, 'expiry_date') === '' ? null : `${field(form, 'expiry_date')}T23:59:59Z`,
  read_only: field(form, 'read_only') === 'true',
});

function fieldsOf(visit: Visit, token?: Token): readonly FieldProps[] {
  const { account } = visit.texts;
  return [
    {
      name: 'name',
      label: account.tokenName,
      hint: account.tokenNameHint,
      value: token?.name,
      maxLength: 50,
    },
    {
      name: 'expiry_date',
      label: account.tokenExpiry,
      hint: account.tokenExpiryHint,
      type: 'date',
      value: token?.expiry_date?.slice(0, 10),
      isOptional: true,
    },
    {
      name: 'read_only',
      label: account.tokenReadOnly,
      hint: account.tokenReadOnlyHint,
      type: 'checkbox',
      value: String(token?.read_only ?? true),
      isOptional: true,
    },
  ];
}

type OrganizationNames = ReadonlyMap<number, string>;

async function organizationsOf(visit: Visit): Promise<OrganizationNames> {
  const { results } = await visit.call('organizations_list', Organizations, { query: { page_size: '100' } });
  return new Map(results.map(({ id, slug }) => [id, slug]));
}

const organizationField = (visit: Visit, organizations: OrganizationNames): FieldProps => ({
  name: 'organization',
  label: visit.texts.account.tokenOrganization,
  hint: visit.texts.account.tokenOrganizationHint,
  isOptional: true,
  options: [
    ['', visit.texts.account.tokenAnywhere],
    ...[...organizations].map(([id, slug]) => [String(id), slug] as const),
  ],
});

function Outcome({ visit }: { readonly visit: Visit }): VNode | null {
  const { account } = visit.texts;
  const done = visit.query.get('done');
  if (done === 'saved') return <Done>{account.tokenSaved}</Done>;
  return done === 'revoked' ? <Done>{account.tokenRevoked}</Done> : null;
}

interface MadeProps {
  readonly visit: Visit;
  readonly token: z.output<typeof NewToken>;
  readonly server: string;
}

/** The value is in the page and in no address: a reload does not show it again. */
const Made = ({ visit, token }: MadeProps): VNode => (
  <div class="note good" role="status">
    <h2>{visit.texts.account.tokenCreated}</h2>
    <p>{visit.texts.account.shownOnce}</p>
    <Secret id="new-token" label={token.name} value={token.value} visit={visit} />
    <ButtonForm
      visit={visit}
      action="download"
      hidden={{ token: token.value, name: token.name }}
      label={visit.texts.account.downloadToken}
    />
  </div>
);

interface TokenListProps {
  readonly visit: Visit;
  readonly tokens: z.output<typeof Tokens>;
  readonly organizations: OrganizationNames;
}

function TokenList({ visit, tokens, organizations }: TokenListProps): VNode {
  const { account } = visit.texts;
  if (tokens.count === 0)
    return (
      <section class="card empty">
        <h2>{account.noTokens}</h2>
        <p class="quiet">{account.noTokensHint}</p>
      </section>
    );
  return (
    <section class="card">
      <ul class="rows">
        {tokens.results.map((token) => (
          <TokenRow
            key={token.id}
            visit={visit}
            token={token}
            organization={token.organization == null ? undefined : organizations.get(token.organization)}
          />
        ))}
      </ul>
      <Pager
        visit={visit}
        page={Number(visit.query.get('page') ?? 1)}
        last={Math.ceil(tokens.count / PAGE_SIZE)}
      />
    </section>
  );
}

interface TokenRowProps {
  readonly visit: Visit;
  readonly token: Token;
  readonly organization: string | undefined;
}

function TokenRow({ visit, token, organization }: TokenRowProps): VNode {
  const { account, common } = visit.texts;
  return (
    <li>
      <div class="what">
        <span>
          <strong>{token.name}</strong>{' '}
          <span class="badge">{token.read_only ? account.canRead : account.canWrite}</span>{' '}
          {organization !== undefined && <span class="badge">{organization}</span>}
        </span>
        <span class="quiet small">
          {`${account.created} `}
          <Moment at={token.created_date} visit={visit} isDay />
          {` · ${account.expires} `}
          {token.expiry_date === null ? common.never : <Moment at={token.expiry_date} visit={visit} isDay />}
          {` · ${account.lastUsed} `}
          {token.last_used_date === null ? common.never : <Moment at={token.last_used_date} visit={visit} />}
          {token.last_used_ip != null && ` · ${token.last_used_ip}`}
        </span>
      </div>
      <div class="actions">
        <a
          class="button second little"
          href={`${PATHS.tokens}/${token.id}`}
          aria-label={account.editTokenLabel(token.name)}
        >
          {account.editToken}
        </a>
        <ButtonForm
          visit={visit}
          action="revoke"
          hidden={{ id: String(token.id) }}
          label={account.revokeToken}
          longLabel={account.revokeTokenLabel(token.name)}
          kind="danger"
        />
      </div>
    </li>
  );
}

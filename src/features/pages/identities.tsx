import type { VNode } from 'preact';
import { z } from 'zod';
import { ButtonForm } from './forms.js';
import { field, type View, type Visit } from './page.js';
import { Moment } from './pieces.js';
import { onwards } from './providers.js';
import type { PageSettings } from './settings.js';
import { Card } from './shell.js';

/** What the pages read of linked identities. */
export const Identities = z.object({
  results: z.array(
    z.object({
      id: z.int(),
      provider: z.string(),
      provider_name: z.string().nullable(),
      account: z.string().nullable(),
      created_date: z.string(),
      last_login: z.string(),
    }),
  ),
});
export type Identities = z.output<typeof Identities>;

interface IdentityListProps {
  readonly visit: Visit;
  readonly identities: Identities;
}

/** Identities with a button that unlinks each. */
export function IdentityList({ visit, identities }: IdentityListProps): VNode {
  const { account } = visit.texts;
  return (
    <ul class="rows">
      {identities.results.map(({ id, provider, provider_name: known, account: name, ...times }) => {
        const title = known ?? account.formerProvider(provider);
        return (
          <li key={id}>
            <div class="what">
              <span>
                <strong>{title}</strong> {name}
              </span>
              <span class="quiet small">
                {`${account.created} `}
                <Moment at={times.created_date} visit={visit} />
                {` · ${account.lastSignIn} `}
                <Moment at={times.last_login} visit={visit} />
              </span>
            </div>
            <ButtonForm
              visit={visit}
              action="unlink"
              hidden={{ identity: String(id) }}
              label={account.unlink}
              longLabel={account.unlinkLabel(title)}
            />
          </li>
        );
      })}
    </ul>
  );
}

interface IdentitiesCardProps extends IdentityListProps {
  readonly settings: PageSettings;
}

/** The identities of an account, and a button for each provider to which it can be linked. */
export function IdentitiesCard({ visit, settings, identities }: IdentitiesCardProps): VNode | null {
  const { account } = visit.texts;
  const { results } = identities;
  const others = settings.providers.filter(({ id }) => !results.some(({ provider }) => provider === id));
  if (settings.providers.length === 0 && results.length === 0) return null;
  return (
    <Card title={account.identities}>
      <p class="quiet">{account.identitiesHint}</p>
      {results.length === 0 ? (
        <p>{account.noIdentities}</p>
      ) : (
        <IdentityList visit={visit} identities={identities} />
      )}
      {others.length > 0 && (
        <div class="actions">
          {others.map(({ id, name }) => (
            <ButtonForm
              key={id}
              visit={visit}
              action="link"
              hidden={{ provider: id }}
              label={account.link(name)}
            />
          ))}
        </div>
      )}
    </Card>
  );
}

const ProviderUrl = z.object({ url: z.url() });

/** Begins to link an identity. @returns a page that leads on to its provider */
export async function beginLinking(visit: Visit, { providers }: PageSettings): Promise<View> {
  const provider = field(visit.form, 'provider');
  const { url } = await visit.call('auth_create_linked_accounts', ProviderUrl, { body: { provider } });
  return onwards(visit, url, providers.find(({ id }) => id === provider)?.name ?? provider);
}

/** @returns the provider of the identity that an account signed in with last; undefined without one */
export async function lastProvider(visit: Visit): Promise<string | undefined> {
  const { results } = await visit.call('auth_list_linked_accounts', Identities);
  const [last] = results.toSorted((left, right) => (left.last_login < right.last_login ? 1 : -1));
  return last?.provider;
}

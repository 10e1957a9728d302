import type { VNode } from 'preact';
import { z } from 'zod';
import { safeNext } from '../../platform/http/safe-next.js';
import { Form } from './forms.js';
import { type Draft, field, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import type { PageSettings } from './settings.js';

interface ProvidersProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  /** Whether a form for a password follows. */
  readonly isFirst: boolean;
  readonly draft?: Draft | undefined;
}

/** The button that chooses a provider by an address. */
export const CHOOSE = 'choose-provider';

/**
 * Buttons that lead to identity providers. They are links: a policy for forms would also apply to the pages of the
 * provider.
 */
export function Providers({ visit, settings, isFirst, draft }: ProvidersProps): VNode | null {
  const { signingIn } = visit.texts;
  const { providers, uiUrl } = settings;
  if (providers.length === 0) return null;
  const next = safeNext(draft?.fields.get('next') ?? visit.query.get('next'), uiUrl);
  return (
    <>
      <div class="providers">
        {providers
          .filter(({ isChosen }) => !isChosen)
          .map(({ id, name, icon, path }) => (
            <a key={id} class="button second" href={withQuery(path, { next })} rel="nofollow">
              <Icon path={icon} />
              {signingIn.continueWith(name)}
            </a>
          ))}
      </div>
      {settings.choosesByEmail && <Chooser visit={visit} draft={draft} next={next} />}
      {isFirst && <p class="or quiet">{signingIn.orPassword}</p>}
    </>
  );
}

const Icon = ({ path }: { readonly path: string }): VNode => (
  <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
    <path d={path} />
  </svg>
);

interface ChooserProps {
  readonly visit: Visit;
  readonly draft: Draft | undefined;
  readonly next: string | undefined;
}

const Chooser = ({ visit, draft, next }: ChooserProps): VNode => (
  <Form
    visit={visit}
    to={PATHS.signIn}
    action={CHOOSE}
    label={visit.texts.signingIn.chooseProvider}
    kind="second"
    isFull
    draft={draft}
    hidden={next === undefined ? {} : { next }}
    fields={[
      {
        name: 'email',
        label: visit.texts.signingIn.workEmail,
        type: 'email',
        autocomplete: 'email',
        value: visit.query.get('email') ?? undefined,
      },
    ]}
  />
);

const LoginUrl = z.object({ url: z.url() });

/** @returns a page that leads to the provider of an address */
export async function chooseProvider(visit: Visit, { uiUrl, publicUrl }: PageSettings): Promise<View> {
  const email = field(visit.form, 'email').trim();
  const { url } = await visit.call('auth_retrieve_sso_login_url', LoginUrl, { query: { email } });
  const next = safeNext(visit.form.get('next'), uiUrl);
  return onwards(visit, withQuery(url.slice(publicUrl.length), { next }), visit.texts.signingIn.singleSignOn);
}

/** @returns a page that leads on to a provider at once, and has a link for browsers that do not */
export function onwards(visit: Visit, url: string, name: string): View {
  const { signingIn } = visit.texts;
  return {
    kind: 'view',
    title: signingIn.onwards(name),
    forward: url,
    main: (
      <a class="button full" href={url} rel="nofollow">
        {signingIn.continueWith(name)}
      </a>
    ),
  };
}

/** Why a person came back from a provider without a session, or with the one that they had. */
export function SignOnProblem({ visit }: { readonly visit: Visit }): VNode | null {
  const problem = visit.query.get('problem') ?? '';
  const sentences: Readonly<Record<string, string>> = visit.texts.signingIn.signOn;
  const sentence = Object.hasOwn(sentences, problem) ? sentences[problem] : undefined;
  if (sentence === undefined) return null;
  return (
    <div class="note bad" role="alert">
      <p>{sentence}</p>
    </div>
  );
}

interface SignOutThereProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
}

/** For people who have signed out here: where they sign out at their provider. */
export function SignOutThere({ visit, settings }: SignOutThereProps): VNode | null {
  const provider = settings.providers.find(({ id }) => id === visit.query.get('provider'));
  if (visit.query.get('done') !== 'signed-out' || provider === undefined || !provider.hasLogoutPage())
    return null;
  return (
    <p>
      <a href={provider.logoutPath} rel="nofollow">
        {visit.texts.signingIn.signOutThere(provider.name)}
      </a>
    </p>
  );
}

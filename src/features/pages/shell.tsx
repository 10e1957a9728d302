import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { CSRF_FIELD } from '../../authentication/csrf.js';
import { LANGUAGES } from '../../platform/html/language.js';
import { ACTION_FIELD, type Person, type View, type Visit } from './page.js';
import { PATHS } from './paths.js';

/** The name and the look of the site. */
export interface Look {
  readonly siteName: () => string;
  /** URLs of files with a hash in their name. */
  readonly stylesheet: string;
  readonly script: string;
  /** For pages with a form for a passkey or security key. */
  readonly keyScript: string;
  readonly logo: string;
  /** The user interface of CVAT, if there is one. */
  readonly uiUrl: string | undefined;
  /** Whether there are pages to link to. */
  readonly hasPages: boolean;
}

/** The parts of a visit that are needed around the content of a page. */
export type ShellVisit = Pick<Visit, 'exchange' | 'query' | 'texts' | 'language' | 'csrfToken'>;
type ShellView = Omit<View, 'kind'>;

/** @returns a whole document */
export const renderView = (view: ShellView, visit: ShellVisit, look: Look): string =>
  `<!doctype html>\n${renderToString(<Document view={view} visit={visit} look={look} />)}\n`;

interface ShellProps {
  readonly view: ShellView;
  readonly visit: ShellVisit;
  readonly look: Look;
}

const Document = ({ view, visit, look }: ShellProps): VNode => (
  <html lang={visit.language}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <meta name="color-scheme" content="light dark" />
      {view.forward !== undefined && <meta http-equiv="refresh" content={`0;url=${view.forward}`} />}
      <title>{`${isRefused(view) ? `${visit.texts.common.problem}: ` : ''}${view.title} · ${look.siteName()}`}</title>
      <link rel="icon" href={look.logo} />
      <link rel="stylesheet" href={look.stylesheet} />
      <script type="module" src={look.script} />
      {view.usesKeys === true && <script type="module" src={look.keyScript} />}
    </head>
    <body>
      <a class="skip" href="#main">
        {visit.texts.common.skip}
      </a>
      <Top {...{ view, visit, look }} />
      {view.person === undefined ? (
        <Narrow view={view} />
      ) : (
        <Wide view={view} visit={visit} person={view.person} />
      )}
      {look.hasPages && <Bottom visit={visit} />}
    </body>
  </html>
);

/** Screen readers say the title first. */
const isRefused = ({ status = 200 }: ShellView): boolean => status >= 400;

const Top = ({ view: { person }, visit: { texts }, look }: ShellProps): VNode => (
  <header class="top">
    <a class="brand" href={person === undefined ? '/' : PATHS.account}>
      <img src={look.logo} alt="" />
      <span>{look.siteName()}</span>
    </a>
    {person !== undefined && (
      <div class="who">
        <span>{texts.common.signedInAs(person.username)}</span>
        {look.uiUrl !== undefined && <a href={look.uiUrl}>{texts.common.openCvat}</a>}
        <a href={PATHS.signOut}>{texts.common.signOut}</a>
      </div>
    )}
  </header>
);

const Narrow = ({ view }: { readonly view: ShellView }): VNode => (
  <main id="main" class="narrow">
    <div class="card">
      <h1>{view.title}</h1>
      {view.main}
    </div>
  </main>
);

const Wide = ({ view, visit, person }: Omit<ShellProps, 'look'> & { readonly person: Person }): VNode => (
  <div class="wide">
    <Navigation visit={visit} person={person} />
    <main id="main" class="stack">
      {view.main}
    </main>
  </div>
);

function Navigation({ visit, person }: { readonly visit: ShellVisit; readonly person: Person }): VNode {
  const { administration, common } = visit.texts;
  const places: readonly (readonly [string, string])[] = [
    [PATHS.account, common.account],
    [PATHS.security, common.security],
    [PATHS.tokens, common.tokens],
    [PATHS.organizations, common.organizations],
  ];
  return (
    <nav aria-label={common.navigation}>
      <Places visit={visit} places={places} />
      {person.isSuperuser && (
        <>
          <p class="group" id="administration">
            {administration.heading}
          </p>
          <Places
            visit={visit}
            labelledBy="administration"
            places={[
              [PATHS.people, administration.people],
              [PATHS.allOrganizations, administration.allOrganizations],
              [PATHS.allInvitations, administration.allInvitations],
              [PATHS.server, administration.server],
            ]}
          />
        </>
      )}
    </nav>
  );
}

function Places({
  visit,
  places,
  labelledBy,
}: {
  readonly visit: ShellVisit;
  readonly places: readonly (readonly [string, string])[];
  readonly labelledBy?: string;
}): VNode {
  const { path } = visit.exchange;
  const isHere = (place: string): boolean =>
    path === place || (place !== PATHS.account && path.startsWith(`${place}/`));
  return (
    <ul {...(labelledBy === undefined ? {} : { 'aria-labelledby': labelledBy })}>
      {places.map(([place, label]) => (
        <li key={place}>
          <a href={place} {...(isHere(place) ? { 'aria-current': 'page' as const } : {})}>
            {label}
          </a>
        </li>
      ))}
    </ul>
  );
}

const Bottom = ({ visit }: { readonly visit: ShellVisit }): VNode => (
  <footer class="bottom">
    <form method="post" action={PATHS.language} aria-label={visit.texts.common.chooseLanguage}>
      <Csrf visit={visit} />
      <input type="hidden" name={ACTION_FIELD} value="choose" />
      <input type="hidden" name="back" value={addressOf(visit)} />
      {LANGUAGES.map((language) => (
        <button
          type="submit"
          key={language}
          name="language"
          value={language}
          lang={language}
          {...(language === visit.language ? { 'aria-current': 'true' as const } : {})}
        >
          {visit.texts.common.languages[language]}
        </button>
      ))}
    </form>
  </footer>
);

/** @returns the address of the page, with its query */
export const addressOf = ({ exchange, query }: Pick<Visit, 'exchange' | 'query'>): string =>
  query.size === 0 ? exchange.path : `${exchange.path}?${query}`;

/** Proves that a form comes from a page of this server. */
export const Csrf = ({ visit }: { readonly visit: ShellVisit }): VNode => (
  <input type="hidden" name={CSRF_FIELD} value={visit.csrfToken()} />
);

/** The head of a page with cards: its title, and what it is about. */
export const Lead = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode => (
  <div class="lead">
    <h1>{title}</h1>
    {children !== undefined && <p class="quiet">{children}</p>}
  </div>
);

/** A part of a page with a heading of its own. */
export const Card = ({
  title,
  children,
  kind,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly kind?: 'danger';
}): VNode => (
  <section class={kind === undefined ? 'card' : `card ${kind}`}>
    <h2>{title}</h2>
    {children}
  </section>
);

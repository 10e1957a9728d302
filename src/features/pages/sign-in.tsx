import type { VNode } from 'preact';
import { z } from 'zod';
import { CodeRequired, EnrolmentRequired, NotFound } from '../../kernel/errors.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { CODE, codeStep, codeView, ENROL, enrolView, PROVE } from './code-step.js';
import { Form } from './forms.js';
import { addressOfPage, keep, readKept } from './kept-form.js';
import type { Languages } from './language.js';
import { field, type Page, type PageAnswer, type Person, redirect, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { personOf } from './person.js';
import { Done, Note } from './pieces.js';
import { NO_PROBLEMS } from './problems.js';
import { CHOOSE, chooseProvider, Providers, SignOnProblem, SignOutThere } from './providers.js';
import type { PageSettings } from './settings.js';

const ACTION = 'sign-in';

/** @returns a page that asks for a sign-in and keeps what was typed, except for passwords */
export function signInAgain(visit: Visit, page: string): View {
  return {
    kind: 'view',
    status: 401,
    title: visit.texts.common.signIn,
    main: (
      <>
        <Note>{visit.texts.signingIn.draftKept}</Note>
        <SignInForm visit={visit} method="username_email" hidden={{ kept: keep(visit, page) }} />
      </>
    ),
  };
}

interface SignInFormProps {
  readonly visit: Visit;
  readonly method: PageSettings['loginMethod'];
  readonly hidden: Readonly<Record<string, string>>;
  readonly draft?: Parameters<Page['show']>[1];
}

function SignInForm({ visit, method, hidden, draft }: SignInFormProps): VNode {
  const { signingIn } = visit.texts;
  const labels = {
    username: signingIn.username,
    email: signingIn.email,
    username_email: signingIn.usernameOrEmail,
  };
  return (
    <Form
      visit={visit}
      to={PATHS.signIn}
      action={ACTION}
      label={visit.texts.common.signIn}
      isFull
      hidden={hidden}
      draft={draft}
      fields={[
        {
          name: 'username',
          label: labels[method],
          autocomplete: 'username webauthn',
          value: visit.query.get('email') ?? undefined,
        },
        { name: 'password', label: signingIn.password, type: 'password', autocomplete: 'current-password' },
      ]}
    />
  );
}

interface PasswordsProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  /** A form that was sent is shown. */
  readonly isOpen: boolean;
  readonly children: VNode;
}

/** Where passwords are turned off, their form is for emergencies. */
function Passwords({ visit, settings, isOpen, children }: PasswordsProps): VNode {
  if (settings.allowsPasswords) return children;
  return (
    <details open={isOpen}>
      <summary>{visit.texts.signingIn.emergency}</summary>
      {children}
    </details>
  );
}

interface SignInDeps {
  /** All pages, for a form that was kept. */
  readonly pages: () => readonly Page[];
  readonly languages: Pick<Languages, 'meet'>;
}

/** Signing in. */
export function signInPage(settings: PageSettings, { pages, languages }: SignInDeps): Page {
  const show: Page['show'] = async (visit, draft) => {
    const { signingIn } = visit.texts;
    const invitation = visit.query.get('invitation');
    if (invitation !== null && draft === undefined)
      return redirect(withQuery(PATHS.invitation, Object.fromEntries(visit.query)));
    const next = safeNext(draft?.fields.get('next') ?? visit.query.get('next'), settings.uiUrl);
    const kept = draft?.fields.get('kept');
    const hidden = { ...(next === undefined ? {} : { next }), ...(kept ? { kept } : {}) };
    const step = codeStep(visit, draft);
    if (step === ENROL) return enrolView(visit, hidden, draft);
    if (step !== undefined) return codeView(visit, { step, hidden, draft });
    const person = draft === undefined ? await personOf(visit) : undefined;
    if (person !== undefined && next !== undefined) return redirect(next);
    const title = signingIn.title(settings.siteName());
    if (person !== undefined) return signedInView(visit, title, person);
    return {
      kind: 'view',
      title,
      main: (
        <>
          {draft === undefined && <SignOnProblem visit={visit} />}
          {draft === undefined && <Welcome visit={visit} hasNext={next !== undefined} />}
          {draft === undefined && <SignOutThere visit={visit} settings={settings} />}
          <Providers visit={visit} settings={settings} isFirst={settings.allowsPasswords} draft={draft} />
          {settings.usesDirectory && <p class="quiet">{signingIn.directory}</p>}
          <Passwords visit={visit} settings={settings} isOpen={draft?.action === ACTION}>
            <SignInForm visit={visit} method={settings.loginMethod} draft={draft} hidden={hidden} />
          </Passwords>
          {!settings.usesDirectory && settings.allowsPasswords && <Ways visit={visit} settings={settings} />}
        </>
      ),
    };
  };

  const signIn = async (visit: Visit): Promise<PageAnswer> => {
    const { form } = visit;
    const name = settings.loginMethod === 'email' ? 'email' : 'username';
    const body = { [name]: field(form, 'username'), password: field(form, 'password') };
    try {
      await visit.call('auth_create_login', z.unknown(), { body });
    } catch (error) {
      if (error instanceof EnrolmentRequired) return enrol(visit, settings);
      if (!(error instanceof CodeRequired)) throw error;
      const kept = field(form, 'kept');
      const next = safeNext(form.get('next'), settings.uiUrl);
      const hidden = { ...(next === undefined ? {} : { next }), ...(kept === '' ? {} : { kept }) };
      return codeView(visit, { step: CODE, hidden });
    }
    return goOn(visit);
  };

  const finish = async (visit: Visit): Promise<PageAnswer> => {
    const body = { code: field(visit.form, 'code') };
    await visit.call('auth_create_login_code', z.unknown(), { body });
    return goOn(visit);
  };

  const goOn = async (visit: Visit): Promise<PageAnswer> => {
    await languages.meet(visit);
    const kept = field(visit.form, 'kept');
    if (kept !== '') return showKept(visit, kept);
    return redirect(safeNext(visit.form.get('next'), settings.uiUrl) ?? PATHS.account);
  };

  const prove = async (visit: Visit): Promise<PageAnswer> => {
    const body = { code: field(visit.form, 'code') };
    await visit.call('auth_create_factors_proof', z.unknown(), { body });
    const kept = field(visit.form, 'kept');
    return kept === ''
      ? redirect(safeNext(visit.form.get('next'), settings.uiUrl) ?? PATHS.security)
      : showKept(visit, kept);
  };

  /** @returns the page whose form was kept, for the person to send it again */
  const showKept = async (visit: Visit, text: string): Promise<PageAnswer> => {
    const kept = readKept(text);
    const page = pages().find(({ path }) => path === kept?.page);
    if (kept === undefined || page === undefined) throw new NotFound();
    const problems = { ...NO_PROBLEMS, form: [visit.texts.signingIn.checkAgain] };
    const fields = new URLSearchParams(kept.fields);
    return page.show(
      { ...visit, params: kept.params, form: fields, formsTo: addressOfPage(page, kept.params) },
      { action: kept.action, fields, problems },
    );
  };

  return {
    path: PATHS.signIn,
    show,
    actions: {
      [ACTION]: signIn,
      [CODE]: finish,
      [ENROL]: (visit) => enrol(visit, settings),
      [PROVE]: prove,
      [CHOOSE]: (visit) => chooseProvider(visit, settings),
    },
  };
}

/** The password was right: the session that opens now can do nothing but set up a second factor. */
async function enrol(visit: Visit, { uiUrl }: PageSettings): Promise<PageAnswer> {
  await visit.call('auth_create_login_code', z.unknown());
  return redirect(withQuery(PATHS.enrol, { next: safeNext(visit.form.get('next'), uiUrl) }));
}

/** For people who are signed in, and came from no page. */
const signedInView = (visit: Visit, title: string, { username }: Pick<Person, 'username'>): View => ({
  kind: 'view',
  title,
  main: (
    <>
      <SignOnProblem visit={visit} />
      <p>{visit.texts.signingIn.alreadySignedIn(username)}</p>
      <div class="actions">
        <a class="button" href={PATHS.account}>
          {visit.texts.signingIn.goOn}
        </a>
        <a href={PATHS.signOut}>{visit.texts.common.signOut}</a>
      </div>
    </>
  ),
});

/** Why the person is here, if another page of this server led here. */
function Welcome({ visit, hasNext }: { readonly visit: Visit; readonly hasNext: boolean }): VNode | null {
  const { signingIn, account } = visit.texts;
  switch (visit.query.get('done')) {
    case 'signed-out':
      return <Done>{signingIn.signedOut}</Done>;
    case 'password-set':
      return <Done>{signingIn.passwordSet}</Done>;
    case 'password-changed':
      return <Done>{account.passwordChanged}</Done>;
    case 'deleted':
      return <Done>{account.deleted}</Done>;
    default:
      return hasNext ? <Note>{signingIn.signInFirst}</Note> : null;
  }
}

/** Without a password, and without an account. */
const Ways = ({ visit, settings }: { readonly visit: Visit; readonly settings: PageSettings }): VNode => (
  <div class="ways">
    <a href={PATHS.reset}>{visit.texts.signingIn.forgot}</a>
    {settings.registration !== 'closed' && (
      <span>
        {`${visit.texts.signingIn.noAccount} `}
        <a href={withQuery(PATHS.register, { email: visit.query.get('email') ?? undefined })}>
          {visit.texts.signingIn.createOne}
        </a>
      </span>
    )}
  </div>
);

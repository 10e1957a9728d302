import type { ComponentChildren, VNode } from 'preact';
import { z } from 'zod';
import { CodeRequired, EnrolmentRequired } from '../../kernel/errors.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { CODE, CODE_BY_KEY, codeStep, codeView, ENROL, enrolView, PROVE, PROVE_BY_KEY } from './code-step.js';
import { Form } from './forms.js';
import { keep } from './kept-form.js';
import { KeyForm, KeyOptions } from './key-form.js';
import { field, type Page, type PageAnswer, type Person, redirect, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { personOf } from './person.js';
import { Done, Note } from './pieces.js';
import { CHOOSE, chooseProvider, Providers, SignOnProblem, SignOutThere } from './providers.js';
import type { PageSettings } from './settings.js';
import { codeIn, createSignInSteps, keyIn, type SignInStepDeps } from './sign-in-steps.js';

const ACTION = 'sign-in';
/** Without a password. */
const PASSKEY = 'passkey';

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

interface PasskeyFormProps extends Pick<SignInFormProps, 'visit' | 'hidden' | 'draft'> {
  /** Undefined where nobody signs in with a passkey. */
  readonly options: KeyOptions | undefined;
}

const PasskeyForm = ({ visit, options, hidden, draft }: PasskeyFormProps): VNode | null =>
  options === undefined ? null : (
    <KeyForm
      visit={visit}
      does="get"
      options={options}
      isBeside
      to={PATHS.signIn}
      action={PASSKEY}
      label={visit.texts.keys.signIn}
      kind="second"
      isFull
      draft={draft}
      hidden={hidden}
    />
  );

interface PasswordsProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  /** A form that was sent is shown. */
  readonly isOpen: boolean;
  readonly children: ComponentChildren;
}

/** Where passwords are turned off, their form is for emergencies. */
function Passwords({ visit, settings, isOpen, children }: PasswordsProps): VNode {
  if (settings.allowsPasswords) return <>{children}</>;
  return (
    <details open={isOpen}>
      <summary>{visit.texts.signingIn.emergency}</summary>
      {children}
    </details>
  );
}

/** Signing in. */
export function signInPage(settings: PageSettings, deps: SignInStepDeps): Page {
  const { goOn, enterBy, proveBy } = createSignInSteps(settings, deps);

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
    const passkeys = settings.offersKeys
      ? await visit.call('auth_retrieve_login_passkey_options', KeyOptions)
      : undefined;
    return {
      kind: 'view',
      title,
      usesKeys: true,
      main: (
        <>
          {draft === undefined && <SignOnProblem visit={visit} />}
          {draft === undefined && <Welcome visit={visit} hasNext={next !== undefined} />}
          {draft === undefined && <SignOutThere visit={visit} settings={settings} />}
          <Providers visit={visit} settings={settings} isFirst={settings.allowsPasswords} draft={draft} />
          {settings.usesDirectory && <p class="quiet">{signingIn.directory}</p>}
          <Passwords visit={visit} settings={settings} isOpen={OWN_WAYS.has(draft?.action ?? '')}>
            <SignInForm visit={visit} method={settings.loginMethod} draft={draft} hidden={hidden} />
            <PasskeyForm visit={visit} options={passkeys} draft={draft} hidden={hidden} />
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

  return {
    path: PATHS.signIn,
    show,
    actions: {
      [ACTION]: signIn,
      ...(settings.offersKeys ? { [PASSKEY]: enterBy('auth_create_login_passkey', keyIn) } : {}),
      [CODE]: enterBy('auth_create_login_code', codeIn),
      [CODE_BY_KEY]: enterBy('auth_create_login_key', keyIn),
      [ENROL]: (visit) => enrol(visit, settings),
      [PROVE]: proveBy('auth_create_factors_proof', codeIn),
      [PROVE_BY_KEY]: proveBy('auth_create_factors_proof_webauthn', keyIn),
      [CHOOSE]: (visit) => chooseProvider(visit, settings),
    },
  };
}

/** The ways in that need no identity provider. */
const OWN_WAYS: ReadonlySet<string> = new Set([ACTION, PASSKEY]);

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

import type { VNode } from 'preact';
import { Form } from './forms.js';
import { keep } from './kept-form.js';
import type { Draft, View, Visit } from './page.js';
import { PATHS } from './paths.js';

/** Codes of a second factor, which the page to sign in asks for. */

/** Finishes a sign-in with a second factor. */
export const CODE = 'code';
/** Proves the second factor in a session, for what needs a fresh proof. */
export const PROVE = 'prove';
/** Goes on with a sign-in whose person has to set up a second factor. */
export const ENROL = 'enrol';
const LONGEST_CODE = 64;

/** @returns a page that asks for a code of the second factor and keeps what was typed, except for passwords */
export const proveAgain = (visit: Visit, page: string): View => ({
  kind: 'view',
  status: 403,
  title: visit.texts.signingIn.codeTitle,
  main: (
    <CodeForm
      visit={visit}
      action={PROVE}
      hint={visit.texts.signingIn.proveHint}
      hidden={{ kept: keep(visit, page) }}
    />
  ),
});

interface CodeFormProps {
  readonly visit: Visit;
  readonly action: typeof CODE | typeof PROVE;
  readonly hint: string;
  readonly hidden: Readonly<Record<string, string>>;
  readonly draft?: Draft | undefined;
}

const CodeForm = ({ visit, action, hint, hidden, draft }: CodeFormProps): VNode => (
  <>
    <p class="quiet">{hint}</p>
    <Form
      visit={visit}
      to={PATHS.signIn}
      action={action}
      label={visit.texts.signingIn.sendCode}
      isFull
      draft={draft}
      hidden={hidden}
      fields={[
        {
          name: 'code',
          label: visit.texts.signingIn.code,
          autocomplete: 'one-time-code',
          maxLength: LONGEST_CODE,
        },
      ]}
    />
  </>
);

type Step = typeof CODE | typeof PROVE | typeof ENROL;

/** @returns which step after the password the page is about, if it is */
export function codeStep({ query }: Visit, draft: Draft | undefined): Step | undefined {
  const step = draft === undefined ? query.get('step') : draft.action;
  return step === CODE || step === PROVE || step === ENROL ? step : undefined;
}

/** For people whom CVAT's user interface sends here: their password was right. */
export const enrolView = (
  visit: Visit,
  hidden: Readonly<Record<string, string>>,
  draft: Draft | undefined,
): View => ({
  kind: 'view',
  title: visit.texts.factors.requiredTitle,
  main: (
    <>
      <p>{visit.texts.factors.requiredIntro}</p>
      <Form
        visit={visit}
        to={PATHS.signIn}
        action={ENROL}
        label={visit.texts.signingIn.goOn}
        isFull
        draft={draft}
        hidden={hidden}
      />
      <a href={PATHS.signIn}>{visit.texts.signingIn.backToSignIn}</a>
    </>
  ),
});

interface CodeStep extends Pick<CodeFormProps, 'hidden' | 'draft'> {
  readonly step: typeof CODE | typeof PROVE;
}

/** The second step of a sign-in, or the proof of a second factor in a session. */
export function codeView(visit: Visit, { step, hidden, draft }: CodeStep): View {
  const { signingIn } = visit.texts;
  const isProof = step === PROVE;
  return {
    kind: 'view',
    title: signingIn.codeTitle,
    main: (
      <>
        <CodeForm
          visit={visit}
          action={step}
          hint={isProof ? signingIn.proveHint : signingIn.codeHint}
          hidden={hidden}
          draft={draft}
        />
        {!isProof && <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>}
      </>
    ),
  };
}

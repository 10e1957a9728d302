import type { VNode } from 'preact';
import { Form } from './forms.js';
import { keep } from './kept-form.js';
import { KeyForm, keysToUse } from './key-form.js';
import type { Draft, View, Visit } from './page.js';
import { PATHS } from './paths.js';

/** Codes of a second factor, which the page to sign in asks for. */

/** Finishes a sign-in with a second factor. */
export const CODE = 'code';
/** Proves the second factor in a session, for what needs a fresh proof. */
export const PROVE = 'prove';
/** The same with a key in place of a code. */
export const CODE_BY_KEY = 'key';
export const PROVE_BY_KEY = 'prove-by-key';
/** Goes on with a sign-in whose person has to set up a second factor. */
export const ENROL = 'enrol';
const LONGEST_CODE = 64;

const BY_KEY = {
  [CODE]: { operation: 'auth_retrieve_login_key_options', keyAction: CODE_BY_KEY },
  [PROVE]: { operation: 'auth_retrieve_factors_proof_webauthn_options', keyAction: PROVE_BY_KEY },
} as const;

/** @returns a page that asks for a code or a key of the second factor and keeps what was typed, except for passwords */
export const proveAgain = async (visit: Visit, page: string): Promise<View> => ({
  ...(await codeView(visit, { step: PROVE, hidden: { kept: keep(visit, page) } })),
  status: 403,
});

interface CodeFormProps {
  readonly visit: Visit;
  readonly action: typeof CODE | typeof PROVE;
  readonly hint: string;
  readonly kind: 'first' | 'second';
  readonly hidden: Readonly<Record<string, string>>;
  readonly draft?: Draft | undefined;
}

const CodeForm = ({ visit, action, hint, kind, hidden, draft }: CodeFormProps): VNode => (
  <>
    <p class="quiet">{hint}</p>
    <Form
      visit={visit}
      to={PATHS.signIn}
      action={action}
      label={visit.texts.signingIn.sendCode}
      kind={kind}
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
  if (step === CODE_BY_KEY) return CODE;
  if (step === PROVE_BY_KEY) return PROVE;
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

function hintOf({ texts }: Visit, step: CodeStep['step'], isBesideKey: boolean): string {
  if (isBesideKey) return texts.factors.anyCodeHint;
  return step === PROVE ? texts.signingIn.proveHint : texts.signingIn.codeHint;
}

/** The second step of a sign-in, or the proof of a second factor in a session. */
export async function codeView(visit: Visit, { step, hidden, draft }: CodeStep): Promise<View> {
  const { signingIn, keys } = visit.texts;
  const isProof = step === PROVE;
  const { operation, keyAction } = BY_KEY[step];
  const options = await keysToUse(visit, operation);
  return {
    kind: 'view',
    title: options === undefined ? signingIn.codeTitle : keys.stepTitle,
    usesKeys: true,
    main: (
      <>
        {options !== undefined && (
          <>
            <p class="quiet">{keys.useHint}</p>
            <KeyForm
              visit={visit}
              does="get"
              options={options}
              to={PATHS.signIn}
              action={keyAction}
              label={keys.use}
              isFull
              draft={draft}
              hidden={hidden}
            />
            <p class="or quiet">{keys.orCode}</p>
          </>
        )}
        <CodeForm
          visit={visit}
          action={step}
          hint={hintOf(visit, step, options !== undefined)}
          kind={options === undefined ? 'first' : 'second'}
          hidden={hidden}
          draft={draft}
        />
        {!isProof && <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>}
      </>
    ),
  };
}

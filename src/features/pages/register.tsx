import { z } from 'zod';
import { safeNext } from '../../platform/http/safe-next.js';
import { type FieldProps, Form } from './forms.js';
import { field, filled, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { Providers } from './providers.js';
import type { PageSettings } from './settings.js';

const ACTION = 'register';
const Registered = z.object({ email_verification_required: z.boolean(), key: z.string().nullable() });

/** Creating an account, as `REGISTRATION_MODE` allows it. An invitation works in every mode. */
export function registerPage(settings: PageSettings): Page {
  const show: Page['show'] = async (visit, draft) => {
    const { signingIn } = visit.texts;
    const isInvited = visit.query.get('invited') !== null || draft !== undefined;
    if (settings.registration === 'closed' && !isInvited)
      return {
        kind: 'view',
        title: signingIn.registerClosedTitle,
        main: (
          <>
            <p>{signingIn.registerClosed}</p>
            {settings.providersRegister && <Providers visit={visit} settings={settings} isFirst={false} />}
            <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>
          </>
        ),
      };
    const hint = signingIn.registerHint[settings.registration];
    const next = safeNext(draft?.fields.get('next') ?? visit.query.get('next'), settings.uiUrl);
    return {
      kind: 'view',
      title: signingIn.registerTitle,
      main: (
        <>
          {hint !== '' && <p class="quiet">{hint}</p>}
          {settings.domains.length > 0 && (
            <p class="quiet">{signingIn.domains(settings.domains.join(', '))}</p>
          )}
          {settings.providersRegister && <Providers visit={visit} settings={settings} isFirst />}
          <Form
            visit={visit}
            action={ACTION}
            label={signingIn.register}
            isFull
            draft={draft}
            hidden={next === undefined ? {} : { next }}
            fields={fieldsOf(visit, settings)}
          />
          <p>
            {`${signingIn.haveAccount} `}
            <a href={withQuery(PATHS.signIn, { next })}>{visit.texts.common.signIn}</a>
          </p>
        </>
      ),
    };
  };

  const register = async (visit: Visit) => {
    const { form } = visit;
    const body = {
      ...filled(form, ['email', 'first_name', 'last_name']),
      username: field(form, 'username'),
      password1: field(form, 'password1'),
      password2: field(form, 'password2'),
    };
    const { email_verification_required: waits, key } = await visit.call('auth_create_register', Registered, {
      body,
    });
    if (waits) return redirect(PATHS.verificationSent);
    if (key === null) return redirect(PATHS.waiting);
    return redirect(safeNext(form.get('next'), settings.uiUrl) ?? PATHS.account);
  };

  return { path: PATHS.register, show, actions: { [ACTION]: register } };
}

function fieldsOf(visit: Visit, settings: PageSettings): readonly FieldProps[] {
  const { signingIn } = visit.texts;
  return [
    {
      name: 'username',
      label: signingIn.username,
      autocomplete: 'username',
      hint: signingIn.usernameHint(settings.minimumUsername),
      maxLength: 150,
    },
    {
      name: 'email',
      label: signingIn.email,
      type: 'email',
      autocomplete: 'email',
      value: visit.query.get('email') ?? undefined,
      isOptional: !settings.needsEmail,
    },
    {
      name: 'first_name',
      label: signingIn.firstName,
      autocomplete: 'given-name',
      isOptional: true,
      maxLength: 150,
    },
    {
      name: 'last_name',
      label: signingIn.lastName,
      autocomplete: 'family-name',
      isOptional: true,
      maxLength: 150,
    },
    {
      name: 'password1',
      label: signingIn.password,
      type: 'password',
      autocomplete: 'new-password',
      hint: signingIn.passwordHint(settings.minimumPassword),
    },
    { name: 'password2', label: signingIn.passwordAgain, type: 'password', autocomplete: 'new-password' },
  ];
}

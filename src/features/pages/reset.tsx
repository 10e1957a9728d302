import { z } from 'zod';
import { Form } from './forms.js';
import { field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import type { PageSettings } from './settings.js';

/** Asking for the mail of a forgotten password. */
export function resetPage(settings: PageSettings): Page {
  return {
    path: PATHS.reset,
    show: async (visit, draft) => {
      const { signingIn } = visit.texts;
      const isSent = visit.query.get('done') === 'sent' && draft === undefined;
      return {
        kind: 'view',
        title: isSent ? signingIn.resetSentTitle : signingIn.resetTitle,
        main: (
          <>
            {isSent ? (
              <p role="status">{signingIn.resetSent}</p>
            ) : (
              <>
                <p class="quiet">{signingIn.resetHint}</p>
                {settings.providers.length > 0 && <p class="quiet">{signingIn.resetElsewhere}</p>}
                <Form
                  visit={visit}
                  action="reset"
                  label={signingIn.resetAction}
                  isFull
                  draft={draft}
                  fields={[{ name: 'email', label: signingIn.email, type: 'email', autocomplete: 'email' }]}
                />
              </>
            )}
            <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>
          </>
        ),
      };
    },
    actions: {
      reset: async (visit) => {
        const body = { email: field(visit.form, 'email') };
        await visit.call('auth_create_password_reset', z.unknown(), { body });
        return redirect(withQuery(PATHS.reset, { done: 'sent' }));
      },
    },
  };
}

const passwords = (visit: Visit) => ({
  new_password1: field(visit.form, 'new_password1'),
  new_password2: field(visit.form, 'new_password2'),
});

/** Setting a password by the link of a mail. */
export function resetConfirmPage(settings: PageSettings): Page {
  return {
    path: PATHS.resetConfirm,
    show: async (visit, draft) => {
      const { signingIn } = visit.texts;
      return {
        kind: 'view',
        title: signingIn.resetTitle,
        main: (
          <>
            <Form
              visit={visit}
              action="set-password"
              label={signingIn.setPassword}
              isFull
              draft={draft}
              fields={[
                {
                  name: 'new_password1',
                  label: signingIn.newPassword,
                  type: 'password',
                  autocomplete: 'new-password',
                  hint: signingIn.passwordHint(settings.minimumPassword),
                },
                {
                  name: 'new_password2',
                  label: signingIn.newPasswordAgain,
                  type: 'password',
                  autocomplete: 'new-password',
                },
              ]}
            />
            <a href={PATHS.reset}>{signingIn.forgot}</a>
          </>
        ),
      };
    },
    actions: {
      'set-password': async (visit) => {
        const link = { uid: visit.query.get('uid') ?? '', token: visit.query.get('token') ?? '' };
        await visit.call('auth_create_password_reset_confirm', z.unknown(), {
          body: { ...passwords(visit), ...link },
        });
        return redirect(withQuery(PATHS.signIn, { done: 'password-set' }));
      },
    },
  };
}

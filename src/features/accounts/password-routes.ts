import type { IdentityStore } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Account } from '../../kernel/account.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import type { EmailChangeFlow } from './email-change.js';
import type { EmailConfirmation } from './email-confirmation.js';
import type { PasswordChange } from './password-change.js';
import type { PasswordReset } from './password-reset.js';
import { DetailRead, EmailChangeWrite, EmailWrite, PasswordResetWrite } from './schemas.js';

export interface PasswordRouteDeps {
  readonly passwordChange: PasswordChange;
  readonly passwordReset: PasswordReset;
  readonly confirmation: EmailConfirmation;
  readonly emailChange: EmailChangeFlow;
  readonly sessions: Sessions;
  readonly identities: IdentityStore;
  /** `ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE` (deviation 18). */
  readonly logsOutOnChange: boolean;
}

/** A personal access token never gives access to its owner's password or address (CVAT removes its class here). */
const ACCEPTED = ['token', 'session', 'basic'] as const;
const OWN_ACCOUNT = 'it is about the caller alone, and no object (dj-rest-auth IsAuthenticated)';
const FORGOTTEN = 'for people who cannot sign in';

const changePassword = ({ passwordChange, sessions, identities, logsOutOnChange }: PasswordRouteDeps) => {
  const goOn = async (exchange: Exchange, { id }: Account): Promise<void> => {
    const identity = await identities.byId(id, { kind: 'absent' });
    if (identity !== undefined) await sessions.rebind(exchange, identity);
  };
  return defineRoute({
    method: 'post',
    path: '/api/auth/password/change',
    operationId: 'auth_create_password_change',
    summary: 'Change the password; ends the sessions of the account',
    description:
      'Changes your own password. You confirm it with the current one. All other sessions of the account end.',
    tag: 'auth',
    view: 'Password Change',
    accepted: ACCEPTED,
    access: { kind: 'authenticated', because: OWN_ACCOUNT },
    needsProof: true,
    countsWithCredentials: true,
    body: passwordChange.write,
    readBody: (body, { exchange, caller }) =>
      passwordChange.readChange(body, requireCaller(caller).account, exchange.client),
    responses: { 200: DetailRead },
    handle: async ({ exchange, caller, body }) => {
      const { account, credential } = requireCaller(caller);
      await passwordChange.change(body, exchange.client);
      exchange.report('password.changed', { account: account.id });
      if (credential.kind === 'session')
        await (logsOutOnChange ? sessions.logout(exchange) : goOn(exchange, account));
      return reply(200, { detail: 'New password has been saved.' });
    },
  });
};

const resetPassword = ({ passwordReset }: PasswordRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/password/reset',
    operationId: 'auth_create_password_reset',
    summary: 'Ask for a mail with a link that sets a new password',
    description:
      'Mails a link to the address, if an account has it. The answer is the same for every address, so nobody learns which addresses have accounts.',
    tag: 'auth',
    view: 'Password Reset',
    access: { kind: 'public', because: FORGOTTEN },
    countsWithCredentials: true,
    body: PasswordResetWrite,
    responses: { 200: DetailRead },
    handle: async ({ exchange, body }) => {
      await passwordReset.requestReset(body.email, exchange.origin.clientAddress);
      return reply(200, { detail: 'Password reset e-mail has been sent.' });
    },
  });

const confirmReset = ({ passwordReset }: PasswordRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/password/reset/confirm',
    operationId: 'auth_create_password_reset_confirm',
    summary: 'Set a new password with the link of the mail',
    description:
      'Takes the `uid` and the `token` from the link of the mail, and the new password twice. A link works once.',
    tag: 'auth',
    view: 'Password Reset Confirm',
    access: { kind: 'public', because: FORGOTTEN },
    countsWithCredentials: true,
    body: passwordReset.confirmWrite,
    responses: { 200: DetailRead },
    handle: async ({ exchange, body }) => {
      const account = await passwordReset.confirmReset(body, exchange.client);
      exchange.report('password.reset', { account, way: 'link' });
      return reply(200, { detail: 'Password has been reset with the new password.' });
    },
  });

const resendConfirmation = ({ confirmation }: PasswordRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/email/resend',
    operationId: 'auth_create_email_resend',
    summary: 'Ask for the confirmation mail again',
    description:
      'Mails a new link to an address that waits for confirmation. The answer is the same for every address. Not in CVAT.',
    tag: 'auth',
    view: 'Email Resend',
    access: { kind: 'public', because: 'people whose address is not confirmed cannot sign in' },
    countsWithCredentials: true,
    body: EmailWrite,
    responses: { 200: DetailRead },
    handle: async ({ exchange, body }) => {
      await confirmation.resend(body.email, exchange.origin.clientAddress);
      return reply(200, { detail: 'If the address waits for confirmation, a mail is on its way.' });
    },
  });

const changeEmail = ({ emailChange }: PasswordRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/email/change',
    operationId: 'auth_create_email_change',
    summary: 'Change your e-mail address; the change takes effect once the new one is confirmed',
    description:
      'Mails a link to the new address. The old address stays until you follow the link. You confirm the request with your password. Not in CVAT.',
    tag: 'auth',
    view: 'Email Change',
    accepted: ACCEPTED,
    access: { kind: 'authenticated', because: OWN_ACCOUNT },
    needsProof: true,
    countsWithCredentials: true,
    body: EmailChangeWrite,
    responses: { 200: DetailRead },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireCaller(caller);
      await emailChange.requestChange(account, body.password, body.email, exchange.client);
      exchange.report('email.change_requested', { account: account.id });
      return reply(200, { detail: 'Confirmation e-mail sent to the new address.' });
    },
  });

export const passwordRoutes = (deps: PasswordRouteDeps) => [
  changePassword(deps),
  resetPassword(deps),
  confirmReset(deps),
  resendConfirmation(deps),
  changeEmail(deps),
];

import {
  createResetToken,
  RESET_TOKEN_AGE,
  type ResetSubject,
  toBase36,
} from '../../authentication/reset-token.js';
import { signValue } from '../../authentication/signing.js';
import { type Clock, DAY, SECOND } from '../../kernel/clock.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { enqueue } from '../../platform/mail/outbox.js';
import { accountActivated, accountWaiting } from '../../platform/mail/templates/account.js';
import {
  emailChangeConfirmation,
  emailChanged,
  loginConfirmation,
  signUpConfirmation,
} from '../../platform/mail/templates/confirmation.js';
import type { KnownMail, Site } from '../../platform/mail/templates/layout.js';
import { passwordChanged, passwordReset, setPassword } from '../../platform/mail/templates/password.js';
import { CONFIRMATION_SALT, EMAIL_CHANGE_SALT, type EmailChange } from './keys.js';

export interface MailerDeps {
  readonly clock: Clock;
  readonly secretKey: () => string;
  /** Base URL of every link, whatever host the request named (deviation 8). */
  readonly publicUrl: string;
  readonly site: () => Site;
  /** False without a transport: no mail is written then. */
  readonly isConfigured: boolean;
  /** Informs account holders about changed passwords and addresses. */
  readonly notifiesChanges: boolean;
}

/** The recipient of a mail. */
export interface Addressee {
  readonly username: string;
  readonly email: string;
}

const LINK_DAYS = RESET_TOKEN_AGE / (DAY / SECOND);

/** The mails about accounts: each is added to the outbox in the caller's transaction. */
export function createAccountMailer(deps: MailerDeps) {
  const { clock, secretKey, publicUrl } = deps;

  const post = async (tx: Queryable, to: string, mail: KnownMail): Promise<void> => {
    if (deps.isConfigured && to !== '') await enqueue(tx, { ...mail, to });
  };

  const confirmationLink = (addressId: number): string => {
    const key = signValue(addressId, CONFIRMATION_SALT, secretKey(), clock.now());
    return `${publicUrl}/api/auth/account-confirm-email/${key}/`;
  };

  const resetLink = (subject: ResetSubject): string => {
    const token = createResetToken(subject, secretKey(), clock.now());
    return `${publicUrl}/auth/password/reset/confirm?uid=${toBase36(subject.id)}&token=${token}`;
  };

  return {
    isConfigured: deps.isConfigured,
    resetLink,

    confirmSignUp: (tx: Queryable, { username, email }: Addressee, addressId: number) =>
      post(
        tx,
        email,
        signUpConfirmation(deps.site(), {
          username,
          link: confirmationLink(addressId),
          validDays: LINK_DAYS,
        }),
      ),

    confirmAtLogin: (tx: Queryable, { username, email }: Addressee, addressId: number) =>
      post(
        tx,
        email,
        loginConfirmation(deps.site(), { username, link: confirmationLink(addressId), validDays: LINK_DAYS }),
      ),

    resetPassword: (tx: Queryable, { username, email }: Addressee, subject: ResetSubject) =>
      post(
        tx,
        email,
        passwordReset(deps.site(), { username, link: resetLink(subject), validDays: LINK_DAYS }),
      ),

    setPassword: (tx: Queryable, { username, email }: Addressee, subject: ResetSubject) =>
      post(tx, email, setPassword(deps.site(), { username, link: resetLink(subject), validDays: LINK_DAYS })),

    passwordChanged: async (tx: Queryable, { username, email }: Addressee): Promise<void> => {
      if (deps.notifiesChanges) await post(tx, email, passwordChanged(deps.site(), { username }));
    },

    confirmEmailChange: (tx: Queryable, username: string, change: EmailChange) => {
      const key = signValue(change, EMAIL_CHANGE_SALT, secretKey(), clock.now());
      const link = `${publicUrl}/api/auth/confirm-email-change/${key}/`;
      return post(
        tx,
        change.to,
        emailChangeConfirmation(deps.site(), { username, link, validDays: LINK_DAYS }),
      );
    },

    emailChanged: async (tx: Queryable, { username, email }: Addressee, newEmail: string): Promise<void> => {
      if (deps.notifiesChanges) await post(tx, email, emailChanged(deps.site(), { username, newEmail }));
    },

    accountWaiting: (tx: Queryable, administrator: string, applicant: Addressee) =>
      post(tx, administrator, accountWaiting(deps.site(), { ...applicant, link: `${publicUrl}/` })),

    accountActivated: (tx: Queryable, { username, email }: Addressee) =>
      post(tx, email, accountActivated(deps.site(), { username, link: `${publicUrl}/auth/login` })),
  };
}

export type AccountMailer = ReturnType<typeof createAccountMailer>;

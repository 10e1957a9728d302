import {
  createResetToken,
  RESET_TOKEN_AGE,
  type ResetSubject,
  toBase36,
} from '../../authentication/reset-token.js';
import { signValue } from '../../authentication/signing.js';
import { type Clock, DAY, SECOND } from '../../kernel/clock.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { Language } from '../../platform/html/language.js';
import { enqueue } from '../../platform/mail/outbox.js';
import {
  accountActivated,
  accountLinked,
  accountUnlinked,
  accountWaiting,
} from '../../platform/mail/templates/account.js';
import {
  emailChangeConfirmation,
  emailChanged,
  loginConfirmation,
  signUpConfirmation,
} from '../../platform/mail/templates/confirmation.js';
import {
  factorAdded,
  factorRemoved,
  keyAdded,
  oneFactorRemoved,
  recoveryCodesReplaced,
} from '../../platform/mail/templates/factors.js';
import type { KnownMail, Site } from '../../platform/mail/templates/layout.js';
import { passwordChanged, passwordReset, setPassword } from '../../platform/mail/templates/password.js';
import { mailLanguage } from '../preferences/index.js';
import { CONFIRMATION_SALT, EMAIL_CHANGE_SALT, type EmailChange } from './keys.js';

export interface MailerDeps {
  readonly clock: Clock;
  readonly secretKey: () => string;
  /** Base URL of every link, whatever host the request named (deviation 8). */
  readonly publicUrl: string;
  /** Base URL of CVAT's pages: its user interface, or else this server, which has pages in their place. */
  readonly pagesUrl: string;
  /** Where administrators approve accounts. */
  readonly approvalUrl: string;
  readonly site: (language: Language) => Site;
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

/** How long the links work. */
export const LINK_DAYS = RESET_TOKEN_AGE / (DAY / SECOND);

/** The mails about accounts: each is added to the outbox in the caller's transaction. */
export function createAccountMailer(deps: MailerDeps) {
  const { clock, secretKey, publicUrl, pagesUrl } = deps;

  /** @param holder address of the account, if the mail goes to another one */
  const post = async (
    tx: Queryable,
    to: string,
    write: (site: Site) => KnownMail,
    holder = to,
  ): Promise<void> => {
    if (!deps.isConfigured || to === '') return;
    await enqueue(tx, { ...write(deps.site(await mailLanguage(tx, holder))), to });
  };

  const confirmationLink = (addressId: number): string => {
    const key = signValue(addressId, CONFIRMATION_SALT, secretKey(), clock.now());
    return `${publicUrl}/api/auth/account-confirm-email/${key}/`;
  };

  const resetLink = (subject: ResetSubject): string => {
    const token = createResetToken(subject, secretKey(), clock.now());
    return `${pagesUrl}/auth/password/reset/confirm?uid=${toBase36(subject.id)}&token=${token}`;
  };

  const validDays = LINK_DAYS;

  /** About a change that the account holder may not have made. */
  const notify: Notify = async (tx, { username, email }, write) => {
    if (deps.notifiesChanges) await post(tx, email, (site) => write(site, { username }));
  };

  return {
    isConfigured: deps.isConfigured,
    resetLink,

    confirmSignUp: (tx: Queryable, { username, email }: Addressee, addressId: number) =>
      post(tx, email, (site) =>
        signUpConfirmation(site, { username, link: confirmationLink(addressId), validDays }),
      ),

    confirmAtLogin: (tx: Queryable, { username, email }: Addressee, addressId: number) =>
      post(tx, email, (site) =>
        loginConfirmation(site, { username, link: confirmationLink(addressId), validDays }),
      ),

    resetPassword: (tx: Queryable, { username, email }: Addressee, subject: ResetSubject) =>
      post(tx, email, (site) => passwordReset(site, { username, link: resetLink(subject), validDays })),

    setPassword: (tx: Queryable, { username, email }: Addressee, subject: ResetSubject) =>
      post(tx, email, (site) => setPassword(site, { username, link: resetLink(subject), validDays })),

    passwordChanged: (tx: Queryable, holder: Addressee) => notify(tx, holder, passwordChanged),
    ...noticesOfFactors(notify),

    confirmEmailChange: (tx: Queryable, { username, email }: Addressee, change: EmailChange) => {
      const key = signValue(change, EMAIL_CHANGE_SALT, secretKey(), clock.now());
      const link = `${publicUrl}/api/auth/confirm-email-change/${key}/`;
      return post(
        tx,
        change.to,
        (site) => emailChangeConfirmation(site, { username, link, validDays }),
        email,
      );
    },

    /** The account has the new address already. */
    emailChanged: async (tx: Queryable, { username, email }: Addressee, newEmail: string): Promise<void> => {
      if (deps.notifiesChanges)
        await post(tx, email, (site) => emailChanged(site, { username, newEmail }), newEmail);
    },

    accountWaiting: (tx: Queryable, administrator: string, applicant: Addressee) =>
      post(tx, administrator, (site) => accountWaiting(site, { ...applicant, link: deps.approvalUrl })),

    /** @param provider its name */
    accountLinked: async (tx: Queryable, { username, email }: Addressee, provider: string): Promise<void> => {
      if (deps.notifiesChanges) await post(tx, email, (site) => accountLinked(site, { username, provider }));
    },

    /** @param provider its name */
    accountUnlinked: async (
      tx: Queryable,
      { username, email }: Addressee,
      provider: string,
    ): Promise<void> => {
      if (deps.notifiesChanges)
        await post(tx, email, (site) => accountUnlinked(site, { username, provider }));
    },

    accountActivated: (tx: Queryable, { username, email }: Addressee) =>
      post(tx, email, (site) => accountActivated(site, { username, link: `${pagesUrl}/auth/login` })),
  };
}

type Notify = (
  tx: Queryable,
  holder: Addressee,
  write: (site: Site, data: { readonly username: string }) => KnownMail,
) => Promise<void>;

/** Each change of second factors tells the account holder. */
const noticesOfFactors = (notify: Notify) => ({
  factorAdded: (tx: Queryable, holder: Addressee) => notify(tx, holder, factorAdded),
  keyAdded: (tx: Queryable, holder: Addressee) => notify(tx, holder, keyAdded),
  factorRemoved: (tx: Queryable, holder: Addressee) => notify(tx, holder, factorRemoved),
  oneFactorRemoved: (tx: Queryable, holder: Addressee) => notify(tx, holder, oneFactorRemoved),
  recoveryCodesReplaced: (tx: Queryable, holder: Addressee) => notify(tx, holder, recoveryCodesReplaced),
});

export type AccountMailer = ReturnType<typeof createAccountMailer>;

import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Language } from '../../html/language.js';
import { TEXTS, type Texts } from '../../html/texts/index.js';
import { type MailContent, oneLine } from '../message.js';

/** The site that sends the mail. */
export interface Site {
  /** The name in the row of `django_site`. */
  readonly name: string;
  /** `ACCOUNT_EMAIL_SUBJECT_PREFIX`; undefined for allauth's default prefix, the name in brackets. */
  readonly subjectPrefix?: string | undefined;
  /** The language of the recipient. */
  readonly language: Language;
}

/** @returns the texts in the language of the recipient */
export const textsFor = ({ language }: Site): Texts['mails'] => TEXTS[language].mails;

/** Identifies a mail in the log and in the outbox. */
export type MailKind =
  | 'sign-up-confirmation'
  | 'login-confirmation'
  | 'email-change-confirmation'
  | 'email-changed'
  | 'password-reset'
  | 'password-changed'
  | 'set-password'
  | 'factor-added'
  | 'key-added'
  | 'factor-removed'
  | 'one-factor-removed'
  | 'recovery-codes-replaced'
  | 'invitation'
  | 'transfer-offer'
  | 'account-waiting'
  | 'account-activated'
  | 'account-linked'
  | 'account-unlinked'
  | 'test';

/** The result of a template: with a recipient added, it is ready for the outbox. */
export interface KnownMail extends MailContent {
  readonly kind: MailKind;
}

interface Letter {
  readonly kind: MailKind;
  /** Without the prefix of the site. */
  readonly subject: string;
  /** The name in the greeting; undefined for a recipient without a name. */
  readonly name?: string | undefined;
  readonly paragraphs: readonly string[];
  /** The button. */
  readonly action?: { readonly label: string; readonly link: string } | undefined;
  readonly closing: readonly string[];
}

/** Writes a letter as plain text and as HTML, both from the same content. */
export function writeLetter(site: Site, letter: Letter): KnownMail {
  const { hello, helloName } = textsFor(site);
  const greeting = letter.name === undefined ? hello : helloName(letter.name);
  const words = {
    before: [greeting, ...letter.paragraphs].map(oneLine),
    after: letter.closing.map(oneLine),
    signature: oneLine(site.name),
  };
  const link = letter.action === undefined ? [] : [`${letter.action.label}:\n${letter.action.link}`];
  return {
    kind: letter.kind,
    // allauth 0.57, adapter.format_email_subject
    subject: oneLine(`${site.subjectPrefix ?? `[${site.name}] `}${letter.subject}`),
    text: `${[...words.before, ...link, ...words.after, `-- \n${words.signature}`].join('\n\n')}\n`,
    html: `<!doctype html>\n${renderToString(<Page letter={letter} words={words} language={site.language} />)}\n`,
  };
}

interface Words {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly signature: string;
}

interface PageProps {
  readonly letter: Letter;
  readonly words: Words;
  readonly language: Language;
}

const Page = ({ letter: { subject, action }, words, language }: PageProps): VNode => (
  <html lang={language}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{oneLine(subject)}</title>
    </head>
    <body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">
      <div style="max-width:560px;margin:0 auto">
        {words.before.map((text) => (
          <Paragraph key={text}>{text}</Paragraph>
        ))}
        {action !== undefined && <Button {...action} />}
        {words.after.map((text) => (
          <Paragraph key={text}>{text}</Paragraph>
        ))}
        <p style="margin:32px 0 0;color:#6b7280">{words.signature}</p>
      </div>
    </body>
  </html>
);

const Paragraph = ({ children }: { readonly children: string }): VNode => (
  <p style="margin:0 0 16px">{children}</p>
);

/** The link is also written out: some mail programs show no buttons, and some people want to see the target. */
const Button = ({ label, link }: NonNullable<Letter['action']>): VNode => (
  <>
    <p style="margin:24px 0">
      <a
        href={link}
        style="display:inline-block;padding:10px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none"
      >
        {label}
      </a>
    </p>
    <p style="margin:0 0 16px;font-size:13px;word-break:break-all">{link}</p>
  </>
);

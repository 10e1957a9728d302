import { domainToASCII } from 'node:url';
import type Mail from 'nodemailer/lib/mailer';

/** The output of a template: the same content twice, as plain text and as HTML. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mail to exactly one recipient. */
export interface MailMessage extends MailContent {
  /** Stays the same for all attempts: receivers recognize a repeated delivery by it. */
  readonly id: string;
  readonly to: string;
  readonly date: Date;
}

/** The sender of all mails, `DEFAULT_FROM_EMAIL`. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

/**
 * Control and format characters (line breaks, NUL, text direction): they break headers or lines, or change the
 * displayed text.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * An address that means one mailbox in every interpretation. Stricter than RFC 5322: comments, routes, groups and
 * lists can turn one address into two, and nodemailer would parse them.
 */
const ADDRESS =
  /^(?:[^\s"(),:;<>@[\\\]\p{C}]{1,64}|"(?:[^"\\\p{C}]|\\[^\p{C}]){0,62}")@(?:[^\s"(),:;<>@[\\\]\p{C}]{1,255}|\[[\da-f.:]{2,45}\])$/iu;

/** @returns the text on one line and without invisible characters, safe for a header */
export const oneLine = (text: string): string => text.replace(UNSAFE, ' ').replace(/ {2,}/g, ' ').trim();

/** @returns whether a mail may be sent to this text as an address */
export const isMailbox = (address: string): boolean => ADDRESS.test(address);

/** @returns the part after the last `@`, in lower case: the part of an address that may be logged */
export const domainOf = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();

/** @returns the two parts of `Name <address>` or of a bare address; undefined for anything else */
export function parseSender(text: string): Sender | undefined {
  const named = text.match(/^([^<>]*)<([^<>]*)>$/);
  const name = oneLine(named?.[1] ?? '').replace(/^"(.*)"$/, '$1');
  const address = (named?.[2] ?? text).trim();
  return isMailbox(address) ? { name, address } : undefined;
}

/** @returns the message in nodemailer's format; addresses are objects, never text that it would parse */
export function compose(from: Sender, message: MailMessage): Mail.Options {
  const domain = domainOf(from.address);
  return {
    from: { name: from.name, address: from.address },
    to: { name: '', address: message.to },
    subject: oneLine(message.subject),
    text: message.text,
    html: message.html,
    date: message.date,
    messageId: `<${oneLine(message.id)}@${domainToASCII(domain) || domain}>`,
    // RFC 3834: prevents absence notices and other automatic replies.
    headers: { 'Auto-Submitted': 'auto-generated' },
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

import type { SMTPServerOptions } from 'smtp-server';
import { type ReceivedMail, startMailServer } from '../unit/platform/mail/mail-server.js';
import type { TestApp } from './app.js';
import { useSetUp } from './hooks.js';

/** A mail server of the test's own, which takes every mail unless it is told otherwise. */
export interface Mailbox {
  /** Settings of a server that sends its mails here. */
  readonly env: Readonly<Record<string, string>>;
  /** Delivers what waits in the outbox. @returns what arrived since the last call, by recipient */
  readonly collect: (app: Pick<TestApp, 'container'>) => Promise<readonly ReceivedMail[]>;
  /** Delivers as well. @returns the one mail that arrived for somebody since the last call. @throws Error unless there is one */
  readonly receive: (app: Pick<TestApp, 'container'>, recipient: string) => Promise<ReceivedMail>;
  readonly close: () => Promise<void>;
}

export const PUBLIC_URL = 'https://cvat.example.org';

export async function openMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const server = await startMailServer(options);
  let seen = 0;
  const collect: Mailbox['collect'] = async ({ container }) => {
    await container.deliverMail();
    const arrived = server.mails.slice(seen);
    seen = server.mails.length;
    return arrived.sort((a, b) => recipientOf(a).localeCompare(recipientOf(b)));
  };
  return {
    env: {
      EMAIL_URL: `smtp://127.0.0.1:${server.port}`,
      DEFAULT_FROM_EMAIL: 'CVAT <noreply@example.org>',
      SITE_NAME: 'Lab',
      PUBLIC_URL,
    },
    collect,
    receive: async (app, recipient) => {
      const [mail, ...others] = (await collect(app)).filter((arrived) => recipientOf(arrived) === recipient);
      if (mail === undefined || others.length > 0)
        throw new Error(`${recipient} got ${others.length + (mail ? 1 : 0)} mails.`);
      return mail;
    },
    close: server.close,
  };
}

/** A mailbox for all tests of a file or suite. A server that sends to it has its options made by a function. */
export function useMailbox(options?: SMTPServerOptions): Mailbox {
  const mailbox = useSetUp(
    () => openMailbox(options),
    ({ close }) => close(),
  );
  return {
    get env() {
      return mailbox().env;
    },
    collect: (app) => mailbox().collect(app),
    receive: (app, recipient) => mailbox().receive(app, recipient),
    close: () => mailbox().close(),
  };
}

export const recipientOf = ({ recipients }: ReceivedMail): string => recipients.join(', ');

/** What follows the prefix of the site. */
export const subjectOf = ({ parsed }: ReceivedMail): string => (parsed.subject ?? '').replace('[Lab] ', '');

/** @returns the path and query of the one link of a mail. @throws Error unless both bodies have that one link below PUBLIC_URL */
export function linkOf({ parsed }: ReceivedMail): string {
  const html = String(parsed.html).replaceAll('&amp;', '&');
  const links = new Set(
    [...`${parsed.text} ${html}`.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([link]) => link),
  );
  const [link, ...others] = links;
  if (
    link === undefined ||
    others.length > 0 ||
    !html.includes(`href="${link}"`) ||
    !parsed.text?.includes(link)
  ) {
    throw new Error(`One link is expected, and there are: ${[...links].join(' ')}`);
  }
  if (!link.startsWith(`${PUBLIC_URL}/`)) throw new Error(`The link leads elsewhere: ${link}`);
  return link.slice(PUBLIC_URL.length);
}

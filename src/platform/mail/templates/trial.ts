import { type KnownMail, type Site, writeLetter } from './layout.js';

/** The mail that `npm run cli -- mail test` sends. */
export const testMail = (site: Site): KnownMail =>
  writeLetter(site, {
    kind: 'test',
    subject: 'Test mail',
    paragraphs: [`This is the test mail that an administrator of ${site.name} asked for. Mails arrive.`],
    closing: [],
  });

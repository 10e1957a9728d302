import { describe, expect, it } from 'vitest';
import { LANGUAGES, type Language } from '../../../../src/platform/html/language.js';
import {
  accountActivated,
  accountLinked,
  accountUnlinked,
  accountWaiting,
} from '../../../../src/platform/mail/templates/account.js';
import {
  emailChangeConfirmation,
  emailChanged,
  loginConfirmation,
  signUpConfirmation,
} from '../../../../src/platform/mail/templates/confirmation.js';
import {
  factorAdded,
  factorRemoved,
  keyAdded,
  oneFactorRemoved,
  recoveryCodesReplaced,
} from '../../../../src/platform/mail/templates/factors.js';
import { invitation } from '../../../../src/platform/mail/templates/invitation.js';
import type { KnownMail } from '../../../../src/platform/mail/templates/layout.js';
import {
  passwordChanged,
  passwordReset,
  setPassword,
} from '../../../../src/platform/mail/templates/password.js';
import { transferOffer } from '../../../../src/platform/mail/templates/transfer.js';
import { testMail } from '../../../../src/platform/mail/templates/trial.js';

const SITE = { name: 'example.com', language: 'en' } as const;
const LINK = 'https://cvat.example.org/path?uid=1&token=abc-def';

/** Every mail, about a person called `name`. */
const writeAll = (name: string, language: Language = 'en'): readonly KnownMail[] => {
  const SITE = { name: 'example.com', language };
  const data = { username: name, link: LINK, validDays: 3 };
  return [
    signUpConfirmation(SITE, data),
    loginConfirmation(SITE, data),
    emailChangeConfirmation(SITE, data),
    passwordReset(SITE, data),
    setPassword(SITE, data),
    accountActivated(SITE, data),
    accountWaiting(SITE, { ...data, email: name }),
    invitation(SITE, { ...data, inviter: name, organization: name }),
    transferOffer(SITE, { ...data, author: name, organization: name }),
    emailChanged(SITE, { username: name, newEmail: name }),
    passwordChanged(SITE, { username: name }),
    accountLinked(SITE, { username: name, provider: name }),
    accountUnlinked(SITE, { username: name, provider: name }),
    factorAdded(SITE, { username: name }),
    keyAdded(SITE, { username: name }),
    factorRemoved(SITE, { username: name }),
    oneFactorRemoved(SITE, { username: name }),
    recoveryCodesReplaced(SITE, { username: name }),
    testMail({ ...SITE, name }),
  ];
};

describe('the mails that CVAT sends', () => {
  const data = { username: 'ann', link: LINK, validDays: 3 };

  it.each([
    [signUpConfirmation(SITE, data), '[example.com] Please Confirm Your Email Address'],
    [loginConfirmation(SITE, data), '[example.com] Please Confirm Your Email Address'],
    [passwordReset(SITE, data), '[example.com] Password Reset E-mail'],
    [
      invitation(SITE, { ...data, inviter: 'ann', organization: 'acme' }),
      "[example.com] You're invited to join the acme organization in CVAT!",
    ],
  ])('have its subjects: %#', (mail, subject) => {
    expect(mail.subject).toBe(subject);
  });

  it('take another prefix, also an empty one, from the settings', () => {
    expect(passwordReset({ ...SITE, subjectPrefix: '' }, data).subject).toBe('Password Reset E-mail');
    expect(passwordReset({ ...SITE, subjectPrefix: 'QA: ' }, data).subject).toBe('QA: Password Reset E-mail');
  });

  it('name the inviter and the organization, or nobody when the inviter is gone', () => {
    const words = { organization: 'acme', link: LINK, validDays: 7 };
    expect(invitation(SITE, { ...words, inviter: 'ann' }).text).toMatch(
      /ann invites you to the organization acme.*7 days/s,
    );
    expect(invitation(SITE, words).text).toContain('You are invited to the organization acme');
  });

  it('count days in the singular too', () => {
    expect(passwordReset(SITE, { ...data, validDays: 1 }).text).toContain('for 1 day.');
  });
});

describe.each(
  LANGUAGES.flatMap((language) =>
    writeAll('ann', language).map((mail) => [mail.kind, language, mail] as const),
  ),
)('the mail %s in %s', (_kind, language, { text, html }) => {
  it('names its language', () => {
    expect(html).toContain(`<html lang="${language}">`);
  });

  it('says the same in both parts', () => {
    const paragraphs = text.split('\n\n').filter((part) => !part.startsWith('-- ') && !part.includes('http'));
    const visible = html.replace(/<[^>]+>/g, '').replaceAll('&#39;', "'");
    expect(paragraphs.filter((paragraph) => !visible.includes(paragraph.trim()))).toEqual([]);
    expect(paragraphs.length).toBeGreaterThan(0);
  });

  it('writes its link on a line of its own, and whole in the HTML', () => {
    if (!text.includes('http')) return expect(html).not.toContain('href');
    expect(text.split('\n')).toContain(LINK);
    expect(html.match(/href="([^"]*)"/)?.[1]?.replaceAll('&amp;', '&')).toBe(LINK);
  });
});

describe.each(
  writeAll('<img src=x onerror=alert(1)>\r\n\r\nBcc: eve@evil.example\u202e').map(
    (mail) => [mail.kind, mail] as const,
  ),
)('the mail %s about somebody with a hostile name', (_kind, { subject, text, html }) => {
  it('has no tag, no line and no header of theirs', () => {
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=alert(1)> Bcc: eve@evil.example');
    expect(text).not.toMatch(/^Bcc/m);
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text + html + subject).not.toContain('\u202e');
  });
});

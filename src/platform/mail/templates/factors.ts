import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

export interface FactorMailData {
  readonly username: string;
}

/** They tell the owner of an account about a change that they may not have made. CVAT has no second factors. */

export function factorAdded(site: Site, { username }: FactorMailData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'factor-added',
    subject: texts.factorAddedSubject,
    name: username,
    paragraphs: [texts.factorAdded(site.name)],
    closing: [texts.factorWarning],
  });
}

export function keyAdded(site: Site, { username }: FactorMailData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'key-added',
    subject: texts.keyAddedSubject,
    name: username,
    paragraphs: [texts.keyAdded(site.name)],
    closing: [texts.factorWarning],
  });
}

export function factorRemoved(site: Site, { username }: FactorMailData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'factor-removed',
    subject: texts.factorRemovedSubject,
    name: username,
    paragraphs: [texts.factorRemoved(site.name)],
    closing: [texts.factorWarning],
  });
}

/** The account has others. */
export function oneFactorRemoved(site: Site, { username }: FactorMailData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'one-factor-removed',
    subject: texts.oneFactorRemovedSubject,
    name: username,
    paragraphs: [texts.oneFactorRemoved(site.name)],
    closing: [texts.factorWarning],
  });
}

export function recoveryCodesReplaced(site: Site, { username }: FactorMailData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'recovery-codes-replaced',
    subject: texts.recoveryCodesSubject,
    name: username,
    paragraphs: [texts.recoveryCodes(site.name)],
    closing: [texts.factorWarning],
  });
}

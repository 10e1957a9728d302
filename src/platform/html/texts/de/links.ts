import type { Texts } from '../index.js';

export const links: Texts['links'] = {
  confirm: {
    title: 'E-Mail-Adresse bestätigen',
    question: 'Ist das dein Konto? Dann bestätige die Adresse, an die die Mail ging.',
    action: 'Bestätigen',
  },
  change: {
    title: 'E-Mail-Adresse ändern',
    question: 'Möchtest du die Adresse, an die die Mail ging, für dein Konto benutzen?',
    action: 'Adresse ändern',
  },
  doneTitle: 'Das ist erledigt',
  done: 'Deine Adresse ist bestätigt. Du kannst diese Seite schließen oder weitermachen.',
  goOn: 'Weiter',
  expiredTitle: 'Dieser Link ist abgelaufen',
  expired: 'Ein Link gilt drei Tage. Du kannst dir einen neuen schicken lassen.',
  renew: 'Neuen Link schicken',
  wrongTitle: 'Dieser Link funktioniert nicht',
  wrong:
    'Vielleicht fehlt ein Teil: kopiere den ganzen Link aus der Mail. Wenn er dann noch nicht funktioniert, lass dir eine neue Mail schicken.',
};

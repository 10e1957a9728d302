import type { Texts } from '../index.js';

export const mails: Texts['mails'] = {
  hello: 'Hallo,',
  helloName: (name) => `Hallo ${name},`,
  days: (count) => (count === 1 ? 'einen Tag' : `${count} Tage`),
  linkWorks: (days) => `Der Link gilt ${days}.`,
  confirmSubject: 'Bitte bestätige deine E-Mail-Adresse',
  confirmAction: 'Adresse bestätigen',
  signUp: (site) =>
    `Danke für deine Registrierung bei ${site}. Ein Schritt fehlt noch: bestätige, dass diese Adresse dir gehört.`,
  signUpIgnore:
    'Wenn du dich nicht registriert hast, ignoriere diese Mail. Wahrscheinlich hat sich jemand vertippt.',
  logIn: (site) => `Bevor du dich bei ${site} anmelden kannst, bestätige, dass diese Adresse dir gehört.`,
  logInIgnore: 'Wenn du dich nicht anmelden wolltest, ignoriere diese Mail: die Adresse bleibt unbestätigt.',
  newAddressSubject: 'Bestätige deine neue E-Mail-Adresse',
  newAddress: (site) =>
    `Diese Adresse wurde für dein Konto bei ${site} eingetragen. Bestätige, dass sie dir gehört.`,
  newAddressAction: 'Neue Adresse bestätigen',
  newAddressIgnore: 'Wenn du das nicht wolltest, ignoriere diese Mail: die Adresse bleibt unbestätigt.',
  addressChangedSubject: 'Deine E-Mail-Adresse wurde geändert',
  addressChanged: (site, email) =>
    `Die E-Mail-Adresse deines Kontos bei ${site} ist jetzt ${email}. Bisher war es diese.`,
  addressChangedWarning:
    'Wenn du sie nicht geändert hast, sag sofort der Verwaltung Bescheid: vielleicht benutzt jemand anders dein Konto.',
  resetSubject: 'Neues Passwort setzen',
  reset: (site) => `Für dein Konto bei ${site} wurde ein neues Passwort angefordert.`,
  resetAction: 'Neues Passwort wählen',
  resetLink: (days, username) => `Der Link gilt einmal, und ${days}. Dein Benutzername ist ${username}.`,
  resetIgnore: 'Wenn du das nicht warst, ignoriere diese Mail: dein Passwort bleibt, wie es ist.',
  setSubject: 'Setze das Passwort deines neuen Kontos',
  set: (site, username) =>
    `Die Verwaltung hat bei ${site} ein Konto für dich angelegt. Dein Benutzername ist ${username}.`,
  setAction: 'Passwort setzen',
  setLink: (days) => `Der Link gilt einmal, und ${days}. Danach kannst du ein neues Passwort anfordern.`,
  passwordChangedSubject: 'Dein Passwort wurde geändert',
  passwordChanged: (site) => `Das Passwort deines Kontos bei ${site} wurde geändert.`,
  passwordChangedWarning:
    'Wenn du es nicht geändert hast, setze sofort ein neues und sag der Verwaltung Bescheid: vielleicht benutzt jemand anders dein Konto.',
  linkedSubject: 'Du kannst dich auf einem neuen Weg anmelden',
  linked: (site, provider) =>
    `Du kannst dich jetzt mit deiner Identität bei ${provider} in deinem Konto bei ${site} anmelden.`,
  linkedWarning:
    'Wenn du sie nicht verknüpft hast: Löse sie auf der Seite Sicherheit, ändere dein Passwort und sag es der Verwaltung.',
  unlinkedSubject: 'Ein Weg, dich anzumelden, wurde entfernt',
  unlinked: (site, provider) =>
    `Du kannst dich nicht mehr mit deiner Identität bei ${provider} in deinem Konto bei ${site} anmelden.`,
  unlinkedWarning: 'Wenn du das nicht erwartet hast, sag es der Verwaltung.',
  factorAddedSubject: 'Dein Konto hat einen zweiten Faktor',
  factorAdded: (site) =>
    `Für dein Konto bei ${site} wurde eine Authenticator-App eingerichtet. Deine anderen Sitzungen und dein API-Token sind beendet.`,
  keyAddedSubject: 'Dein Konto hat einen neuen Schlüssel',
  keyAdded: (site) =>
    `Für dein Konto bei ${site} wurde ein Passkey oder Sicherheitsschlüssel hinzugefügt. Deine anderen Sitzungen und dein API-Token sind beendet.`,
  factorRemovedSubject: 'Der zweite Faktor deines Kontos wurde entfernt',
  factorRemoved: (site) =>
    `Dein Konto bei ${site} hat keinen zweiten Faktor mehr. Deine anderen Sitzungen und dein API-Token sind beendet.`,
  oneFactorRemovedSubject: 'Ein zweiter Faktor deines Kontos wurde entfernt',
  oneFactorRemoved: (site) =>
    `Dein Konto bei ${site} hat einen zweiten Faktor weniger. Deine anderen Sitzungen und dein API-Token sind beendet.`,
  recoveryCodesSubject: 'Deine Wiederherstellungscodes wurden ersetzt',
  recoveryCodes: (site) =>
    `Dein Konto bei ${site} hat neue Wiederherstellungscodes. Die bisherigen gelten nicht mehr.`,
  factorWarning:
    'Wenn du das nicht warst, ändere sofort dein Passwort und sag der Verwaltung Bescheid: vielleicht benutzt jemand anders dein Konto.',
  waitingSubject: 'Ein Konto wartet auf die Freigabe',
  waiting: (site, username, email) =>
    `${username} (${email}) hat sich bei ${site} registriert und kann sich erst anmelden, wenn die Verwaltung das Konto freigibt.`,
  waitingAction: 'Konto ansehen',
  waitingWhy: 'Du bekommst diese Mail, weil du zur Verwaltung gehörst.',
  activeSubject: 'Dein Konto ist freigegeben',
  active: (site) => `Die Verwaltung hat dein Konto bei ${site} freigegeben.`,
  activeAction: 'Anmelden',
  activeName: (username) => `Dein Benutzername ist ${username}.`,
  invitationSubject: (organization) => `Du bist in die Organisation ${organization} in CVAT eingeladen`,
  invitation: (site, organization) => `Du bist in die Organisation ${organization} bei ${site} eingeladen.`,
  invitationBy: (site, organization, inviter) =>
    `${inviter} lädt dich in die Organisation ${organization} bei ${site} ein.`,
  invitationHow: 'Melde dich an, oder registriere dich mit dieser Adresse, und nimm an oder lehne ab.',
  invitationAction: 'Einladung ansehen',
  invitationValid: (days) => `Die Einladung gilt ${days}.`,
  invitationIgnore: 'Wenn du keine Einladung erwartest, ignoriere diese Mail.',
  offerSubject: (organization) => `Die Organisation ${organization} wird dir angeboten`,
  offer: (site, organization, author) =>
    `${author} möchte dich zum Owner der Organisation ${organization} bei ${site} machen.`,
  offerHow: 'Sieh dir das Angebot an, und nimm an oder lehne ab. Nimmst du an, tauscht ihr die Rollen.',
  offerAction: 'Angebot ansehen',
  offerValid: (days) => `Das Angebot gilt ${days}.`,
  offerIgnore: 'Wenn du nichts tust, bleibt alles, wie es ist.',
};

import type { Texts } from '../index.js';

export const factors: Texts['factors'] = {
  title: 'Zweite Faktoren',
  hint: 'Ein Code aus einer App auf deinem Telefon oder ein Schlüssel, zusätzlich zum Passwort. Ein gestohlenes Passwort allein genügt dann nicht.',
  none: 'Du hast keinen zweiten Faktor.',
  app: 'Authenticator-App',
  since: 'eingerichtet',
  // Headings break where a soft hyphen is, if they have to.
  codes: 'Wieder\u00adherstellungs\u00adcodes',
  codesLeft: (count) => (count === 1 ? 'einer übrig' : `${count} übrig`),
  fewCodes: (count) =>
    count === 0
      ? 'Du hast keinen Wiederherstellungscode mehr. Ohne ihn kannst du dich nicht anmelden, wenn du App oder Schlüssel verlierst: ersetze die Codes jetzt.'
      : `Du hast nur noch ${count === 1 ? 'einen Wiederherstellungscode' : `${count} Wiederherstellungscodes`}: ersetze sie bald.`,
  notOffered:
    'Dieser Server bietet keine zweiten Faktoren mehr an. Wende dich an die Verwaltung, wenn deiner entfernt werden soll.',

  requiredTitle: 'Schütze dein Konto',
  requiredIntro:
    'Dieser Server oder eine deiner Organisationen verlangt von dir einen zweiten Faktor. Bis er eingerichtet ist, kannst du nichts anderes tun.',

  setUp: 'Authenticator-App einrichten',
  setUpIntro:
    'Du brauchst eine App, die Codes zeigt, zum Beispiel Aegis, FreeOTP, Google Authenticator oder 1Password.',
  setUpAlready:
    'Du hast eine Authenticator-App. Auf der Seite Sicherheit ersetzt du ihre Wiederherstellungscodes oder entfernst sie.',
  beginHint: 'Du bekommst einen Schlüssel für die App. Er gilt, sobald du einen Code der App getippt hast.',
  begin: 'Beginnen',
  beginAgain: 'Mit einem neuen Schlüssel von vorn beginnen',
  back: 'Zurück zur Sicherheit',
  scanTitle: '1. Füge dein Konto der App hinzu',
  scan: 'Scanne dieses Bild mit der App:',
  picture: 'QR-Code mit dem Schlüssel für deine App',
  openApp: 'App auf diesem Gerät öffnen',
  typeKey: 'Oder tippe diesen Schlüssel in die App:',
  confirmTitle: '2. Tippe den Code, den die App zeigt',
  confirmHint:
    'Das beendet alle deine anderen Sitzungen und dein API-Token. Danach bekommst du Wiederherstellungscodes.',
  code: 'Code',
  codeHint: 'Sechs Ziffern, die alle 30 Sekunden wechseln.',
  anyCodeHint: 'Sechs Ziffern der App oder ein Wiederherstellungscode.',
  confirm: 'Zweiten Faktor einschalten',
  appAdded:
    'Deine Authenticator-App ist eingerichtet. Deine anderen Sitzungen und dein API-Token sind beendet.',

  codesTitle: 'Deine Wieder\u00adherstellungs\u00adcodes',
  codesIntro: 'Für den Tag, an dem dir App oder Schlüssel fehlen. Jeder Code gilt einmal, an ihrer Stelle.',
  codesKeep:
    'Drucke sie aus oder bewahre sie dort auf, wo nur du sie findest. Wir zeigen sie nicht noch einmal.',
  copyCodes: 'Alle kopieren',
  downloadCodes: 'Als Textdatei herunterladen',
  codesOf: (username, site) => `Wiederherstellungscodes von ${username} bei ${site}. Jeder gilt einmal.`,
  codesStored: 'Ich habe die Codes aufbewahrt',
  codesReplaced: 'Deine Wiederherstellungscodes sind ersetzt. Die bisherigen gelten nicht mehr.',

  renewTitle: 'Wieder\u00adherstellungs\u00adcodes ersetzen',
  renewHint: 'Du bekommst zehn neue. Die bisherigen gelten dann nicht mehr.',
  renew: 'Codes ersetzen',
  removeTitle: 'Authenticator-App entfernen',
  removeHint:
    'Auch deine Wiederherstellungscodes, deine anderen Sitzungen und dein API-Token enden. Danach genügt dein Passwort.',
  remove: 'App entfernen',
  appRemoved:
    'Deine Authenticator-App ist entfernt. Deine anderen Sitzungen und dein API-Token sind beendet.',

  noneOfPerson: 'Dieses Konto hat keinen zweiten Faktor.',
  removeAllHint:
    'Für eine Person, die App, Schlüssel und Codes verloren hat. Alle Sitzungen und das API-Token des Kontos enden, und sein Passwort allein genügt. Sei sicher, dass die Person selbst darum bittet.',
  removeAll: 'Alle zweiten Faktoren entfernen',
  ownHint: 'Deine eigenen zweiten Faktoren entfernst du auf der Seite Sicherheit.',
  toSecurity: 'Seite Sicherheit öffnen',
};

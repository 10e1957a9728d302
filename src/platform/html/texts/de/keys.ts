import type { Texts } from '../index.js';

export const keys: Texts['keys'] = {
  title: 'Passkeys und Sicherheitsschlüssel',
  hint: 'Ein Passkey auf diesem Gerät oder in deinem Passwortmanager, oder ein Sicherheitsschlüssel, meldet dich mit einer Berührung, einem Blick oder einer PIN an.',
  add: 'Passkey oder Sicherheitsschlüssel hinzufügen',
  addIntro:
    'Dein Browser fragt, wo er ihn aufbewahren soll: auf diesem Gerät, in einem Passwortmanager, auf einem Telefon oder auf einem Sicherheitsschlüssel.',
  name: 'Name',
  nameHint: 'Damit du ihn wiedererkennst, zum Beispiel „Laptop“ oder „Blauer Schlüssel“.',
  endsHint: 'Das beendet alle deine anderen Sitzungen und dein API-Token.',
  codesHint: 'Danach bekommst du Wiederherstellungscodes für den Tag, an dem du den Schlüssel verloren hast.',
  proveFirst: 'Zuerst stellen wir sicher, dass du es bist.',
  begin: 'Weiter',
  create: 'Jetzt anlegen',
  added: 'Dein Schlüssel ist hinzugefügt. Deine anderen Sitzungen und dein API-Token sind beendet.',
  created: 'hinzugefügt',
  used: 'zuletzt benutzt',
  change: 'Umbenennen oder entfernen',
  changeLabel: (name) => `Umbenennen oder entfernen: ${name}`,
  rename: 'Namen speichern',
  renamed: 'Der Name ist gespeichert.',
  remove: 'Schlüssel entfernen',
  removeLabel: (name) => `Schlüssel entfernen: ${name}`,
  removeHint: 'Auch deine anderen Sitzungen und dein API-Token enden.',
  removeLastHint:
    'Es ist dein letzter zweiter Faktor: auch deine Wiederherstellungscodes, deine anderen Sitzungen und dein API-Token enden. Danach genügt dein Passwort.',
  removed: 'Der Schlüssel ist entfernt. Deine anderen Sitzungen und dein API-Token sind beendet.',
  removeAppHint:
    'Auch deine anderen Sitzungen und dein API-Token enden. Deine Schlüssel und Wiederherstellungscodes bleiben.',
  renewHint:
    'Du bekommst zehn neue. Die bisherigen gelten dann nicht mehr. Wir fragen nach deinem Schlüssel, falls du ihn nicht gerade benutzt hast.',
  limited:
    'Auf diesem Server lassen sich keine Schlüssel mehr hinzufügen. Wende dich an die Verwaltung, wenn deine entfernt werden sollen.',

  signIn: 'Mit einem Passkey anmelden',
  stepTitle: 'Noch ein Schritt',
  use: 'Schlüssel benutzen',
  useHint: 'Berühre deinen Sicherheitsschlüssel oder entsperre dieses Gerät.',
  orCode: 'oder mit einem Code',

  needsScript: 'Schlüssel brauchen JavaScript, das in diesem Browser ausgeschaltet ist.',
  unsupported:
    'Dieser Browser kann hier keine Schlüssel benutzen: dafür braucht es einen neueren Browser und eine Adresse, die mit https beginnt.',
  cancelled: 'Es ist nichts geschehen: es wurde abgebrochen oder dauerte zu lange. Versuche es noch einmal.',
  known: 'Dieser Schlüssel gehört schon zu deinem Konto.',
  wrongAddress:
    'Unter dieser Adresse lassen sich keine Schlüssel benutzen: öffne diese Seite unter der Adresse des Servers.',
  failed: 'Der Browser konnte es nicht ausführen. Versuche es noch einmal oder nimm einen anderen Schlüssel.',
};

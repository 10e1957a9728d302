import type { Texts } from '../index.js';

export const signingIn: Texts['signingIn'] = {
  title: (site) => `Bei ${site} anmelden`,
  username: 'Benutzername',
  email: 'E-Mail-Adresse',
  usernameOrEmail: 'Benutzername oder E-Mail-Adresse',
  password: 'Passwort',
  forgot: 'Passwort vergessen?',
  noAccount: 'Noch kein Konto?',
  createOne: 'Konto anlegen',
  directory: 'Benutze das Konto deiner Organisation.',
  signedOut: 'Du bist abgemeldet.',
  signInFirst: 'Melde dich an, um weiterzumachen.',
  draftKept: 'Deine Sitzung ist zu Ende. Melde dich an: was du getippt hast, bleibt erhalten.',
  checkAgain: 'Du bist wieder angemeldet. Prüfe, was du getippt hast, und sende es ab.',
  alreadySignedIn: (name) => `Du bist als ${name} angemeldet.`,
  goOn: 'Weiter',

  continueWith: (provider) => `Weiter mit ${provider}`,
  orPassword: 'oder mit einem Passwort',
  codeTitle: 'Gib deinen Code ein',
  code: 'Code',
  codeHint:
    'Öffne deine Authenticator-App und gib ihre sechs Ziffern ein, oder einen deiner Wiederherstellungscodes.',
  proveHint:
    'Damit sicher ist, dass du es bist: Gib die sechs Ziffern deiner Authenticator-App ein, oder einen Wiederherstellungscode.',
  sendCode: 'Weiter',
  chooseProvider: 'Weiter mit Single Sign-on',
  workEmail: 'E-Mail-Adresse bei deiner Organisation',
  singleSignOn: 'Single Sign-on',
  onwards: (provider) => `Weiter zu ${provider}`,
  signOutThere: (provider) => `Auch bei ${provider} abmelden`,
  emergency: 'Im Notfall mit einem Passwort anmelden',
  signOn: {
    cancelled: 'Die Anmeldung wurde abgebrochen.',
    expired:
      'Diese Anmeldung ist zu alt, wurde schon benutzt oder begann in einem anderen Browser. Beginne noch einmal.',
    failed: 'Die Antwort des Anmeldedienstes ist nicht gültig. Sag es deiner Verwaltung.',
    unreachable:
      'Der Anmeldedienst antwortet nicht. Versuche es später noch einmal, oder melde dich anders an.',
    inactive: 'Dein Konto ist nicht aktiv. Frag die Verwaltung.',
    no_email: 'Der Anmeldedienst hat keine E-Mail-Adresse gesendet, und ein Konto braucht eine.',
    email_taken:
      'Ein Konto hier hat deine E-Mail-Adresse, ist aber nicht damit verknüpft. Melde dich anders an und verknüpfe es auf der Seite Sicherheit, oder frag die Verwaltung.',
    closed: 'Auf diesem Server legt die Verwaltung die Konten an. Bitte sie um eines.',
    invite: 'Du brauchst für deine E-Mail-Adresse eine Einladung in eine Organisation.',
    domain: 'Adressen deiner Domain können sich auf diesem Server nicht registrieren.',
    approval: 'Bevor du dich anmelden kannst, muss jemand aus der Verwaltung dein Konto freigeben.',
    unverified: 'Bestätige zuerst deine E-Mail-Adresse: Wir haben dir einen Link geschickt.',
    linked_elsewhere:
      'Diese Identität gehört zu einem anderen Konto hier. Melde dich damit an und löse sie dort zuerst.',
    other_identity:
      'Dein Konto ist mit einer anderen Identität bei diesem Dienst verknüpft. Löse diese zuerst.',
    group: 'Du bist in keiner der Gruppen, die sich hier anmelden dürfen. Frag deine Verwaltung.',
  },

  registerTitle: 'Konto anlegen',
  registerHint: {
    open: '',
    invite: 'Nimm die Adresse, an die die Einladung ging.',
    approval: 'Bevor du dich anmelden kannst, muss jemand aus der Verwaltung dein Konto freigeben.',
    closed: '',
  },
  registerClosedTitle: 'Die Registrierung ist geschlossen',
  registerClosed: 'Auf diesem Server legt die Verwaltung die Konten an. Bitte sie um eines.',
  domains: (domains) => `Adressen bei ${domains} können sich registrieren.`,
  usernameHint: (minimum) => `Mindestens ${minimum} Zeichen: Buchstaben, Ziffern und @ . + - _`,
  firstName: 'Vorname',
  lastName: 'Nachname',
  passwordAgain: 'Passwort noch einmal',
  passwordHint: (minimum) => `Mindestens ${minimum} Zeichen, und kein gängiges Passwort.`,
  register: 'Konto anlegen',
  haveAccount: 'Du hast schon ein Konto?',
  waitingTitle: 'Dein Konto wartet auf die Freigabe',
  waiting: 'Die Verwaltung sieht es sich an. Du bekommst eine Mail, sobald du dich anmelden kannst.',

  sentTitle: 'Sieh in deine Mails',
  sent: 'Wir haben dir einen Link geschickt, der deine Adresse bestätigt. Er gilt drei Tage.',
  sentHint: 'Nichts angekommen? Sieh im Spam-Ordner nach, oder lass dir noch eine Mail schicken.',
  resend: 'Noch eine Mail schicken',
  resent: 'Wenn die Adresse auf eine Bestätigung wartet, ist eine Mail unterwegs.',
  confirmedTitle: 'Deine Adresse ist bestätigt',
  confirmed: 'Danke. Du kannst dich jetzt anmelden.',
  confirmedSignedIn: 'Danke. Das war alles.',
  linkWrongTitle: 'Dieser Link funktioniert nicht',
  linkWrong:
    'Er wurde schon benutzt, ist zu alt, oder ein Teil fehlt. Kopiere den ganzen Link, oder lass dir eine neue Mail schicken.',

  resetTitle: 'Neues Passwort setzen',
  resetHint: 'Gib die E-Mail-Adresse deines Kontos ein. Du bekommst eine Mail mit einem Link.',
  resetElsewhere:
    'Wenn du dich bei einem anderen Dienst anmeldest, hast du hier kein Passwort: Geh zurück und wähle ihn.',
  resetAction: 'Mail schicken',
  resetSentTitle: 'Sieh in deine Mails',
  resetSent:
    'Wenn ein Konto diese Adresse hat, ist eine Mail mit einem Link unterwegs. Der Link gilt drei Tage.',
  newPassword: 'Neues Passwort',
  newPasswordAgain: 'Neues Passwort noch einmal',
  setPassword: 'Passwort setzen',
  passwordSet: 'Dein neues Passwort ist gesetzt. Melde dich damit an.',
  backToSignIn: 'Zurück zur Anmeldung',

  signOutTitle: 'Abmelden?',
  signOutHint: 'Das beendet deine Sitzung in diesem Browser. Deine Tokens funktionieren weiter.',
  signOutAction: 'Abmelden',

  invitationTitle: 'Du bist eingeladen',
  invitationAnonymous:
    'Du bist in eine Organisation eingeladen. Melde dich mit dem Konto dieser Adresse an, oder lege eines an.',
  invitationFor: (email) => `Die Einladung ging an ${email}.`,
  invitation: (organization, role) => `Du bist eingeladen, bei ${organization} mitzumachen, als ${role}.`,
  invitedBy: (name) => `Eingeladen hat dich ${name}.`,
  accept: 'Annehmen',
  decline: 'Ablehnen',
  invitationExpired: 'Diese Einladung ist abgelaufen. Bitte die Organisation um eine neue.',
  invitationOther:
    'Für dieses Konto gibt es keine solche Einladung. Vielleicht ging sie an eine andere Adresse von dir.',
  otherAccount: 'Mit einem anderen Konto anmelden',
  accepted: (organization) => `Du gehörst jetzt zu ${organization}.`,
  declined: 'Du hast die Einladung abgelehnt.',
};

/** Second factors, on the pages about your own account and on those for administrators. */
export const factors = {
  title: 'Second factors',
  hint: 'A code of an app on your phone, or a key, besides your password. Then a stolen password alone is not enough.',
  none: 'You have no second factor.',
  app: 'Authenticator app',
  since: 'set up',
  codes: 'Recovery codes',
  codesLeft: (count: number) => (count === 1 ? 'one left' : `${count} left`),
  fewCodes: (count: number) =>
    count === 0
      ? 'You have no recovery code left. Without one you cannot sign in if you lose your app or key: replace them now.'
      : `You have only ${count === 1 ? 'one recovery code' : `${count} recovery codes`} left: replace them soon.`,
  notOffered:
    'This server offers no second factors any more. Ask an administrator if yours is to be removed.',

  requiredTitle: 'Protect your account',
  requiredIntro:
    'This server, or an organization you are in, asks a second factor of you. Until you have set one up, you can do nothing else.',

  setUp: 'Set up an authenticator app',
  setUpIntro: 'You need an app that shows codes, such as Aegis, FreeOTP, Google Authenticator or 1Password.',
  setUpAlready:
    'You have an authenticator app. On the page Security you replace its recovery codes or remove it.',
  beginHint: 'You get a key for the app. It counts once you have typed a code of the app.',
  begin: 'Begin',
  beginAgain: 'Begin again with a new key',
  back: 'Back to Security',
  scanTitle: '1. Add your account to the app',
  scan: 'Scan this picture with the app:',
  picture: 'QR code with the key for your app',
  openApp: 'Open the app on this device',
  typeKey: 'Or type this key into the app:',
  confirmTitle: '2. Type the code that the app shows',
  confirmHint: 'This ends all your other sessions and your API token. Then you get recovery codes.',
  code: 'Code',
  codeHint: 'Six digits, which change every 30 seconds.',
  anyCodeHint: 'Six digits of the app, or a recovery code.',
  confirm: 'Turn on the second factor',
  appAdded: 'Your authenticator app is set up. Your other sessions and your API token have ended.',

  codesTitle: 'Your recovery codes',
  codesIntro:
    'For the day on which you have lost your app or your key. Each code works once, in place of it.',
  codesKeep: 'Print them or store them where only you find them. We do not show them again.',
  copyCodes: 'Copy all',
  downloadCodes: 'Download as a text file',
  codesOf: (username: string, site: string) => `Recovery codes of ${username} at ${site}. Each works once.`,
  codesStored: 'I have stored the codes',
  codesReplaced: 'Your recovery codes are replaced. Those from before do not work any more.',

  renewTitle: 'Replace the recovery codes',
  renewHint: 'You get ten new ones. Those from before end.',
  renew: 'Replace the codes',
  removeTitle: 'Remove the authenticator app',
  removeHint:
    'Your recovery codes, your other sessions and your API token end too. Then your password alone is enough.',
  remove: 'Remove the app',
  appRemoved: 'Your authenticator app is removed. Your other sessions and your API token have ended.',

  noneOfPerson: 'This account has no second factor.',
  removeAllHint:
    'For a person who has lost the app, the keys and the codes. All sessions and the API token of the account end, and its password alone is enough. Be sure that its owner asks for it.',
  removeAll: 'Remove all second factors',
  ownHint: 'You remove your own second factors on the page Security.',
  toSecurity: 'Open the page Security',
};

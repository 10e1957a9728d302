/** Passkeys and security keys. */
export const keys = {
  title: 'Passkeys and security keys',
  hint: 'A passkey on this device or in your password manager, or a security key, signs you in with a touch, a look or a PIN.',
  add: 'Add a passkey or security key',
  addIntro:
    'Your browser asks where to keep it: on this device, in a password manager, on a phone, or on a security key.',
  name: 'Name',
  nameHint: 'So that you know it again: “Laptop” or “Blue key”, for example.',
  endsHint: 'This ends all your other sessions and your API token.',
  codesHint: 'Then you get recovery codes for the day on which you have lost the key.',
  proveFirst: 'First we make sure that it is you.',
  begin: 'Go on',
  create: 'Create it now',
  added: 'Your key is added. Your other sessions and your API token have ended.',
  created: 'added',
  used: 'last used',
  change: 'Rename or remove',
  changeLabel: (name: string) => `Rename or remove ${name}`,
  rename: 'Save the name',
  renamed: 'The name is saved.',
  remove: 'Remove the key',
  removeLabel: (name: string) => `Remove the key ${name}`,
  removeHint: 'Your other sessions and your API token end too.',
  removeLastHint:
    'It is your last second factor: your recovery codes, your other sessions and your API token end too. Then your password alone is enough.',
  removed: 'The key is removed. Your other sessions and your API token have ended.',
  removeAppHint: 'Your other sessions and your API token end too. Your keys and your recovery codes stay.',
  renewHint:
    'You get ten new ones. Those from before end. We ask for your key, unless you have just used it.',
  limited: 'This server lets nobody add keys any more. Ask an administrator if yours are to be removed.',

  signIn: 'Sign in with a passkey',
  stepTitle: 'One more step',
  use: 'Use your key',
  useHint: 'Touch your security key, or unlock this device.',
  orCode: 'or with a code',

  needsScript: 'Keys need JavaScript, which is off in this browser.',
  unsupported:
    'This browser cannot use keys here: that needs a newer browser, and an address that begins with https.',
  cancelled: 'Nothing happened: it was cancelled, or took too long. Try it again.',
  known: 'This key is in your account already.',
  wrongAddress: 'Keys cannot be used at this address: open this page at the address of the server.',
  failed: 'The browser could not do it. Try it again, or use another key.',
};

/** What the mails say. Subjects and some sentences are CVAT's. */
export const mails = {
  hello: 'Hello,',
  helloName: (name: string) => `Hello ${name},`,
  days: (count: number) => (count === 1 ? '1 day' : `${count} days`),
  linkWorks: (days: string) => `The link works for ${days}.`,
  confirmSubject: 'Please Confirm Your Email Address',
  confirmAction: 'Confirm my address',
  signUp: (site: string) =>
    `Thank you for signing up at ${site}. One step is left: confirm that this address is yours.`,
  signUpIgnore: 'If you did not sign up, ignore this mail. The address was probably mistyped.',
  logIn: (site: string) => `To log in at ${site}, first confirm that this address is yours.`,
  logInIgnore: 'If you did not try to log in, ignore this mail: the address stays unconfirmed.',
  newAddressSubject: 'Confirm your new email address',
  newAddress: (site: string) =>
    `This address was entered for your account at ${site}. Confirm that it is yours.`,
  newAddressAction: 'Confirm my new address',
  newAddressIgnore: 'If you did not ask for this, ignore this mail: the address stays unconfirmed.',
  addressChangedSubject: 'Your email address was changed',
  addressChanged: (site: string, email: string) =>
    `The email address of your account at ${site} is now ${email}. It was this address before.`,
  addressChangedWarning:
    'If you did not change it, tell an administrator at once: another person may be using your account.',
  resetSubject: 'Password Reset E-mail',
  reset: (site: string) => `A new password was requested for your account at ${site}.`,
  resetAction: 'Choose a new password',
  resetLink: (days: string, username: string) =>
    `The link works once, for ${days}. Your user name is ${username}.`,
  resetIgnore: 'If you did not request it, ignore this mail: your password does not change.',
  setSubject: 'Set the password of your new account',
  set: (site: string, username: string) =>
    `An administrator made an account for you at ${site}. Your user name is ${username}.`,
  setAction: 'Set my password',
  setLink: (days: string) => `The link works once, for ${days}. After that, ask for a password reset.`,
  passwordChangedSubject: 'Your password was changed',
  passwordChanged: (site: string) => `The password of your account at ${site} was changed.`,
  passwordChangedWarning:
    'If you did not change it, reset it at once and tell an administrator: another person may be using your account.',
  linkedSubject: 'A new way to sign in to your account',
  linked: (site: string, provider: string) =>
    `You can now sign in to your account at ${site} with your identity at ${provider}.`,
  linkedWarning:
    'If you did not link it, unlink it on the security page, change your password, and tell an administrator.',
  unlinkedSubject: 'A way to sign in to your account was removed',
  unlinked: (site: string, provider: string) =>
    `You can no longer sign in to your account at ${site} with your identity at ${provider}.`,
  unlinkedWarning: 'If you did not expect this, tell an administrator.',
  factorAddedSubject: 'Your account has a second factor',
  factorAdded: (site: string) =>
    `An authenticator app was set up for your account at ${site}. Your other sessions and your API token have ended.`,
  keyAddedSubject: 'A key was added to your account',
  keyAdded: (site: string) =>
    `A passkey or security key was added to your account at ${site}. Your other sessions and your API token have ended.`,
  factorRemovedSubject: 'The second factor of your account was removed',
  factorRemoved: (site: string) =>
    `Your account at ${site} has no second factor any more. Your other sessions and your API token have ended.`,
  oneFactorRemovedSubject: 'A second factor of your account was removed',
  oneFactorRemoved: (site: string) =>
    `Your account at ${site} has one second factor less. Your other sessions and your API token have ended.`,
  recoveryCodesSubject: 'Your recovery codes were replaced',
  recoveryCodes: (site: string) =>
    `Your account at ${site} has new recovery codes. The codes from before no longer work.`,
  factorWarning:
    'If it was not you, change your password at once and tell an administrator: another person may be using your account.',
  waitingSubject: 'An account is waiting for approval',
  waiting: (site: string, username: string, email: string) =>
    `${username} (${email}) signed up at ${site} and can't log in until an administrator approves the account.`,
  waitingAction: 'Review the account',
  waitingWhy: 'You receive this mail because you are an administrator.',
  activeSubject: 'Your account is active',
  active: (site: string) => `An administrator activated your account at ${site}.`,
  activeAction: 'Log in',
  activeName: (username: string) => `Your user name is ${username}.`,
  invitationSubject: (organization: string) =>
    `You're invited to join the ${organization} organization in CVAT!`,
  invitation: (site: string, organization: string) =>
    `You are invited to the organization ${organization} at ${site}.`,
  invitationBy: (site: string, organization: string, inviter: string) =>
    `${inviter} invites you to the organization ${organization} at ${site}.`,
  invitationHow: 'Log in, or sign up with this address, then accept or decline.',
  invitationAction: 'See the invitation',
  invitationValid: (days: string) => `The invitation is valid for ${days}.`,
  invitationIgnore: 'If you do not expect an invitation, ignore this mail.',
  offerSubject: (organization: string) => `The organization ${organization} is offered to you`,
  offer: (site: string, organization: string, author: string) =>
    `${author} wants to make you the owner of the organization ${organization} at ${site}.`,
  offerHow: 'See the offer, then accept or decline. If you accept, you swap your roles.',
  offerAction: 'See the offer',
  offerValid: (days: string) => `The offer is valid for ${days}.`,
  offerIgnore: 'If you do nothing, nothing changes.',
};

/** The pages behind links of mails that wait for a click. */
export const links = {
  confirm: {
    title: 'Confirm your e-mail address',
    question: 'Is this your account? Then confirm the address that the mail was sent to.',
    action: 'Confirm',
  },
  change: {
    title: 'Change your e-mail address',
    question: 'Do you want to use the address that the mail was sent to for your account?',
    action: 'Change the address',
  },
  doneTitle: 'This is done',
  done: 'Your address is confirmed. You can close this page, or go on.',
  goOn: 'Go on',
  expiredTitle: 'This link has expired',
  expired: 'A link works for three days. You can get a new one by mail.',
  renew: 'Send a new link',
  wrongTitle: 'This link does not work',
  wrong:
    'Perhaps a part of it is missing: copy the whole link from the mail. If it still does not work, ask for a new mail.',
};

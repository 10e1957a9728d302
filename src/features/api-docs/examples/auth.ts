import type { Examples } from '../../../platform/openapi/examples.js';
import { LATER, NEW_PASSWORD, PASSWORD, UNKNOWN_TOKEN } from './people.js';

const KEY = '9c1185a5c5e9fc54612808977ee8f548b2258d31';
/** One line per cookie, for all three. */
const COOKIES = 'sessionid=...; expires=...; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax';

const NEWCOMER = {
  username: 'frida',
  email: 'frida@example.org',
  password1: NEW_PASSWORD,
  password2: NEW_PASSWORD,
  first_name: 'Frida',
  last_name: 'Kahlo',
};

const login: Examples = {
  by_username: {
    summary: 'By user name',
    status: 200,
    request: { as: 'nobody', body: { username: 'maria', password: PASSWORD } },
    headers: { 'Set-Cookie': COOKIES },
    body: { key: KEY },
  },
  by_email: {
    summary: 'By e-mail address',
    status: 200,
    request: { as: 'nobody', body: { email: 'maria@example.org', password: PASSWORD } },
    headers: { 'Set-Cookie': COOKIES },
    body: { key: KEY },
  },
  wrong_credentials: {
    summary: 'A wrong password, an unknown name, or an account that is not active',
    status: 400,
    request: { as: 'nobody', body: { username: 'maria', password: 'wrong' } },
    body: { non_field_errors: ['Unable to log in with provided credentials.'] },
  },
  unknown_email: {
    summary: 'An e-mail address that does not belong to exactly one account',
    status: 400,
    request: { as: 'nobody', body: { email: 'zoe@example.org', password: PASSWORD } },
    body: ['Unable to login with provided credentials'],
  },
  nothing: {
    summary: 'No name or no password',
    status: 400,
    request: { as: 'nobody', body: {} },
    body: ['Must include either "username" or "email" and "password".'],
  },
  unverified_email: {
    summary: 'An address that is not confirmed yet: the mail with the link is sent again',
    status: 400,
    request: { as: 'nobody', body: { username: 'maria', password: PASSWORD } },
    settings: { ACCOUNT_EMAIL_VERIFICATION: 'mandatory' },
    type: 'text/html; charset=utf-8',
    body: 'Unverified email',
  },
};

const logout: Examples = {
  logged_out: {
    summary: 'Logged out',
    status: 200,
    request: { as: 'maria' },
    body: { detail: 'Successfully logged out.' },
  },
};

const register: Examples = {
  registered: {
    summary: 'A new account, signed in',
    status: 201,
    request: { as: 'nobody', body: NEWCOMER },
    headers: { 'Set-Cookie': COOKIES },
    body: {
      username: 'frida',
      email: 'frida@example.org',
      first_name: 'Frida',
      last_name: 'Kahlo',
      email_verification_required: false,
      key: KEY,
    },
  },
  missing_fields: {
    summary: 'Required fields are missing',
    status: 400,
    request: { as: 'nobody', body: {} },
    body: {
      username: ['This field is required.'],
      password1: ['This field is required.'],
      password2: ['This field is required.'],
    },
  },
  taken_username: {
    summary: 'A name that is taken, and a weak password',
    status: 400,
    request: {
      as: 'nobody',
      body: { ...NEWCOMER, username: 'admin', password1: '12345', password2: '12345' },
    },
    body: {
      username: ['A user with that username already exists.'],
      password1: [
        'This password is too short. It must contain at least 8 characters.',
        'This password is too common.',
        'This password is entirely numeric.',
      ],
    },
  },
  taken_email: {
    summary: 'An address that is taken',
    status: 400,
    request: { as: 'nobody', body: { ...NEWCOMER, email: 'maria@example.org' } },
    body: ['A user is already registered with this e-mail address.'],
  },
  invitation_needed: {
    summary: 'Nobody invited this address',
    status: 403,
    request: { as: 'nobody', body: NEWCOMER },
    settings: { REGISTRATION_MODE: 'invite', EMAIL_BACKEND: 'console' },
    body: { detail: 'Registration needs an invitation to an organization for this e-mail address.' },
  },
};

const changePassword: Examples = {
  changed: {
    summary: 'A new password',
    status: 200,
    request: {
      as: 'maria',
      body: { old_password: PASSWORD, new_password1: NEW_PASSWORD, new_password2: NEW_PASSWORD },
    },
    body: { detail: 'New password has been saved.' },
  },
  missing_fields: {
    summary: 'Required fields are missing',
    status: 400,
    request: { as: 'maria', body: { old_password: PASSWORD } },
    body: { new_password1: ['This field is required.'], new_password2: ['This field is required.'] },
  },
  wrong_old_password: {
    summary: 'A wrong old password',
    status: 400,
    request: {
      as: 'maria',
      body: { old_password: 'wrong', new_password1: NEW_PASSWORD, new_password2: NEW_PASSWORD },
    },
    body: { old_password: ['Your old password was entered incorrectly. Please enter it again.'] },
  },
  mismatch: {
    summary: 'Two different new passwords',
    status: 400,
    request: {
      as: 'maria',
      body: { old_password: PASSWORD, new_password1: NEW_PASSWORD, new_password2: 'Quarks-44-wiesel' },
    },
    body: { new_password2: ['The two password fields didn’t match.'] },
  },
};

const resetPassword: Examples = {
  accepted: {
    summary: 'The same answer for every address',
    status: 200,
    request: { as: 'nobody', body: { email: 'maria@example.org' } },
    body: { detail: 'Password reset e-mail has been sent.' },
  },
  too_many_mails: {
    summary: 'Too many mails: the second in a minute',
    status: 429,
    request: { as: 'nobody', body: { email: 'maria@example.org' } },
    settings: { MAIL_REQUESTS_PER_RECIPIENT: '1/minute' },
    headers: { 'Retry-After': LATER },
    body: { detail: 'Request was throttled. Expected available in 60 seconds.' },
  },
};

const confirmReset: Examples = {
  reset: {
    summary: 'The link of the mail',
    status: 200,
    request: {
      as: 'nobody',
      body: {
        new_password1: NEW_PASSWORD,
        new_password2: NEW_PASSWORD,
        uid: '2',
        token: 'd2y9zx-0f0e3a1c5b8d7f6e4c2a1b0d9e8f7c6b',
      },
    },
    body: { detail: 'Password has been reset with the new password.' },
  },
  used_link: {
    summary: 'A link that is used, changed or too old',
    status: 400,
    request: {
      as: 'nobody',
      body: { new_password1: NEW_PASSWORD, new_password2: NEW_PASSWORD, uid: '2', token: UNKNOWN_TOKEN },
    },
    body: { token: ['Invalid value'] },
  },
  link_to_nobody: {
    summary: 'A link for an unknown account',
    status: 400,
    request: {
      as: 'nobody',
      body: { new_password1: NEW_PASSWORD, new_password2: NEW_PASSWORD, uid: 'zzz', token: UNKNOWN_TOKEN },
    },
    body: { uid: ['Invalid value'] },
  },
};

const resendConfirmation: Examples = {
  accepted: {
    summary: 'The same answer for every address',
    status: 200,
    request: { as: 'nobody', body: { email: 'maria@example.org' } },
    body: { detail: 'If the address waits for confirmation, a mail is on its way.' },
  },
};

const changeEmail: Examples = {
  accepted: {
    summary: 'A mail goes to the new address',
    status: 200,
    request: { as: 'maria', body: { password: PASSWORD, email: 'maria@example.net' } },
    settings: { EMAIL_BACKEND: 'console' },
    body: { detail: 'Confirmation e-mail sent to the new address.' },
  },
  wrong_own_password: {
    summary: 'A wrong password',
    status: 400,
    request: { body: { password: 'wrong', email: 'maria@example.net' } },
    body: { password: ['Your password was entered incorrectly. Please enter it again.'] },
  },
  taken_email: {
    summary: 'An address that is taken',
    status: 400,
    request: { body: { password: PASSWORD, email: 'pablo@example.org' } },
    settings: { EMAIL_BACKEND: 'console' },
    body: { email: ['A user is already registered with this e-mail address.'] },
  },
  no_mail: {
    summary: 'The server cannot send mail',
    status: 400,
    settings: { EMAIL_BACKEND: 'none' },
    body: { email: ['Email backend is not configured.'] },
  },
};

const preferences: Examples = {
  none: {
    summary: 'Nothing chosen yet',
    status: 200,
    request: { as: 'maria' },
    body: { language: null },
  },
};

const changePreferences: Examples = {
  chosen: {
    summary: 'Mails and pages in German',
    status: 200,
    request: { as: 'maria', body: { language: 'de' } },
    body: { language: 'de' },
  },
  unknown_language: {
    summary: 'A language that there is not',
    status: 400,
    request: { body: { language: 'fr' } },
    body: { language: ['"fr" is not a valid choice.'] },
  },
};

const rules: Examples = {
  bundle: { summary: 'The rules', status: 200, type: 'application/x-tar', headers: { ETag: '"3b1f..."' } },
  unchanged: {
    summary: 'The caller already has these rules',
    status: 304,
    request: { headers: { 'If-None-Match': '*' } },
    headers: { ETag: '"3b1f..."' },
  },
};

export const authExamples: Readonly<Record<string, Examples>> = {
  auth_create_login: login,
  auth_create_logout: logout,
  auth_create_register: register,
  auth_create_password_change: changePassword,
  auth_create_password_reset: resetPassword,
  auth_create_password_reset_confirm: confirmReset,
  auth_create_email_resend: resendConfirmation,
  auth_create_email_change: changeEmail,
  auth_retrieve_preferences: preferences,
  auth_partial_update_preferences: changePreferences,
  auth_retrieve_rules: rules,
};

import { z } from 'zod';
import { MAXIMUM_LENGTH, MINIMUM_LENGTH } from '../../authentication/passwords/validators/policy.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { charField, emailField } from '../../platform/http/fields.js';
import { readOnly, text, unrequired } from '../../platform/http/read-fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';
import { EMAIL_LENGTH, NAME_LENGTH } from '../users/index.js';

/** Passwords are used exactly as typed (deviation 10). The validators check their strength, not the schema. */
const passwordField = () => charField({ trim: false });

/** Newer releases of CVAT count the characters before the validators do. In code points. */
const lengthsIn = ({ has }: CvatRelease) =>
  has('countsPasswordCharacters') ? { minimum: MINIMUM_LENGTH, maximum: MAXIMUM_LENGTH } : {};

const newPasswordField = (release: CvatRelease) =>
  charField({ trim: false, ...lengthsIn(release) }).meta({
    maxLength: MAXIMUM_LENGTH,
    description:
      'Used exactly as you type it, including spaces. The server refuses a password that is short or easy to guess.',
  });

export const LoginWrite = z
  .object({
    username: charField({ allowBlank: true }).optional(),
    email: emailField({ allowBlank: true }).optional(),
    password: passwordField(),
  })
  .meta({ id: 'LoginSerializerExRequest' });

/** The longest that is not refused for its length: a recovery code with spaces. */
const LONGEST_CODE = 64;

export const CodeWrite = z
  .object({
    code: charField({
      maximum: LONGEST_CODE,
      description:
        'The six digits that your authenticator app shows now, or a recovery code. Not needed where you have to set up a second factor first.',
    }).optional(),
  })
  .meta({ id: 'LoginCodeRequest' });

export const TokenRead = z.object({ key: text({ maxLength: 40 }) }).meta({ id: 'Token' });

export const DetailRead = z.object({ detail: readOnly(z.string()) }).meta({ id: 'RestAuthDetail' });

/** A registration. @param minimumUsername in code points (allauth `ACCOUNT_USERNAME_MIN_LENGTH`) */
export const registerWrite = (minimumUsername: number, release: CvatRelease) =>
  z
    .object({
      username: charField({ minimum: minimumUsername, maximum: NAME_LENGTH }),
      email: emailField({ maximum: EMAIL_LENGTH }).optional(),
      password1: newPasswordField(release).meta({ writeOnly: true }),
      password2: newPasswordField(release).meta({ writeOnly: true }),
      first_name: charField({ maximum: NAME_LENGTH }).optional(),
      last_name: charField({ maximum: NAME_LENGTH }).optional(),
    })
    .meta({ id: 'RegisterSerializerExRequest' });

/** The same where an address is required (allauth `ACCOUNT_EMAIL_REQUIRED`). */
export const withEmail = (write: ReturnType<typeof registerWrite>) =>
  write.extend({ email: write.shape.email.unwrap() });

export const registerRead = (minimumUsername: number) =>
  z
    .object({
      username: text({ minLength: minimumUsername, maxLength: NAME_LENGTH }),
      /** May be empty, so it does not have the format of CVAT's document. */
      email: unrequired(text({ maxLength: EMAIL_LENGTH })),
      first_name: unrequired(text({ maxLength: NAME_LENGTH })),
      last_name: unrequired(text({ maxLength: NAME_LENGTH })),
      email_verification_required: readOnly(z.boolean()),
      key: readOnly(z.string().nullable()),
    })
    .meta({ id: 'RegisterSerializerEx' });

/** Not in CVAT: a person who lost a password may have lost tokens with it. */
const revokesAccessTokens = () => booleanField('Revoke the personal access tokens of the account as well.');

export const passwordChangeWrite = (release: CvatRelease) =>
  z
    .object({
      old_password: passwordField(),
      new_password1: newPasswordField(release),
      new_password2: newPasswordField(release),
      revoke_access_tokens: revokesAccessTokens(),
    })
    .meta({ id: 'PasswordChangeRequest' });

export const PasswordResetWrite = z
  .object({ email: emailField() })
  .meta({ id: 'PasswordResetSerializerExRequest' });

export const passwordResetConfirmWrite = (release: CvatRelease) =>
  z
    .object({
      new_password1: newPasswordField(release),
      new_password2: newPasswordField(release),
      uid: charField(),
      token: charField(),
      revoke_access_tokens: revokesAccessTokens(),
    })
    .meta({ id: 'PasswordResetConfirmRequest' });

export const EmailWrite = z
  .object({ email: emailField({ maximum: EMAIL_LENGTH }) })
  .meta({ id: 'EmailResendRequest' });

export const EmailChangeWrite = z
  .object({ password: passwordField(), email: emailField({ maximum: EMAIL_LENGTH }) })
  .meta({ id: 'EmailChangeRequest' });

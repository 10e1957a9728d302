import { z } from 'zod';
import { charField, emailField } from '../../platform/http/fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';

const INVALID_USERNAME =
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';

/** Django's `UnicodeUsernameValidator`: Python's `\w` is letters, numbers and the underscore of any script. */
const USERNAME = /^[\p{L}\p{N}_.@+-]+$/u;

export const usernameProblem = (username: string): string | undefined =>
  USERNAME.test(username) ? undefined : INVALID_USERNAME;

/** Passwords count as they are typed (deviation 10). Their strength is judged by the validators, not here. */
const passwordField = () => charField({ trim: false });

export const LoginWrite = z
  .object({
    username: charField({ allowBlank: true }).optional(),
    email: emailField({ allowBlank: true }).optional(),
    password: passwordField(),
  })
  .meta({ id: 'LoginSerializerExRequest' });

export const TokenRead = z.object({ key: z.string() }).meta({ id: 'Token' });

export const DetailRead = z.object({ detail: z.string() }).meta({ id: 'RestAuthDetail' });

const registrationFields = {
  username: charField({ minimum: 5, maximum: 150 }),
  email: emailField({ maximum: 254 }),
  password1: passwordField(),
  password2: passwordField(),
  first_name: charField({ maximum: 150 }).optional(),
  last_name: charField({ maximum: 150 }).optional(),
};

export const RegisterWrite = z
  .object({ ...registrationFields, email: registrationFields.email.optional() })
  .meta({ id: 'RegisterSerializerExRequest' });

/** With mandatory verification the address is required (allauth `ACCOUNT_EMAIL_REQUIRED`). */
export const RegisterWithEmailWrite = z.object(registrationFields);

export const RegisterRead = z
  .object({
    username: z.string(),
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email_verification_required: z.boolean(),
    key: z.string().nullable(),
  })
  .meta({ id: 'RegisterSerializerEx' });

/** Not in CVAT: whoever lost a password may have lost tokens with it. */
const revokesAccessTokens = () =>
  booleanField().meta({ description: 'Revoke the personal access tokens of the account as well.' });

export const PasswordChangeWrite = z
  .object({
    old_password: passwordField(),
    new_password1: passwordField(),
    new_password2: passwordField(),
    revoke_access_tokens: revokesAccessTokens(),
  })
  .meta({ id: 'PasswordChangeRequest' });

export const PasswordResetWrite = z
  .object({ email: emailField() })
  .meta({ id: 'PasswordResetSerializerExRequest' });

export const PasswordResetConfirmWrite = z
  .object({
    new_password1: passwordField(),
    new_password2: passwordField(),
    uid: charField(),
    token: charField(),
    revoke_access_tokens: revokesAccessTokens(),
  })
  .meta({ id: 'PasswordResetConfirmRequest' });

export const EmailWrite = z
  .object({ email: emailField({ maximum: 254 }) })
  .meta({ id: 'EmailResendRequest' });

export const EmailChangeWrite = z
  .object({ password: passwordField(), email: emailField({ maximum: 254 }) })
  .meta({ id: 'EmailChangeRequest' });

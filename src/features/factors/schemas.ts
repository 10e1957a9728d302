import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { dateTime, readOnly, uri } from '../../platform/http/read-fields.js';

const shown = <T extends z.ZodType>(schema: T, description: string) => readOnly(schema.meta({ description }));

const TotpRead = z
  .object({
    enabled: shown(z.boolean(), 'An authenticator app is set up and confirmed.'),
    created_date: shown(dateTime().nullable(), 'Since when; null without one.'),
  })
  .meta({ id: 'TotpFactor' });

const RecoveryCodesState = z
  .object({ remaining: shown(z.int(), 'How many codes are unused.') })
  .meta({ id: 'RecoveryCodesState' });

export const WebauthnRead = z
  .object({
    id: shown(z.int(), 'Names the key in this API.'),
    name: shown(z.string(), 'What its owner calls it.'),
    created_date: shown(dateTime(), 'When it was added.'),
    last_used_date: shown(
      dateTime().nullable(),
      'When it was last used to sign in, or to prove a second factor.',
    ),
  })
  .meta({ id: 'WebauthnFactor' });

export const FactorsRead = z
  .object({
    totp: TotpRead,
    recovery_codes: RecoveryCodesState,
    webauthn: shown(z.array(WebauthnRead), 'Passkeys and security keys.'),
  })
  .meta({ id: 'Factors' });

export const TotpEnrolmentRead = z
  .object({
    secret: shown(z.string(), 'For apps in which one types it: base32.'),
    otpauth_url: shown(uri(), 'The same as a link, which opens an app on this device.'),
    qr_svg: shown(z.string(), 'The link as a QR code: an `<svg>` element.'),
  })
  .meta({ id: 'TotpEnrolment' });

export const NewRecoveryCodesRead = z
  .object({
    recovery_codes: shown(z.array(z.string()), 'Each works once, in place of a code of the app or of a key.'),
  })
  .meta({ id: 'NewRecoveryCodes' });

/** The longest code that is not refused for its length: a recovery code with spaces. */
const LONGEST_CODE = 64;

export const ConfirmationWrite = z
  .object({
    code: charField({ maximum: LONGEST_CODE, description: 'The six digits that the app shows now.' }),
  })
  .meta({ id: 'TotpConfirmationRequest' });

const code = charField({
  maximum: LONGEST_CODE,
  description: 'The six digits that the app shows now, or a recovery code.',
});

export const CodeWrite = z.object({ code }).meta({ id: 'FactorCodeRequest' });

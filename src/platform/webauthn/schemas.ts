import { z } from 'zod';
import { REQUIRED } from '../values/field-errors.js';

/**
 * What browsers give and take as JSON (WebAuthn level 3, 5.1: `PublicKeyCredential.toJSON`,
 * `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`). Members that this server does not use are ignored.
 */

const LONGEST = 65_536;
const LONGEST_ID = 1364;
const notACredential = ({ input }: { readonly input?: unknown }): string =>
  input === undefined ? REQUIRED : 'Not a credential as browsers give it.';

/** @param name for the sentence about a wrong one */
const encoded = (name: string, description: string, maximum = LONGEST) =>
  z
    .string({ error: `${name} must be text in base64url.` })
    .check((context) => {
      if (/^[\w-]+$/.test(context.value) && context.value.length <= maximum) return;
      const message = `${name} must be text in base64url, of at most ${maximum} characters.`;
      context.issues.push({ code: 'custom', message, input: context.value });
    })
    .meta({ description, minLength: 1, maxLength: maximum, pattern: '^[A-Za-z0-9_-]+$' });

const CREDENTIAL = {
  id: encoded('id', 'The id that the authenticator chose, in base64url.', LONGEST_ID),
  rawId: encoded('rawId', 'The same.', LONGEST_ID),
  type: z.literal('public-key', { error: 'type must be "public-key".' }),
};

export const RegistrationResponse = z
  .object(
    {
      ...CREDENTIAL,
      response: z.object(
        {
          clientDataJSON: encoded('clientDataJSON', 'What the browser saw, in base64url.'),
          attestationObject: encoded('attestationObject', 'The new key, in base64url.'),
          transports: z
            .array(z.string({ error: 'transports must be texts.' }), { error: 'transports must be a list.' })
            .max(16, { error: 'transports must be a list of at most 16 texts.' })
            .optional()
            .meta({ description: 'How browsers reach the authenticator.' }),
        },
        { error: notACredential },
      ),
    },
    { error: notACredential },
  )
  .meta({ id: 'WebauthnRegistration', description: 'What `navigator.credentials.create` gave, as JSON.' });

export type RegistrationResponse = z.output<typeof RegistrationResponse>;

export const AssertionResponse = z
  .object(
    {
      ...CREDENTIAL,
      response: z.object(
        {
          clientDataJSON: encoded('clientDataJSON', 'What the browser saw, in base64url.'),
          authenticatorData: encoded('authenticatorData', 'What the authenticator saw, in base64url.'),
          signature: encoded('signature', 'Of both, in base64url.'),
          userHandle: encoded('userHandle', 'The account that the key belongs to, in base64url.', 128)
            .nullable()
            .optional(),
        },
        { error: notACredential },
      ),
    },
    { error: notACredential },
  )
  .meta({ id: 'WebauthnAssertion', description: 'What `navigator.credentials.get` gave, as JSON.' });

export type AssertionResponse = z.output<typeof AssertionResponse>;

const Descriptor = z
  .object({ id: z.string(), type: z.literal('public-key'), transports: z.array(z.string()) })
  .meta({ id: 'WebauthnDescriptor', description: 'A key, as browsers look for it.' });

const verification = z.enum(['required', 'preferred']);
const challenge = z
  .string()
  .meta({ description: 'To be signed within five minutes, once, by this browser.' });
const timeout = z.int().meta({ description: 'Milliseconds.' });

export const CreationOptions = z
  .object({
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge,
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    timeout,
    excludeCredentials: z.array(Descriptor),
    authenticatorSelection: z.object({
      residentKey: z.literal('preferred'),
      requireResidentKey: z.boolean(),
      userVerification: verification,
    }),
    attestation: z.literal('none'),
  })
  .meta({
    id: 'WebauthnCreationOptions',
    description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON`.',
  });

export type CreationOptions = z.input<typeof CreationOptions>;

export const RequestOptions = z
  .object({
    rpId: z.string(),
    challenge,
    timeout,
    allowCredentials: z.array(Descriptor),
    userVerification: verification,
  })
  .meta({
    id: 'WebauthnRequestOptions',
    description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON`.',
  });

export type RequestOptions = z.input<typeof RequestOptions>;

import { z } from 'zod';
import { ORGANIZATION_ROLES } from '../../kernel/account.js';

/**
 * The file that `AUTH_CONFIG_PATH` names: the one of CVAT Enterprise (its documentation, "Social accounts" and "SSO"),
 * and below each provider keys of our own, which say so. Unknown keys are refused: a misspelt one would have no effect.
 */

const text = z
  .string({ error: ({ input }) => (input === undefined ? 'it is missing' : 'it must be a text in quotes') })
  .min(1, 'it is empty')
  .max(2000, 'it has more than 2000 characters');
const flag = z.boolean('it must be true or false');
const switchOf = (isOn: boolean) => z.strictObject({ enabled: flag.default(isOn) });
/** One or several names. */
const names = z
  .union([text, z.array(text)], 'it must be a text in quotes, or a list of them')
  .transform((value) => (Array.isArray(value) ? value : [value]));

/** Ours: the claims that hold the data of an account. */
const Claims = z.strictObject({
  uid: text.default('sub'),
  username: text.default('preferred_username'),
  email: text.default('email'),
  first_name: text.default('given_name'),
  last_name: text.default('family_name'),
  email_verified: text.default('email_verified'),
  groups: text.default('groups'),
});

/** Ours: groups of the provider that give the roles of this server, as with LDAP. */
const Groups = z.strictObject({
  admin: names.optional(),
  user: names.optional(),
  worker: names.optional(),
  /** People in none of these groups can't sign in. */
  require: names.optional(),
});

/** Ours: groups of the provider that make people members of an organization. */
const Organizations = z.record(
  text,
  z.strictObject({
    slug: text,
    role: z.enum(ORGANIZATION_ROLES.filter((role) => role !== 'owner')).default('worker'),
  }),
);

const ours = {
  claims: Claims.prefault({}),
  groups: Groups.optional(),
  organizations: Organizations.optional(),
};

const secret = { client_secret: text.optional(), client_secret_file: text.optional() };

const social = { client_id: text, ...secret };

const Cognito = z.strictObject({ ...social, domain: text });

export const OpenIdProvider = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'it must be 1 to 64 letters, digits, hyphens and underscores of ASCII'),
  protocol: z.literal('OIDC', 'it must be OIDC'),
  name: text,
  server_url: text,
  client_id: text,
  ...secret,
  token_auth_method: z.enum(['client_secret_basic', 'client_secret_post']).optional(),
  /** One that no address can have would make a file look safer, or more useful, than it is. */
  email_domain: text
    .regex(/^@?[^\s@,;*]+$/, 'it must be one domain such as example.org')
    .transform((domain) => domain.toLowerCase().replace(/^@/, ''))
    .optional(),
  weight: z.number('it must be a number').default(10),
  /** Ours: what to ask for. Some providers send groups only if the scope `groups` is asked for. */
  scope: text.regex(/(^| )openid( |$)/, 'it must contain openid').default('openid email profile'),
  /** Ours: `trust_amr` if the provider is trusted to ask for a second factor, and to say so. */
  mfa: z.literal('trust_amr', 'it must be trust_amr').optional(),
  ...ours,
});

export const AuthConfigFile = z.strictObject({
  basic: z
    .strictObject({
      registration: switchOf(true).optional(),
      login: switchOf(true).optional(),
    })
    .optional(),
  social_account: z
    .strictObject({
      enabled: flag.default(false),
      /** Ours: `server_url`, for a stand-in. */
      google: z
        .strictObject({ ...social, server_url: text.default('https://accounts.google.com') })
        .optional(),
      /** Ours: `server_url`, for a GitHub Enterprise Server. */
      github: z.strictObject({ ...social, server_url: text.default('https://github.com') }).optional(),
      amazon_cognito: Cognito.optional(),
      /** The same: it is the id everywhere else. */
      'amazon-cognito': Cognito.optional(),
    })
    .optional(),
  sso: z
    .strictObject({
      enabled: flag.default(false),
      selection_mode: z.enum(['email_address', 'lowest_weight']).default('email_address'),
      enable_pkce: flag.optional(),
      identity_providers: z.array(z.unknown()).default([]),
    })
    .optional(),
});

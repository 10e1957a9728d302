import { z } from 'zod';
import { charField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/page.js';
import { dateTime, readOnly } from '../../platform/http/read-fields.js';

const method = {
  is_enabled: z.boolean().default(false),
  icon: z.string().nullable(),
  public_name: z.string(),
};

const SocialAuthMethod = z.object(method).meta({ id: 'SocialAuthMethod' });

const SSOAuthMethod = z
  .object({
    ...method,
    selection_schema: z.enum(['email_address', 'lowest_weight']).meta({ id: 'SelectionSchemaEnum' }),
  })
  .meta({ id: 'SSOAuthMethod' });

export const SocialAuthMethods = z
  .object({
    google: SocialAuthMethod,
    github: SocialAuthMethod,
    'amazon-cognito': SocialAuthMethod,
    sso: SSOAuthMethod,
  })
  .meta({ id: 'SocialAuthMethods' });

export const BeginQuery = z.object({
  next: z.string().optional().meta({ description: 'Page of this site to go to afterwards.' }),
  client: z.string().optional().meta({
    description:
      '`ui` leads to the page of the user interface of CVAT Enterprise with a one-time code, instead of opening a session.',
  }),
});

export const CallbackQuery = z.object({
  code: z.string().optional().meta({ description: 'Returned by provider' }),
  state: z.string().optional().meta({ description: 'Returned by provider' }),
});

const optional = (description: string) => z.string().optional().meta({ description });

export const TokenQuery = z.object({
  auth_params: optional('Of the page of the user interface; it has no effect.'),
  process: optional('Of the page of the user interface; it has no effect.'),
  scope: optional('Of the page of the user interface; it has no effect.'),
});

const LONGEST = 4096;

export const SocialLoginWrite = z
  .object({
    access_token: charField({ maximum: LONGEST, allowBlank: true }).optional(),
    code: charField({ maximum: LONGEST, allowBlank: true }).optional(),
    id_token: charField({ maximum: LONGEST, allowBlank: true }).optional(),
    auth_params: charField({ maximum: LONGEST, allowBlank: true }).optional(),
    process: charField({ maximum: LONGEST, allowBlank: true }).optional(),
    scope: charField({ maximum: LONGEST, allowBlank: true }).optional(),
  })
  .meta({ id: 'SocialLoginSerializerExRequest' });

export const LoginUrlQuery = z.object({
  email: z.string().optional().meta({ description: "User's email to define related identity provider" }),
  iss: z.string().optional().meta({
    description:
      'The issuer identifier of the OpenID Connect provider, for a login that the provider starts.',
  }),
});

export const SSOLoginURL = z.object({ url: z.url() }).meta({ id: 'SSOLoginURL' });

export const UserAgreement = z
  .object({
    name: z.string().max(256),
    url_display_text: z.string().max(2048).default(''),
    url: z.string().max(2048).default(''),
    text_prefix: z.string().max(2048).default(''),
    required: z.boolean().default(false),
    value: z.boolean().default(false),
  })
  .meta({ id: 'UserAgreement' });

const shown = <T extends z.ZodType>(schema: T, description: string) => readOnly(schema.meta({ description }));

const LinkedAccountRead = z
  .object({
    id: shown(z.int(), 'Names the link in this API.'),
    provider: shown(z.string(), 'Id of the identity provider.'),
    provider_name: shown(
      z.string().nullable(),
      'Name of the provider; null if this server does not have it any more.',
    ),
    account: shown(z.string().nullable(), 'What the provider calls you: an e-mail address, or a name.'),
    created_date: shown(dateTime(), 'When the identity was linked.'),
    last_login: shown(dateTime(), 'When you last signed in with it.'),
  })
  .meta({ id: 'LinkedAccountRead' });

export const LinkedAccountPage = pageSchema(
  LinkedAccountRead,
  'PaginatedLinkedAccountReadList',
  '/api/auth/linked_accounts',
);

export const LinkWrite = z
  .object({
    provider: charField({ maximum: 200 }).meta({ description: 'Id of the identity provider.' }),
  })
  .meta({ id: 'LinkedAccountWriteRequest' });

export const ProviderUrl = z
  .object({ url: z.url().meta({ description: 'Where you sign in at the provider.' }) })
  .meta({ id: 'LinkedAccountUrl' });

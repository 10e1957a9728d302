import { z } from 'zod';
import { charField, emailField } from '../../platform/http/fields.js';
import { pageSchema } from '../../platform/http/lists/page-schema.js';
import { dateTime, uri } from '../../platform/http/read-fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';
import { namesField } from '../../platform/http/value-fields.js';

/** CVAT's `UserSerializer`: what an account shows to itself and to superusers. */
export const UserRead = z
  .object({
    url: uri(),
    id: z.int(),
    username: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    groups: z.array(z.string()),
    is_staff: z.boolean(),
    is_superuser: z.boolean(),
    is_active: z.boolean(),
    last_login: dateTime().nullable(),
    date_joined: dateTime(),
    has_analytics_access: z.boolean(),
  })
  .meta({ id: 'User' });

/** CVAT's `BasicUserSerializer`: what others see. */
export const BasicUserRead = UserRead.pick({
  url: true,
  id: true,
  username: true,
  first_name: true,
  last_name: true,
}).meta({
  id: 'BasicUser',
});

/** Either of the two: it depends on who asks. */
export const MetaUserRead = z.union([UserRead, BasicUserRead]).meta({ id: 'MetaUser' });

export const UserPage = pageSchema(MetaUserRead, 'PaginatedMetaUserList');

/** Not in CVAT. */
export const ApiTokenRead = z
  .object({ exists: z.boolean(), created_date: dateTime().nullable() })
  .meta({ id: 'ApiToken' });

/** Not in CVAT. */
export const NewApiTokenRead = z
  .object({
    key: z.string().optional().meta({ description: 'Only in the answer to the owner of the token.' }),
  })
  .meta({ id: 'NewApiToken' });

const INVALID_USERNAME =
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';

/** Django's `UnicodeUsernameValidator`: Python's `\w` is letters, numbers and the underscore of any script. */
const USERNAME = /^[\p{L}\p{N}_.@+-]+$/u;

const NAME_LENGTH = 150;
const EMAIL_LENGTH = 254;

const username = () =>
  charField({
    maximum: NAME_LENGTH,
    // As CVAT's document has it; Python's \w is not only ASCII.
    pattern: '^[\\w.@+-]+$',
    validate: (value) => (USERNAME.test(value) ? undefined : INVALID_USERNAME),
    description: 'Letters, digits and @/./+/-/_ only; at most 150 characters.',
  });

/** What every account has beside its name; nothing of it is required. */
const details = {
  first_name: charField({ maximum: NAME_LENGTH, allowBlank: true }).optional(),
  last_name: charField({ maximum: NAME_LENGTH, allowBlank: true }).optional(),
  email: emailField({ maximum: EMAIL_LENGTH, allowBlank: true }).optional(),
  groups: namesField('Names of roles: admin, user, worker.').optional(),
  is_staff: booleanField(),
  is_superuser: booleanField(),
  is_active: booleanField(),
};

export const UserWrite = z
  .object({ username: username().optional(), ...details })
  .meta({ id: 'PatchedUserRequest' });

/** Not in CVAT, where only the pages of Django's administration create accounts. */
export const NewUserWrite = z
  .object({
    username: username(),
    ...details,
    password: charField({ trim: false }).optional(),
    /** Mails a link with which the person sets the password. */
    send_password_mail: booleanField(),
  })
  .meta({ id: 'UserRequest' });

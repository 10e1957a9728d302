import { z } from 'zod';
import { charField, emailField } from '../../platform/http/fields.js';
import { dateTime, readOnly, text, unrequired, uri } from '../../platform/http/read-fields.js';
import { booleanField } from '../../platform/http/scalar-fields.js';
import { namesField } from '../../platform/http/value-fields.js';

/** Code points of a user name, a first name or a last name (Django 4.2, `AbstractUser`). */
export const NAME_LENGTH = 150;
/** Code points of an e-mail address (Django 4.2, `EmailField`). */
export const EMAIL_LENGTH = 254;

const INVALID_USERNAME =
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';

/** Django's `UnicodeUsernameValidator`: Python's `\w` matches letters, numbers and underscores of any script. */
const USERNAME = /^[\p{L}\p{N}_.@+-]+$/u;

/** @returns the problem with the characters of a user name, or undefined */
export const usernameProblem = (username: string): string | undefined =>
  USERNAME.test(username) ? undefined : INVALID_USERNAME;

const STAFF = 'Marks a member of the staff. What the account may do follows from its groups.';
const SUPERUSER = 'Sees all fields of every account. What else it may do follows from its groups.';
const ACTIVE = 'False keeps the person from signing in. Prefer it to deleting an account.';

/** CVAT 2.62's `UserSerializer`: the view of an account for its owner and for superusers. */
export const UserRead = z
  .object({
    url: readOnly(uri()),
    id: readOnly(z.int()),
    /** CVAT's document has a pattern, but addresses of invited users and names from a directory need not match it. */
    username: text({ maxLength: NAME_LENGTH }),
    first_name: unrequired(text({ maxLength: NAME_LENGTH })),
    last_name: unrequired(text({ maxLength: NAME_LENGTH })),
    /** May be empty, so it does not have the format of CVAT's document. */
    email: unrequired(text({ maxLength: EMAIL_LENGTH })),
    groups: z.array(z.string()),
    is_staff: unrequired(z.boolean().meta({ description: STAFF })),
    is_superuser: unrequired(z.boolean().meta({ description: SUPERUSER })),
    is_active: unrequired(z.boolean().meta({ description: ACTIVE })),
    last_login: readOnly(dateTime().nullable()),
    date_joined: readOnly(dateTime()),
    has_analytics_access: readOnly(z.boolean()),
    waits_for_approval: z
      .boolean()
      .optional()
      .meta({ description: 'Not in CVAT: only for superusers, with `include=waits_for_approval`.' }),
  })
  .meta({ id: 'User' });

/** CVAT's `BasicUserSerializer`: the view of an account for others. */
export const BasicUserRead = UserRead.pick({
  url: true,
  id: true,
  username: true,
  first_name: true,
  last_name: true,
}).meta({
  id: 'BasicUser',
});

const WAITS = 'waits_for_approval';

/** Answers have CVAT's format unless a request asks for more. */
export const UserQuery = z.object({
  include: z
    .string()
    .optional()
    .transform((fields) => fields?.split(',').includes(WAITS) ?? false)
    .meta({
      description:
        'Fields to add, separated by commas, for superusers: `waits_for_approval` says whether the person registered, and nobody has approved the account yet.',
    }),
});

const flag = (description: string) =>
  z
    .string()
    .optional()
    .transform((value) => value === 'true')
    .meta({ description });

/** Not in CVAT. */
export const UsersQuery = UserQuery.extend({
  is_superuser: flag('`true` lists superusers alone, to superusers. To others it means nothing.'),
  search_email: flag(
    '`true` makes `search` look into e-mail addresses too, for superusers. To others it means nothing.',
  ),
  waits_for_approval: flag(
    '`true` lists the accounts that wait for approval alone, to superusers. To others it means nothing.',
  ),
});

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

export const username = (minimum?: number) =>
  charField({
    ...(minimum === undefined ? {} : { minimum }),
    maximum: NAME_LENGTH,
    // As in CVAT's document.
    pattern: '^[\\w.@+-]+$',
    validate: usernameProblem,
    description: 'Letters and digits of any script (`\\w` is read as Python reads it), and `@.+-_`.',
  });

/** The fields of an account besides its name; none of them is required. */
export const details = {
  first_name: charField({ maximum: NAME_LENGTH, allowBlank: true }).optional(),
  last_name: charField({ maximum: NAME_LENGTH, allowBlank: true }).optional(),
  email: emailField({ maximum: EMAIL_LENGTH, allowBlank: true }).optional(),
  groups: namesField('Names of roles: admin, user, worker.').optional(),
  is_staff: booleanField(STAFF),
  is_superuser: booleanField(SUPERUSER),
  is_active: booleanField(ACTIVE),
};

/**
 * Not in CVAT, where only Django's administration pages create accounts.
 *
 * @param minimumUsername in code points, as in a registration
 */
export const createNewUserWrite = (minimumUsername: number) =>
  z
    .object({
      username: username(minimumUsername),
      ...details,
      password: charField({ trim: false }).optional(),
      /** Mails a link for setting the password. */
      send_password_mail: booleanField(),
    })
    .meta({ id: 'UserRequest' });

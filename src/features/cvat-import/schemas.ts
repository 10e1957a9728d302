import { z } from 'zod';
import { MAXIMUM_ID } from '../../kernel/account.js';
import { isStorable } from '../../kernel/storable.js';
import { ExactNumber, toDouble } from '../../platform/values/json.js';

/**
 * Parses the output of Django's `dumpdata` for the identity tables into rows with Django's field names. An account is
 * referred to by its id, or by `["name"]` (`--natural-foreign`). Fields that are missing here are dropped.
 */

/** The same as for request bodies: PostgreSQL's limit is a few thousand. */
const MAXIMUM_DEPTH = 100;

const text = (maximum: number) =>
  z
    .string()
    .refine(isStorable, 'holds a character that PostgreSQL cannot store')
    .refine((value) => [...value].length <= maximum, `is longer than ${maximum} characters`);

const key = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'is not a key');

const integer = z
  .int()
  .min(-MAXIMUM_ID - 1)
  .max(MAXIMUM_ID);

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?$/;

/** Without a time zone it is UTC, as in Django with `USE_TZ`. */
const moment = z
  .string()
  .refine(isMoment, 'is not a date and time')
  .transform((value) => (/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`));

/** `Date` turns February 30 into a day in March. */
function isMoment(value: string): boolean {
  const [date = ''] = value.split(/[T ]/);
  if (!MOMENT.test(value) || value.startsWith('0000') || Number.isNaN(Date.parse(value))) return false;
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}

const json = z
  .unknown()
  .refine(isStorableJson, 'is nested too deeply, or holds what PostgreSQL cannot store');

function isStorableJson(value: unknown): boolean {
  const waiting = [{ value, depth: 0 }];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    const { value: current, depth } = item;
    if (depth > MAXIMUM_DEPTH) return false;
    if (typeof current === 'string' && !isStorable(current)) return false;
    if (current instanceof ExactNumber && !current.isFinite) return false;
    if (typeof current !== 'object' || current === null || current instanceof ExactNumber) continue;
    for (const [name, inner] of Object.entries(current)) {
      if (!isStorable(name)) return false;
      waiting.push({ value: inner, depth: depth + 1 });
    }
  }
  return true;
}

const reference = z.union([integer, z.tuple([text(150)])]);
const account = reference.transform((value) =>
  typeof value === 'number' ? { user_id: value, user_name: null } : { user_id: null, user_name: value[0] },
);
const nobody = { user_id: null, user_name: null };
const accountOrNobody = z.union([z.null().transform(() => nobody), account]);

/** With natural keys it has no id: CVAT has one site. */
const site = z
  .object({ pk: integer.nullish(), fields: z.object({ domain: text(100), name: text(50) }) })
  .transform(({ pk, fields }) => ({ pk: pk ?? null, ...fields }));

const group = z
  .object({ pk: integer.nullish(), fields: z.object({ name: text(150) }) })
  .transform(({ pk, fields }) => ({ pk: pk ?? null, ...fields }));

const user = z
  .object({
    pk: integer.nullish(),
    fields: z.object({
      password: z.string().refine(isStorable, 'holds a character that PostgreSQL cannot store'),
      last_login: moment.nullable(),
      is_superuser: z.boolean(),
      username: text(150).min(1, 'is empty'),
      first_name: text(150),
      last_name: text(150),
      email: text(254),
      is_staff: z.boolean(),
      is_active: z.boolean(),
      date_joined: moment,
      groups: z
        .array(reference)
        .default([])
        .transform((values) =>
          values.map((value) =>
            typeof value === 'number' ? { id: value, name: null } : { id: null, name: value[0] },
          ),
        ),
    }),
  })
  .transform(({ pk, fields }) => ({ pk: pk ?? null, ...fields }));

const email = z
  .object({
    pk: integer.nullish(),
    fields: z.object({ user: account, email: text(254), verified: z.boolean(), primary: z.boolean() }),
  })
  .transform(({ pk, fields: { user, ...fields } }) => ({ pk: pk ?? null, ...fields, ...user }));

const token = z
  .object({ pk: key.max(40), fields: z.object({ user: account, created: moment }) })
  .transform(({ pk, fields }) => ({ key: pk, created: fields.created, ...fields.user }));

const accessToken = z
  .object({
    pk: integer,
    fields: z.object({
      prefix: key.max(8),
      hashed_key: text(150),
      created: moment,
      name: text(50),
      revoked: z.boolean(),
      expiry_date: moment.nullable(),
      updated_date: moment,
      last_used_date: moment.nullable(),
      read_only: z.boolean(),
      owner: account,
    }),
  })
  .transform(({ pk, fields: { owner, ...fields } }) => ({ pk, ...fields, ...owner }));

const organization = z
  .object({
    pk: integer,
    fields: z.object({
      slug: text(16).regex(/^[-a-zA-Z0-9_]+$/, 'is not a slug'),
      name: text(64),
      description: text(1_000_000),
      created_date: moment,
      updated_date: moment,
      contact: json,
      owner: accountOrNobody,
    }),
  })
  .transform(({ pk, fields: { owner, ...fields } }) => ({ pk, ...fields, ...owner }));

const membership = z
  .object({
    pk: integer,
    fields: z.object({
      user: accountOrNobody,
      organization: integer,
      is_active: z.boolean(),
      joined_date: moment.nullable(),
      role: z.enum(['worker', 'supervisor', 'maintainer', 'owner']),
    }),
  })
  .transform(({ pk, fields: { user, organization, ...fields } }) => ({
    pk,
    organization_id: organization,
    ...fields,
    ...user,
  }));

const invitation = z
  .object({
    pk: key,
    fields: z.object({
      created_date: moment,
      sent_date: moment.nullable().default(null),
      owner: accountOrNobody,
      membership: integer,
    }),
  })
  .transform(({ pk, fields: { owner, membership, ...fields } }) => ({
    key: pk,
    membership_id: membership,
    ...fields,
    ...owner,
  }));

const profile = z
  .object({
    pk: integer.nullish(),
    fields: z.object({
      user: account,
      rating: z.preprocess(toDouble, z.number().default(0)),
      has_analytics_access: z.boolean().default(false),
      last_activity_date: moment.nullable().default(null),
    }),
  })
  .transform(({ pk, fields: { user, ...fields } }) => ({ pk: pk ?? null, ...fields, ...user }));

/** By the name of a row here. The order is Django's: referenced rows come first. */
export const RECORDS = {
  site,
  group,
  user,
  email,
  token,
  access_token: accessToken,
  organization,
  membership,
  invitation,
  profile,
} as const;

import { z } from 'zod';
import type { FieldProps } from '../forms.js';
import type { Visit } from '../page.js';

/** What the pages for administrators read of an account: the answer to {@link IN_FULL}. */
export const Account = z.object({
  id: z.number(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  is_staff: z.boolean(),
  is_superuser: z.boolean(),
  is_active: z.boolean(),
  date_joined: z.string(),
  last_login: z.string().nullable(),
  waits_for_approval: z.boolean(),
});
export type Account = z.output<typeof Account>;

/** Asks the API for all of it. */
export const IN_FULL = { include: 'waits_for_approval' };

const TEXTS = ['username', 'email', 'first_name', 'last_name'] as const;
const FLAGS = ['is_staff', 'is_superuser'] as const;
/** CVAT's groups; an account may have others, which stay as long as their boxes are checked. */
const GROUPS = ['admin', 'user', 'worker'] as const;

/** @returns what a form shows of an account, as the browser would send it back */
export function shownOf(account: Account): URLSearchParams {
  const shown = new URLSearchParams(TEXTS.map((name) => [name, account[name]]));
  for (const name of FLAGS) if (account[name]) shown.set(name, 'true');
  for (const group of account.groups) shown.append('groups', group);
  return shown;
}

/**
 * The policy asks for a right for each field that is sent, and what others changed meanwhile stays.
 *
 * @param shown what the form showed at first
 * @returns the fields that the person changed, as the body of a request
 */
export function changesIn(form: URLSearchParams, shown: URLSearchParams): Record<string, unknown> {
  const both = (read: (fields: URLSearchParams) => string): boolean => read(form) !== read(shown);
  const groupsOf = (fields: URLSearchParams): readonly string[] => fields.getAll('groups').toSorted();
  return {
    ...Object.fromEntries(
      TEXTS.filter((name) => both((fields) => fields.get(name) ?? '')).map((name) => [
        name,
        form.get(name) ?? '',
      ]),
    ),
    ...Object.fromEntries(
      FLAGS.filter((name) => both((fields) => fields.get(name) ?? '')).map((name) => [
        name,
        form.get(name) === 'true',
      ]),
    ),
    ...(both((fields) => JSON.stringify(groupsOf(fields))) ? { groups: groupsOf(form) } : {}),
  };
}

/** @returns the fields of the names and the address of an account */
export function nameFields(visit: Visit, account?: Account): readonly FieldProps[] {
  const { account: own } = visit.texts;
  return [
    { name: 'username', label: own.username, value: account?.username, autocomplete: 'off', maxLength: 150 },
    {
      name: 'email',
      label: own.email,
      type: 'email',
      value: account?.email,
      autocomplete: 'off',
      isOptional: true,
      maxLength: 254,
    },
    {
      name: 'first_name',
      label: own.firstName,
      value: account?.first_name,
      autocomplete: 'off',
      isOptional: true,
      maxLength: 150,
    },
    {
      name: 'last_name',
      label: own.lastName,
      value: account?.last_name,
      autocomplete: 'off',
      isOptional: true,
      maxLength: 150,
    },
  ];
}

/** @returns the fields of what an account may do */
export function rightsFields(visit: Visit, account?: Account): readonly FieldProps[] {
  const { administration: texts } = visit.texts;
  const groups = [...new Set<string>([...GROUPS, ...(account?.groups ?? [])])];
  const hints: Readonly<Record<string, string>> = texts.groupHints;
  return [
    {
      name: 'groups',
      label: texts.groups,
      type: 'choices',
      value: account?.groups.join(','),
      options: groups.map((group) => [group, [group, hints[group]].filter(Boolean).join(': ')]),
    },
    {
      name: 'is_staff',
      label: texts.staff,
      hint: texts.staffHint,
      type: 'checkbox',
      value: String(account?.is_staff ?? false),
      isOptional: true,
    },
    {
      name: 'is_superuser',
      label: texts.superuser,
      hint: texts.superuserHint,
      type: 'checkbox',
      value: String(account?.is_superuser ?? false),
      isOptional: true,
    },
  ];
}

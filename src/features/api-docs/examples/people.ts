/**
 * The world of the examples: `admin`, the first account (1); maria (2), who owns the organization acme (1); pablo (3),
 * a worker in it, to whom it is offered; carla (4), who is invited, and whose account is a worker's; diego (5), who
 * has nothing to do with it.
 */
export const PASSWORD = 'Wiesel-42-quarks';
export const NEW_PASSWORD = 'Quarks-43-wiesel';
export const UNKNOWN_TOKEN = '0'.repeat(40);
/** Of maria, and good for the organization acme only. */
export const BOUND_TOKEN = `bound0to.${'k'.repeat(32)}`;
/** Of the invitation of carla, by maria. */
export const INVITATION_KEY = 'carla0invited0by0maria0'.padEnd(64, '0');
/** Of the same, into an organization of the administrator, a month ago. */
export const EXPIRED_KEY = 'carla0was0invited0'.padEnd(64, '0');
/** Those that pablo and maria once followed to where they are. */
export const ACCEPTED_KEY = 'pablo0accepted0'.padEnd(64, '0');
export const OWNER_KEY = 'maria0accepted0'.padEnd(64, '0');

const SERVER = 'http://localhost:8080';
export const DATE = '2026-01-31T12:00:00.123456Z';

/** @returns an `Authorization` header */
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** What everybody may see of an account. */
export const person = (id: number, username: string, firstName = '', lastName = '') => ({
  url: `${SERVER}/api/users/${id}`,
  id,
  username,
  first_name: firstName,
  last_name: lastName,
});

export const MARIA = person(2, 'maria', 'Maria', 'Merian');
export const PABLO = person(3, 'pablo', 'Pablo', 'Neruda');

/** What an account shows to itself and to administrators. */
export const inFull = (account: ReturnType<typeof person>) => ({
  ...account,
  email: `${account.username}@example.org`,
  groups: ['user'],
  is_staff: false,
  is_superuser: false,
  is_active: true,
  last_login: null,
  date_joined: DATE,
  has_analytics_access: false,
});

/** @returns a page of a list with one row */
export const pageOf = (row: unknown) => ({ count: 1, next: null, previous: null, results: [row] });

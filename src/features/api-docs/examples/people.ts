/**
 * The people of the examples: `admin`, the first account (1); maria (2), who owns the organization acme (1); pablo
 * (3), a worker in it, to whom it is offered; carla (4), who is invited and has a worker's account; diego (5), who has
 * nothing to do with it. Diego has an authenticator app, and carla is setting one up.
 */
export const PASSWORD = 'Wiesel-42-quarks';
export const NEW_PASSWORD = 'Quarks-43-wiesel';
export const UNKNOWN_TOKEN = '0'.repeat(40);
/** Belongs to maria, and is only valid for the organization acme. */
export const BOUND_TOKEN = `bound0to.${'k'.repeat(32)}`;
/** Belongs to carla's invitation by maria. */
export const INVITATION_KEY = 'carla0invited0by0maria0'.padEnd(64, '0');
/** Belongs to carla's invitation to an organization of the administrator, a month ago. */
export const EXPIRED_KEY = 'carla0was0invited0'.padEnd(64, '0');
/** Belong to the invitations that pablo and maria accepted in the past. */
export const ACCEPTED_KEY = 'pablo0accepted0'.padEnd(64, '0');
export const OWNER_KEY = 'maria0accepted0'.padEnd(64, '0');

const SERVER = 'http://localhost:8080';
export const DATE = '2026-01-31T12:00:00.123456Z';
/** When a limit is over. */
export const LATER = 'Sat, 31 Jan 2026 12:01:00 GMT';

/** @returns an `Authorization` header */
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The public part of an account. */
export const person = (id: number, username: string, firstName = '', lastName = '') => ({
  url: `${SERVER}/api/users/${id}`,
  id,
  username,
  first_name: firstName,
  last_name: lastName,
});

export const MARIA = person(2, 'maria', 'Maria', 'Merian');
export const PABLO = person(3, 'pablo', 'Pablo', 'Neruda');

/** The view of an account for its owner and for administrators. */
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

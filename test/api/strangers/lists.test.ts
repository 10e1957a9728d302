import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type Asked, CONTEXTS, isAdmin, isAtLeast, roleIn, slugOf, tokenRefuses } from './contract.js';
import {
  type Gate,
  IVANA,
  NAMES,
  OLIVIA,
  OSCAR,
  OTTILIE,
  openGate,
  PEOPLE,
  type Person,
  type Slug,
  TESSA,
  VISITORS,
  type Visitor,
  type VisitorName,
} from './people.js';

/** Every list in every context, asked by everybody: it shows and counts the rows of the contract, and no others. */

let gate: Gate;
const app = useTestApp({ env: { EMAIL_BACKEND: 'console' } });
beforeAll(async () => {
  gate = await openGate(app);
});

type Row = Readonly<Record<string, unknown>>;
const SLUGS = ['acme', 'globex'] as const;
const OWNERS: Readonly<Record<Slug, Person>> = { acme: OLIVIA, globex: OSCAR };
const INVITATIONS = [
  { key: 'k'.repeat(64), slug: 'acme', inviter: OLIVIA, invitee: IVANA },
  { key: 'j'.repeat(64), slug: 'globex', inviter: OSCAR, invitee: OTTILIE },
] as const;

interface List {
  readonly path: string;
  /** What tells a row from the others. */
  readonly read: (row: Row) => unknown;
  /** The rows that somebody sees, or undefined where they may not list. */
  readonly shows: (visitor: Visitor, asked: Asked) => readonly unknown[] | undefined;
  /** A body that is wrong, and who gets to hear of it: all others may not create. */
  readonly create?: { readonly body: object; readonly may: (visitor: Visitor, asked: Asked) => boolean };
}

const manages = (visitor: Visitor, slug: Slug): boolean =>
  isAtLeast(visitor, 'user') && ['owner', 'maintainer'].includes(roleIn(visitor, slug) ?? '');

const users = (visitor: Visitor, { named }: Asked): readonly unknown[] | undefined => {
  const slug = slugOf(named);
  if (slug !== null) {
    if (!isAdmin(visitor) && roleIn(visitor, slug) === null) return undefined;
    return PEOPLE.filter((each) => each[slug] !== null).map(({ name }) => name);
  }
  const everybody = isAdmin(visitor) ? [...PEOPLE.map(({ name }) => name), 'admin'] : [visitor.person.name];
  const isOutside = (name: string) =>
    PEOPLE.every((each) => each.name !== name || (each.acme === null && each.globex === null));
  return named === '' ? everybody.filter(isOutside) : everybody;
};

const memberships = (visitor: Visitor, { named }: Asked): readonly unknown[] | undefined => {
  if (named === '') return [];
  const isStaff = named !== null && ['owner', 'maintainer'].includes(roleIn(visitor, named) ?? '');
  if (named !== null && !isAdmin(visitor) && roleIn(visitor, named) === null) return undefined;
  return PEOPLE.flatMap((each) =>
    SLUGS.filter((slug) => {
      const row = each[slug];
      if (row === null || (named !== null && named !== slug)) return false;
      if (isAdmin(visitor) || isStaff) return true;
      return row.isActive && (named !== null || each === visitor.person);
    }).map((slug) => `${each.name}@${slug}`),
  );
};

const invitations = (visitor: Visitor, { named }: Asked): readonly unknown[] | undefined => {
  if (named === '') return [];
  if (named !== null && !isAdmin(visitor) && roleIn(visitor, named) === null) return undefined;
  return INVITATIONS.filter(({ slug, inviter, invitee }) => {
    if (named !== null && named !== slug) return false;
    if (isAdmin(visitor) || (named !== null && manages(visitor, named))) return true;
    return [inviter, invitee].includes(visitor.person);
  }).map(({ key }) => key);
};

const organizations = (visitor: Visitor): readonly unknown[] =>
  SLUGS.filter(
    (slug) =>
      (isAdmin(visitor) || roleIn(visitor, slug) !== null || OWNERS[slug] === visitor.person) &&
      (visitor.token?.boundTo ?? slug) === slug,
  );

const tokens = (visitor: Visitor): readonly unknown[] | undefined => {
  if (!isAtLeast(visitor, 'worker')) return undefined;
  const { boundTo } = visitor.token ?? {};
  const own = Object.values<Visitor>(VISITORS).filter(
    ({ person, token }) =>
      token !== undefined &&
      person === visitor.person &&
      (boundTo === undefined || token.boundTo === boundTo),
  );
  return [...own.map(() => visitor.person.name), ...(visitor.person === TESSA ? ['tessa'] : [])];
};

const nameOf = (value: unknown): string => String((value as { username?: unknown }).username);
const LISTS: Readonly<Record<string, List>> = {
  users: {
    path: '/api/users',
    read: nameOf,
    shows: users,
    create: { body: {}, may: isAdmin },
  },
  organizations: {
    path: '/api/organizations',
    read: ({ slug }) => slug,
    shows: organizations,
    create: {
      body: {},
      may: (visitor) => isAtLeast(visitor, 'user') && visitor.token?.boundTo === undefined,
    },
  },
  memberships: {
    path: '/api/memberships',
    read: ({ user, organization }) => `${nameOf(user)}@${organization === 100_001 ? 'acme' : 'globex'}`,
    shows: memberships,
  },
  invitations: {
    path: '/api/invitations',
    read: ({ key }) => key,
    shows: invitations,
    create: {
      body: { role: 'worker', email: 'nonsense' },
      may: (visitor, { named }) => {
        const slug = slugOf(named);
        return isAdmin(visitor) || (slug !== null && manages(visitor, slug));
      },
    },
  },
  access_tokens: {
    path: '/api/auth/access_tokens',
    read: ({ owner }) => nameOf(owner),
    shows: tokens,
    create: { body: {}, may: (visitor) => isAtLeast(visitor, 'worker') },
  },
};

const refuses = (visitor: Visitor, asked: Asked, list: string, scope: string): boolean =>
  tokenRefuses(visitor, asked, {
    plugin: ['users', 'access_tokens'].includes(list),
    scope,
    inside: slugOf(asked.named),
  });

const send = (visitorName: VisitorName, method: string, path: string, body?: object) =>
  app.send(path, {
    method,
    headers: gate.clients.get(visitorName)?.headers ?? {},
    ...(body === undefined ? {} : { body }),
  });

describe.each(NAMES)('to a visitor who is %s', (visitorName) => {
  const visitor: Visitor = VISITORS[visitorName];
  const cases = Object.entries(LISTS).flatMap(([name, list]) =>
    CONTEXTS.map((named) => ({ name, list, named, query: named === null ? '' : `&org=${named}` })),
  );

  it('lists show the rows of the contract, and count no others', async () => {
    for (const { name, list, named, query } of cases) {
      const asked: Asked = { method: 'GET', named };
      const rows = refuses(visitor, asked, name, 'list') ? undefined : list.shows(visitor, asked);
      const status = visitor.isUnknown ? 401 : rows === undefined ? 403 : 200;
      const path = `${list.path}?page_size=all${query}`;
      const answer = await send(visitorName, 'GET', path);
      expect([path, answer.status]).toEqual([path, status]);
      const head = await send(visitorName, 'HEAD', path);
      expect([path, head.status, head.text]).toEqual([path, status, '']);
      if (rows === undefined || visitor.isUnknown) {
        for (const secret of ['Sesame', 'tessa', 'results', 'count'])
          expect(answer.text).not.toContain(secret);
        continue;
      }
      const page = answer.json() as { readonly count: number; readonly results: readonly Row[] };
      expect([path, page.results.map(list.read).toSorted()]).toEqual([path, [...rows].toSorted()]);
      expect([path, page.count]).toEqual([path, rows.length]);
    }
  });

  it('creating is open or closed as in the contract, and other methods are not there', async () => {
    for (const { name, list, named, query } of cases) {
      const path = `${list.path}?x=${query}`;
      const asked: Asked = { method: 'POST', named };
      if (list.create !== undefined) {
        const may = list.create.may(visitor, asked) && !refuses(visitor, asked, name, 'create');
        const { status } = await send(visitorName, 'POST', path, list.create.body);
        expect([path, status]).toEqual([path, visitor.isUnknown ? 401 : may ? 400 : 403]);
      }
      if (named !== null) continue;
      const others = ['PUT', 'PATCH', 'DELETE', ...(list.create === undefined ? ['POST'] : [])];
      for (const method of others) {
        const { status } = await send(visitorName, method, path, {});
        expect([method, path, status]).toEqual([method, path, visitor.isUnknown ? 401 : 405]);
      }
      const { status } = await send(visitorName, 'OPTIONS', path);
      expect([path, status]).toEqual([path, visitor.isUnknown ? 401 : 200]);
    }
  });
});

describe('columns that a list does not offer', () => {
  const HIDDEN = [
    ...['password', 'email', 'is_superuser', 'user__password', 'user__email', 'owner__email', 'hashed_key'],
    ...['organization__owner__password', 'membership__user__email', 'members__user__password', '__proto__'],
  ];
  const rowsOf = async (path: string, query: string): Promise<string> =>
    (await send('its owner', 'GET', `${path}?page_size=all&${query}`)).text.replace(
      /"(next|previous)":[^,]*,/g,
      '',
    );

  it.each(Object.values(LISTS).map(({ path }) => path))('are no oracle in %s', async (path) => {
    const everything = await rowsOf(path, '');
    for (const name of HIDDEN) {
      expect([name, await rowsOf(path, `sort=${name}`)]).toEqual([name, everything]);
      expect([name, await rowsOf(path, `${name}=x`)]).toEqual([name, everything]);
      for (const rule of [{ '==': [{ var: name }, 'x'] }, { var: name }, { in: ['x', { var: name }] }]) {
        const filter = encodeURIComponent(JSON.stringify(rule));
        const answer = await send('its owner', 'GET', `${path}?filter=${filter}`);
        expect([answer.status, answer.json()]).toEqual([400, [`filter: term '${name}' is not supported`]]);
      }
    }
    for (const secret of ['bcrypt_sha256', '@example.org', '$2b$'])
      expect(await rowsOf(path, `search=${encodeURIComponent(secret)}`)).toContain('"count":0');
  });
});

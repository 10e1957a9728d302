import type { TestAccount, TestApp } from './app.js';
import { useSetUp } from './hooks.js';
import { type Answer, basicAuth, type RequestOptions } from './http.js';
import {
  insertInvitationRow,
  insertMembership,
  insertOrganization,
  membershipsIn,
} from './organization-rows.js';
import { setGroups } from './rows.js';

type Json = Readonly<Record<string, unknown>>;

/** Somebody who sends requests; answers are parsed. */
export interface Client {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    more?: RequestOptions,
  ) => Promise<Answer & { readonly body: unknown }>;
  readonly get: (path: string) => Promise<Answer & { readonly body: Json }>;
}

export function clientOf(
  app: TestApp,
  account: Pick<TestAccount, 'id' | 'username' | 'email' | 'authorization'>,
): Client {
  const { id, username, email, authorization: headers } = account;
  const send: Client['send'] = async (method, path, body, more = {}) => {
    const answer = await app.send(path, {
      method,
      ...more,
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...more.headers },
    });
    return { ...answer, body: answer.text === '' ? undefined : answer.json() };
  };
  return {
    id,
    username,
    email,
    headers,
    send,
    get: async (path) => ({ ...(await send('GET', path)) }) as Answer & { body: Json },
  };
}

export interface Member extends Client {
  readonly membershipId: number;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Two organizations, everybody who can be somebody in the first one, and everybody else. `acme` has its owner, a
 * maintainer, a supervisor, a worker and an invited person; `globex` an owner and a worker; the stranger is in none.
 */
export async function createWorld(app: TestApp, prefix = '') {
  const { db } = app;
  const person = async (name: string, groups?: readonly string[]): Promise<Client> => {
    const account = await app.register(`${prefix}${name}`);
    if (groups !== undefined) await setGroups(db, account.id, groups);
    return clientOf(app, account);
  };
  const member = async (
    name: string,
    organizationId: number,
    role: string,
    isActive = true,
  ): Promise<Member> => {
    const client = await person(name);
    return {
      ...client,
      membershipId: await insertMembership(db, { organizationId, userId: client.id, role, isActive }),
    };
  };
  const membershipOf = async (client: Client, organizationId: number): Promise<Member> => {
    const row = (await membershipsIn(db, organizationId)).find(({ userId }) => userId === client.id);
    if (row === undefined) throw new Error(`${client.username} is not a member.`);
    return { ...client, membershipId: row.id };
  };

  const admin = clientOf(app, await administrator(app));
  const [ownerClient, otherOwnerClient] = [await person('olivia'), await person('oscar')];
  const acme = { id: await insertOrganization(db, `${prefix}acme`, ownerClient.id), slug: `${prefix}acme` };
  const globex = {
    id: await insertOrganization(db, `${prefix}globex`, otherOwnerClient.id),
    slug: `${prefix}globex`,
  };
  const invited = await member('ivana', acme.id, 'worker', false);
  const owner = await membershipOf(ownerClient, acme.id);
  return {
    acme,
    globex,
    admin,
    /** In the group, without the flags of a superuser. */
    groupAdmin: await person('gustav', ['admin']),
    owner,
    maintainer: await member('maria', acme.id, 'maintainer'),
    supervisor: await member('simon', acme.id, 'supervisor'),
    worker: await member('wanda', acme.id, 'worker'),
    invited,
    /** The key of the invitation that waits for `invited`. */
    key: await insertInvitation(app, invited.membershipId, owner.id),
    otherOwner: await membershipOf(otherOwnerClient, globex.id),
    otherWorker: await member('ottilie', globex.id, 'worker'),
    stranger: await person('stefan'),
    /** In no group. */
    nobody: await person('norbert', []),
  };
}

/** The same people for all tests of a file or suite. @param app from `useTestApp`, before this */
export function useWorld(app: TestApp, prefix?: string): World {
  const world = useSetUp(() => createWorld(app, prefix));
  return {
    get acme() {
      return world().acme;
    },
    get globex() {
      return world().globex;
    },
    get admin() {
      return world().admin;
    },
    get groupAdmin() {
      return world().groupAdmin;
    },
    get owner() {
      return world().owner;
    },
    get maintainer() {
      return world().maintainer;
    },
    get supervisor() {
      return world().supervisor;
    },
    get worker() {
      return world().worker;
    },
    get invited() {
      return world().invited;
    },
    get key() {
      return world().key;
    },
    get otherOwner() {
      return world().otherOwner;
    },
    get otherWorker() {
      return world().otherWorker;
    },
    get stranger() {
      return world().stranger;
    },
    get nobody() {
      return world().nobody;
    },
  };
}

let counter = 0;

/** @returns the key */
export async function insertInvitation(
  app: TestApp,
  membershipId: number,
  ownerId: number | null,
  sentAt: Date | null = new Date(app.clock.now()),
): Promise<string> {
  const key = `${(counter += 1)}`.padStart(64, 'k');
  const created = new Date(app.clock.now());
  await insertInvitationRow(app.db, { key, membershipId, ownerId, created, sent: sentAt });
  return key;
}

async function administrator(app: TestApp) {
  const { username, password } = app.admin;
  const authorization = { Authorization: basicAuth(username, password) };
  const { id, email } = (await app.send('/api/users/self', { headers: authorization })).json() as {
    id: number;
    email: string;
  };
  return { id, username, email, authorization };
}

import type { Clock } from '../../kernel/clock.js';
import { type Connection, createConnection } from './connection.js';
import { createDeadline, type Deadline } from './deadline.js';
import { type DirectoryServer, dial } from './dial.js';
import { DirectoryFailure } from './failure.js';
import { readGroups } from './groups.js';
import { type DirectoryWatch, type ObserveDirectory, observeConnection, observed } from './observed.js';
import { type Acquaintance, type Found, findAgain, findByName, type Person, readOwnEntry } from './person.js';
import { createPool, createServerOrder } from './pool.js';
import type { DirectorySettings } from './settings.js';

/** Maximum number of connections in use, for searches and separately for passwords. */
const POOL_SIZE = 5;

/** A person whose password can be tested. With direct bind nothing else is known of them yet. */
export type Located =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'name'; readonly dn: string };

/** A person's current data in the directory. */
export interface Member {
  readonly person: Person;
  readonly groups: ReadonlySet<string>;
}

/** Nobody, or a person who may not sign in; the reason is for the log. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

type Admitted = { readonly kind: 'member' } & Member;

/**
 * A directory of people (LDAP). Searches use the account of the settings; passwords are tested on separate
 * connections. Both are limited in number and kept open.
 *
 * @param observe told of every request to a server
 */
export function createDirectory(
  settings: DirectorySettings,
  clock: Clock,
  observe: ObserveDirectory = () => undefined,
) {
  const { searching, trying } = createPools(settings, { clock, observe });
  /** Direct bind without an account for searches: people read their own entries. */
  const readsAsPerson = settings.lookup.kind === 'template' && settings.service === null;

  return {
    /** The time limit of one login, for all its calls together. */
    startDeadline: (): Deadline => createDeadline(clock, settings.timeoutMs),

    /** @throws DirectoryFailure, ServiceUnavailable */
    locate: async (name: string, deadline: Deadline): Promise<Located | Refused> => {
      const { lookup } = settings;
      if (lookup.kind === 'template') return { kind: 'name', dn: lookup.template.forName(name) };
      const found = await searching.use(
        (connection, part) => findByName(connection, settings, name, part),
        deadline,
      );
      return found.kind === 'person' ? found : { kind: 'refused', reason: found.reason };
    },

    /** Tests the password, then reads the groups. @throws DirectoryFailure, ServiceUnavailable */
    verify: async (located: Located, password: string, deadline: Deadline): Promise<Admitted | Refused> => {
      const dn = located.kind === 'person' ? located.person.dn : located.dn;
      const own = await trying.use(async (connection, part): Promise<Admitted | Refused | undefined> => {
        const outcome = await connection.bind(dn, password, 'login', part);
        if (!outcome.accepted) return { kind: 'refused', reason: outcome.reason };
        return readsAsPerson
          ? admitFound(settings, connection, await readOwnEntry(connection, settings, dn, part), part)
          : undefined;
      }, deadline);
      if (own !== undefined) return own;
      return searching.use(async (connection, part) => {
        if (located.kind === 'person') return admit(settings, connection, located.person, part);
        return admitFound(settings, connection, await readOwnEntry(connection, settings, dn, part), part);
      }, deadline);
    },

    /** Looks up a person who signed in before. @throws DirectoryFailure, ServiceUnavailable */
    review: (known: Acquaintance, deadline: Deadline): Promise<Admitted | Refused> =>
      searching.use(
        async (connection, part) =>
          admitFound(settings, connection, await findAgain(connection, settings, known, part), part),
        deadline,
      ),

    close: (): void => {
      searching.close();
      trying.close();
    },
  };
}

export type Directory = ReturnType<typeof createDirectory>;

function createPools(settings: DirectorySettings, watch: DirectoryWatch) {
  const { clock } = watch;
  const servers = createServerOrder(settings.servers, clock);
  const common = { servers, size: POOL_SIZE, clock };
  const connect = async (server: DirectoryServer, deadline: Deadline): Promise<Connection> =>
    observed(watch, 'connect', async () => {
      const socket = await dial(server, settings.dial, deadline);
      return observeConnection(createConnection(server, socket), watch);
    });
  const connectService = async (server: DirectoryServer, deadline: Deadline): Promise<Connection> =>
    bindService(await connect(server, deadline), settings, deadline);
  return {
    searching: createPool({ ...common, open: connectService }),
    trying: createPool({ ...common, open: connect }),
  };
}

const admit = async (
  settings: DirectorySettings,
  connection: Connection,
  person: Person,
  deadline: Deadline,
): Promise<Admitted> => ({
  kind: 'member',
  person,
  groups: await readGroups(connection, settings.groups, person, deadline),
});

const admitFound = async (
  settings: DirectorySettings,
  connection: Connection,
  found: Found,
  deadline: Deadline,
): Promise<Admitted | Refused> =>
  found.kind === 'person'
    ? admit(settings, connection, found.person, deadline)
    : { kind: 'refused', reason: found.reason };

/** @throws DirectoryFailure, also if the account of the settings is refused: nobody can sign in then */
export async function bindService(
  connection: Connection,
  { service }: DirectorySettings,
  deadline: Deadline,
): Promise<Connection> {
  if (service === null) return connection;
  const outcome = await connection.bind(service.dn, service.password, 'bind', deadline);
  if (outcome.accepted) return connection;
  connection.close();
  const sentence = `${connection.server.url} refuses AUTH_LDAP_BIND_DN (${outcome.reason}): correct it or AUTH_LDAP_BIND_PASSWORD.`;
  throw new DirectoryFailure('bind', 'answer', sentence);
}

import type { Socket } from 'node:net';
import { Client, type Entry, type Filter, ResultCodeError } from 'ldapts';
import { type Deadline, within } from './deadline.js';
import type { DirectoryServer } from './dial.js';
import { DirectoryFailure, type DirectoryStep, describeDirectoryError } from './failure.js';
import { refusalOf } from './refusals.js';

export type BindOutcome = { readonly accepted: true } | { readonly accepted: false; readonly reason: string };

export interface SearchRequest {
  readonly step: DirectoryStep;
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Maximum number of entries to return; without it all entries are returned, in pages. */
  readonly limit?: number;
}

/** An entry of the directory; attribute names are case-insensitive. */
export interface DirectoryEntry {
  readonly dn: string;
  /** @returns the values as text; empty for a missing attribute */
  readonly texts: (attribute: string) => readonly string[];
  /** @returns the values as received */
  readonly bytes: (attribute: string) => readonly Buffer[];
}

/** One open connection. Any error closes it, and it is never reopened. */
export interface Connection {
  readonly server: DirectoryServer;
  readonly isOpen: () => boolean;
  /** @throws DirectoryFailure if the answer does not concern the name and the password */
  readonly bind: (
    dn: string,
    password: string,
    step: DirectoryStep,
    deadline: Deadline,
  ) => Promise<BindOutcome>;
  /** References to other servers are not followed. @throws DirectoryFailure, also if the base does not exist */
  readonly search: (request: SearchRequest, deadline: Deadline) => Promise<readonly DirectoryEntry[]>;
  readonly close: () => void;
}

const PAGE = 200;
/** Attributes whose values are not text. */
const BINARY = ['objectGUID'];
const NO_SUCH_OBJECT = 32;
const REFERRAL = 10;
const SIZE_LIMIT = 4;

/** @param socket open, and encrypted if required */
export function createConnection(server: DirectoryServer, socket: Socket): Connection {
  const { client, isHandedOver } = createClient(socket);

  const run = async <T>(step: DirectoryStep, deadline: Deadline, operate: () => Promise<T>): Promise<T> => {
    try {
      return await within(deadline, operate(), () => socket.destroy());
    } catch (error) {
      if (error instanceof ResultCodeError) throw error;
      socket.destroy();
      throw describeDirectoryError(step, server.url, error);
    }
  };

  return {
    server,
    isOpen: () => !socket.destroyed && socket.readyState === 'open',

    bind: async (dn, password, step, deadline) => {
      // RFC 4513, 5.1.2: a bind without a password succeeds for every name, as an anonymous user.
      if (password === '') return { accepted: false, reason: 'the password is empty' };
      try {
        await run(step, deadline, () => client.bind(dn, password));
        return { accepted: true };
      } catch (error) {
        if (!(error instanceof ResultCodeError)) throw error;
        const reason = refusalOf(error.code, error.message);
        if (reason === undefined) throw wrongAnswer(step, server, error);
        return { accepted: false, reason };
      }
    },

    search: async ({ step, base, scope, filter, attributes, limit }, deadline) => {
      const options = {
        scope,
        filter,
        attributes: [...attributes],
        explicitBufferAttributes: BINARY,
        timeLimit: Math.ceil(deadline.remaining() / 1000),
        ...(limit === undefined ? { paged: { pageSize: PAGE } } : { sizeLimit: limit }),
      };
      try {
        const { searchEntries } = await run(step, deadline, () => client.search(base, options));
        return searchEntries.map(readEntry);
      } catch (error) {
        throw error instanceof ResultCodeError ? wrongAnswer(step, server, error, base) : error;
      }
    },

    close: () => {
      if (isHandedOver() && !socket.destroyed) void client.unbind().catch(() => socket.destroy());
      else socket.destroy();
    },
  };
}

/** The client takes over the socket with its first operation: until then only we can close it. */
function createClient(socket: Socket) {
  let handedOver = false;
  const client = new Client({
    url: 'ldap://connected',
    // If the connection broke, the client would open a new one without TLS and without our checks.
    createConnection: () => {
      if (handedOver) throw new Error('Connection closed');
      handedOver = true;
      return socket;
    },
  });
  return { client, isHandedOver: (): boolean => handedOver };
}

/** The text of the answer is logged with its cause; it contains names of entries, but no passwords. */
function wrongAnswer(
  step: DirectoryStep,
  { url }: DirectoryServer,
  error: ResultCodeError,
  base?: string,
): DirectoryFailure {
  const what = base === undefined || error.code !== NO_SUCH_OBJECT ? meaningOf(error.code) : missing(base);
  return new DirectoryFailure(step, 'answer', `${url} ${what} (${step}).`, error);
}

const missing = (base: string): string =>
  `has no entry "${base}", or does not show it: correct the search base, or what AUTH_LDAP_BIND_DN may read`;

function meaningOf(code: number): string {
  if (code === REFERRAL) {
    return 'refers to another server, which is not queried: name the right one in AUTH_LDAP_SERVER_URI';
  }
  if (code === SIZE_LIMIT) {
    return 'withholds part of the answer: raise its size limit for AUTH_LDAP_BIND_DN, or narrow the filter';
  }
  return `answers with code ${code}`;
}

function readEntry(entry: Entry): DirectoryEntry {
  const values = new Map<string, readonly (string | Buffer)[]>();
  for (const [name, value] of Object.entries(entry)) {
    if (name !== 'dn') values.set(name.toLowerCase(), Array.isArray(value) ? value : [value]);
  }
  const of = (attribute: string): readonly (string | Buffer)[] => values.get(attribute.toLowerCase()) ?? [];
  return {
    dn: entry.dn,
    texts: (attribute) => of(attribute).filter((value) => typeof value === 'string'),
    bytes: (attribute) =>
      of(attribute).map((value) => (typeof value === 'string' ? Buffer.from(value) : value)),
  };
}

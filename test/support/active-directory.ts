import { connect, createServer, type Socket } from 'node:net';
import {
  AndFilter,
  BerReader,
  BerWriter,
  Client,
  ExtensibleFilter,
  type Filter,
  PresenceFilter,
  SearchRequest,
} from 'ldapts';
import { GROUPS, READER } from './ldap.js';

const SEARCH_REQUEST = 0x63;
const SEARCH_ENTRY = 0x64;
const SEARCH_DONE = 0x65;
const IN_CHAIN = '1.2.840.113556.1.4.1941';

export interface ActiveDirectory {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Stands before OpenLDAP and answers itself what only Active Directory can: searches by the matching rule that walks
 * through groups of groups. Everything else is passed on.
 */
export async function startActiveDirectory(ldap: string): Promise<ActiveDirectory> {
  const { hostname, port } = new URL(ldap);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    sockets.add(near).add(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      socket
        .on('error', () => undefined)
        .on('close', () => {
          near.destroy();
          far.destroy();
        });
    }
    near.on('data', (message) => {
      const question = chainQuestion(message);
      if (question === undefined) far.write(message);
      else void answer(ldap, question.member).then((groups) => near.write(encode(question.id, groups)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `ldap://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** @returns the message id and the member that a search asks about in this way */
function chainQuestion(message: Buffer): { readonly id: number; readonly member: string } | undefined {
  const reader = new BerReader(message);
  reader.readSequence();
  const id = reader.readInt();
  if (id === null || reader.peek() !== SEARCH_REQUEST) return undefined;
  reader.readSequence();
  const request = new SearchRequest({ messageId: id, filter: new PresenceFilter({ attribute: 'x' }) });
  request.parse(reader, []);
  const rule = findRule(request.filter);
  return rule === undefined ? undefined : { id, member: String(rule.value) };
}

function findRule(filter: Filter): ExtensibleFilter | undefined {
  if (filter instanceof AndFilter) return filter.filters.map(findRule).find((found) => found !== undefined);
  return filter instanceof ExtensibleFilter && filter.rule === IN_CHAIN && filter.matchType === 'member'
    ? filter
    : undefined;
}

async function answer(ldap: string, member: string): Promise<readonly string[]> {
  const client = new Client({ url: ldap });
  try {
    await client.bind(READER.dn, READER.password);
    const { searchEntries } = await client.search(GROUPS, {
      filter: '(objectClass=groupOfNames)',
      attributes: ['member'],
    });
    const found = new Set<string>([member.toLowerCase()]);
    for (let size = 0; size < found.size; ) {
      size = found.size;
      for (const { dn, member: members = [] } of searchEntries) {
        if ([members].flat().some((one) => found.has(String(one).toLowerCase()))) found.add(dn.toLowerCase());
      }
    }
    return [...found].slice(1);
  } finally {
    await client.unbind();
  }
}

function encode(id: number, dns: readonly string[]): Buffer {
  const entry = (dn: string): Buffer =>
    write(id, SEARCH_ENTRY, (writer) => {
      writer.writeString(dn);
      writer.startSequence();
      writer.endSequence();
    });
  const done = write(id, SEARCH_DONE, (writer) => {
    writer.writeEnumeration(0);
    writer.writeString('');
    writer.writeString('');
  });
  return Buffer.concat([...dns.map(entry), done]);
}

function write(id: number, operation: number, body: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  body(writer);
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

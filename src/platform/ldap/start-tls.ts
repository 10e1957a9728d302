import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BerReader } from 'ldapts';
import { DirectoryFailure } from './failure.js';

/** `LDAPMessage { 1, ExtendedRequest { 1.3.6.1.4.1.1466.20037 } }` (RFC 4511, 4.14.1). */
const REQUEST = Buffer.concat([
  Buffer.from('301d02010177188016', 'hex'),
  Buffer.from('1.3.6.1.4.1.1466.20037'),
]);
const EXTENDED_RESPONSE = 0x78;
/** An answer consists of about twenty bytes and a sentence. */
const LONGEST_ANSWER = 4096;

/**
 * Requests STARTTLS and reads the answer byte by byte: plain-text bytes that an attacker appends to it must not be
 * treated as the start of the encrypted data. The LDAP client's own STARTTLS keeps such bytes, and reconnects in plain
 * text if the connection is lost.
 *
 * @throws DirectoryFailure; errors of the socket unchanged
 */
export async function requestTls(socket: Socket, server: string): Promise<void> {
  socket.write(REQUEST);
  let received = Buffer.alloc(0);
  for (;;) {
    await once(socket, 'readable');
    const arrived = readArrived(socket);
    if (arrived.length === 0) throw failure(server, 'closed the connection when asked for STARTTLS');
    received = Buffer.concat([received, arrived]);
    const answer = readAnswer(received);
    if (answer.kind === 'whole') {
      if (answer.code !== 0)
        throw failure(server, `refuses STARTTLS (code ${answer.code}): use ldaps:// if it has that`);
      return;
    }
    if (answer.kind === 'wrong' || received.length > LONGEST_ANSWER) {
      throw failure(server, 'answers STARTTLS with something else');
    }
  }
}

/** @returns all bytes that have arrived: since Node.js 26 one call of `read` returns the first piece only */
function readArrived(socket: Socket): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece: unknown = socket.read();
    if (!Buffer.isBuffer(piece)) return Buffer.concat(pieces);
    pieces.push(piece);
  }
}

type Answer = { readonly kind: 'part' | 'wrong' } | { readonly kind: 'whole'; readonly code: number };

function readAnswer(received: Buffer): Answer {
  const reader = new BerReader(received);
  try {
    if (reader.readSequence() === null || reader.remain < reader.length) return { kind: 'part' };
    if (reader.remain > reader.length) return { kind: 'wrong' };
    const id = reader.readInt();
    const operation = reader.readSequence();
    const code = reader.readEnumeration();
    return id === 1 && operation === EXTENDED_RESPONSE && code !== null
      ? { kind: 'whole', code }
      : { kind: 'wrong' };
  } catch {
    return { kind: 'wrong' };
  }
}

const failure = (server: string, what: string): DirectoryFailure =>
  new DirectoryFailure('tls', 'answer', `${server} ${what}.`);

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll } from 'vitest';

export interface ReceivedMail {
  readonly from: string;
  readonly recipients: readonly string[];
  readonly encrypted: boolean;
  readonly user: string | undefined;
  readonly raw: string;
  readonly parsed: ParsedMail;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  close(): Promise<void>;
}

/** An error with the reply code that the server is to answer. */
export const reply = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code });

/** A real mail server on a free port. Takes every mail, without a login and without TLS, unless told otherwise. */
export async function startMailServer(options: SMTPServerOptions = {}, port = 0): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    authOptional: true,
    closeTimeout: 1,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      void buffer(stream).then(async (content) => {
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          encrypted: session.secure,
          user: session.user,
          raw: content.toString(),
          parsed: await simpleParser(content),
        });
        done();
      });
    },
    ...options,
  });
  // Clients that break off are part of the tests.
  server.on('error', () => {});
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server.server),
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A server that speaks as `talk` says, and not necessarily SMTP. */
export async function startRawServer(talk: (socket: net.Socket) => void) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    talk(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: portOf(server), close };
}

/** @returns a port on which nothing listens */
export async function freePort(): Promise<number> {
  const { port, close } = await startRawServer(() => {});
  await close();
  return port;
}

function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  return address.port;
}

export interface Certificates {
  /** PEM file of the authority. */
  readonly caFile: string;
  readonly key: Buffer;
  readonly cert: Buffer;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Makes an authority that nobody knows, and a certificate that it signed for `names`. */
export function makeCertificates(names = 'DNS:localhost,IP:127.0.0.1', validDays = 2): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'mail-tls-'));
  folders.push(folder);
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test authority',
    '-days',
    '2',
  );
  run('req', ...ec, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=mail server');
  writeFileSync(path.join(folder, 'names'), `subjectAltName=${names}\n`);
  const signing = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'names',
    '-days',
    String(validDays),
  ];
  run('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signing);
  const read = (name: string) => readFileSync(path.join(folder, name));
  return { caFile: path.join(folder, 'ca.pem'), key: read('server.key'), cert: read('server.pem') };
}

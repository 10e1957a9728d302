import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type Deadline, within } from './deadline.js';
import { type DirectoryStep, describeDirectoryError } from './failure.js';
import { requestTls } from './start-tls.js';

export interface DirectoryServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`ldaps://`). */
  readonly secure: boolean;
}

export interface DialOptions {
  readonly startTls: boolean;
  readonly secureContext: SecureContext;
}

type Dialled = Extract<DirectoryStep, 'resolve' | 'connect' | 'tls'>;

/**
 * Opens a connection to a server, encrypted and with a verified certificate if the settings require it.
 *
 * @param onStep called after each step
 * @throws DirectoryFailure
 */
export async function dial(
  server: DirectoryServer,
  options: DialOptions,
  deadline: Deadline,
  onStep: (step: Dialled) => void = () => undefined,
): Promise<Socket> {
  let step: Dialled = 'resolve';
  const done = (next: Dialled): void => {
    onStep(step);
    step = next;
  };
  const socket = connect({ host: server.host, port: server.port, keepAlive: true, noDelay: true });
  const open = async (): Promise<Socket> => {
    if (isIP(server.host) !== 0) done('connect');
    else
      socket.once('lookup', (error: Error | null) => error === null && step === 'resolve' && done('connect'));
    await once(socket, 'connect');
    done('tls');
    // Its errors are repeated by the connection above it, which handles them.
    socket.on('error', () => undefined);
    if (!server.secure && !options.startTls) return socket;
    if (!server.secure) await requestTls(socket, server.url);
    const encrypted = await encrypt(socket, server, options);
    onStep('tls');
    return encrypted;
  };
  try {
    return await within(deadline, open(), () => socket.destroy());
  } catch (error) {
    socket.destroy();
    throw describeDirectoryError(step, server.url, error);
  }
}

async function encrypt(
  socket: Socket,
  { host }: DirectoryServer,
  { secureContext }: DialOptions,
): Promise<Socket> {
  const encrypted = connectTls({
    socket,
    host,
    secureContext,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED reverses the default.
    rejectUnauthorized: true,
  });
  encrypted.on('error', () => undefined);
  await once(encrypted, 'secureConnect');
  return encrypted;
}

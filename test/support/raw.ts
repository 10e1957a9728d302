import { connect } from 'node:net';

export interface RawAnswer {
  /** Everything the server wrote, as Latin-1. */
  readonly text: string;
  /** The status of each answer on the connection, in order. */
  readonly statuses: readonly number[];
  /** Whether the server closed the connection, as it must after a request whose end is unclear. */
  readonly closed: boolean;
}

/** Milliseconds without a byte after which a connection that stays open counts as answered. */
const SILENCE = 400;

/** Writes bytes to a connection of its own and reads until the server closes it or falls silent after an answer. */
export function sendRaw(base: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let silence: NodeJS.Timeout | undefined;
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    );
    const finish = (closed: boolean): void => {
      clearTimeout(silence);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ text, statuses, closed });
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(silence);
      silence = setTimeout(() => finish(false), SILENCE);
    });
    socket.on('end', () => finish(true));
    socket.on('error', (error) => (chunks.length > 0 ? finish(true) : reject(error)));
  });
}

/** A request as bytes: lines joined by CRLF, an empty line, and the body. */
export const rawRequest = (lines: readonly string[], body = ''): string =>
  `${lines.join('\r\n')}\r\n\r\n${body}`;

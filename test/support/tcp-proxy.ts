import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Connections open now, and the most there were at once. */
  readonly open: () => number;
  readonly most: () => number;
  /** Ends all connections; new ones are taken. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/**
 * Passes connections on to a port of this machine, and counts them.
 *
 * @param delay milliseconds by which every answer is late
 */
export async function startTcpProxy(target: number, delay = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let most = 0;
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    sockets.add(near);
    most = Math.max(most, sockets.size);
    near.pipe(far);
    if (delay === 0) far.pipe(near);
    else far.on('data', (answer) => setTimeout(() => near.writable && near.write(answer), delay));
    const end = (): void => {
      sockets.delete(near);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open: () => sockets.size,
    most: () => most,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

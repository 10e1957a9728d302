import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rawRequest } from '../support/raw.js';
import { preparedFolder, type RunningServer, startServer, until } from './server.js';

const PASSWORD = 'Wiesel-42-quarks';
const env = { ADMIN_PASSWORD: PASSWORD };
const LOGIN = JSON.stringify({ username: 'admin', password: PASSWORD });

const isStopping = ({ log }: RunningServer) =>
  log().some(({ msg }) => msg.startsWith('Stopping')) || undefined;

describe('SIGTERM', () => {
  it('lets a request in flight finish, takes no new connection, does not wait for connections that are only kept alive, and ends with 0', async () => {
    const server = await startServer({ cwd: await preparedFolder(), env });
    const agent = await keepConnection(server.url);
    const port = Number(new URL(server.url).port);
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    const head = [
      'POST /api/auth/login HTTP/1.1',
      `Host: localhost:${port}`,
      'Content-Type: application/json',
      `Content-Length: ${LOGIN.length}`,
      'Expect: 100-continue',
    ];
    // The server has the head and half of the body when it is told to stop.
    socket.write(rawRequest(head, LOGIN.slice(0, 20)));
    await until(() => answer.startsWith('HTTP/1.1 100 Continue') || undefined);
    answer = '';
    const stopped = server.stop('SIGTERM');
    await until(() => isStopping(server));

    const late = connect(port, '127.0.0.1');
    const [error] = await once(late, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });

    const finishing = performance.now();
    socket.write(LOGIN.slice(20));
    expect(await stopped).toBe(0);
    // Both connections could be used again: that is no reason to wait for them until SHUTDOWN_TIMEOUT.
    expect(performance.now() - finishing).toBeLessThan(10_000);
    agent.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*"key":"[0-9a-f]{40}"/);
  });

  it('leaves a line of each request that it cut off', async () => {
    const server = await startServer({ cwd: await preparedFolder(), env: { ...env, SHUTDOWN_TIMEOUT: '1' } });
    const port = Number(new URL(server.url).port);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const head = ['POST /api/auth/login HTTP/1.1', `Host: localhost:${port}`, 'Content-Length: 100'];
    socket.write(rawRequest([...head, 'Expect: 100-continue'], '{'));
    await once(socket, 'data');
    expect(await server.stop('SIGTERM')).toBe(0);
    const lines = () =>
      server.log().filter(({ msg, path }) => msg === 'request' && path === '/api/auth/login');
    await expect.poll(lines).toMatchObject([{ method: 'POST', aborted: true }]);
  });
});

/** Sends a request whose connection stays open after the answer. */
async function keepConnection(url: string): Promise<Agent> {
  const agent = new Agent({ keepAlive: true });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${url}/livez`, { agent }, (res) => {
      res.resume();
      res.once('end', () => resolve(res.statusCode));
    })
      .once('error', reject)
      .end();
  });
  expect(status).toBe(200);
  return agent;
}

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basicAuth } from '../support/http.js';
import { freePort } from '../support/services.js';
import {
  assembleImage,
  commandOf,
  dockerfile,
  environment,
  type Image,
  instructions,
  ORDINARY_USER,
} from './image.js';
import { failingServer, ROOT, send, startServer } from './server.js';

describe('Dockerfile', () => {
  it('sends only what it copies to the builder: no secret, no data, no build of this machine', () => {
    const ignored = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => /^[^#]/.test(line));
    const copied = instructions('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(ignored).toEqual(['*', ...copied.map((name) => `!${name}`)]);
  });

  it('stays on one minor release of Node and runs as an ordinary user', () => {
    expect(instructions('FROM')).toEqual(['node:24.21-slim AS build', 'node:24.21-slim']);
    expect(instructions('USER')).toEqual(['10001:10001']);
    expect(instructions('VOLUME')).toEqual([environment()['DATA_DIR']]);
  });

  it('installs what the lock file says, and leaves development behind', () => {
    const steps = instructions('RUN').slice(0, 3);
    expect(steps).toEqual([
      'npm ci --ignore-scripts',
      'npm run build',
      'npm prune --omit=dev --ignore-scripts',
    ]);
    expect(dockerfile).not.toMatch(/\b(curl|wget|apt-get|ADD)\b/);
  });
});

describe('the files of the image', () => {
  let image: Image;

  beforeAll(() => {
    image = assembleImage();
  });
  afterAll(() => {
    chmodSync(image.app, 0o755);
    rmSync(image.folder, { recursive: true, force: true });
  });

  const container = (env: Readonly<Record<string, string>>) => ({
    cwd: image.app,
    env: { ...environment(), HOST: '127.0.0.1', ...env },
    ...(ORDINARY_USER === undefined ? {} : { uid: ORDINARY_USER }),
  });

  it('serve an ordinary user who can write nothing but the data folder', { timeout: 120_000 }, async () => {
    const [, ...args] = commandOf('CMD');
    const port = String(await freePort());
    const env = { PORT: port, DATA_DIR: image.data, ADMIN_PASSWORD: 'Wiesel-42-quarks' };
    const server = await startServer({ ...container(env), args });
    const headers = { Authorization: basicAuth('admin', 'Wiesel-42-quarks') };
    expect((await send(server.url, '/api/users/self', { headers })).status).toBe(200);

    expect(checkHealth(port)).toBe(0);
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(checkHealth(port)).toBe(1);
  });

  it('name the data folder when it can not be written', () => {
    const locked = path.join(image.folder, 'locked');
    mkdirSync(locked, { mode: 0o555 });
    const { status, stderr } = failingServer({
      ...container({ PORT: '0', DATA_DIR: locked }),
      args: ['dist/main.js'],
    });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `The data folder ${locked} can't be written (EACCES): make it writable for this user, or set DATA_DIR to a folder that is.\n`,
    );
  });
});

/** @returns the exit code of the health check of the image */
function checkHealth(port: string): number | null {
  const [program = '', ...args] = commandOf('HEALTHCHECK');
  return spawnSync(program, args, { env: { PATH: process.env['PATH'] ?? '', PORT: port }, timeout: 30_000 })
    .status;
}

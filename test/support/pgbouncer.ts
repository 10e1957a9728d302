import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findPgbouncer } from './programs.js';
import { freePort } from './services.js';

export const PGBOUNCER_HINT = 'needs pgbouncer (Debian: pgbouncer)';

/** Whether `startPgbouncer` can work. With REQUIRE_SERVICES=1 a missing one is a failure, not a skipped suite. */
export const hasPgbouncer = findPgbouncer() !== undefined;
if (!hasPgbouncer && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error(`REQUIRE_SERVICES=1: ${PGBOUNCER_HINT}.`);

export interface Pooler {
  /** The URL of a database, through the pooler. */
  readonly through: (url: string) => string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts PgBouncer in transaction mode in front of a PostgreSQL that trusts this machine: each transaction may get
 * another connection.
 *
 * @param settings over the defaults of PgBouncer
 */
export async function startPgbouncer(
  postgres: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Pooler> {
  const program = findPgbouncer();
  if (program === undefined) throw new Error('pgbouncer is not installed.');
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), 'pgbouncer-'));
  chmodSync(folder, 0o755);
  const server = new URL(postgres);
  const file = path.join(folder, 'pgbouncer.ini');
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
    ...settings,
  };
  writeFileSync(
    file,
    `[databases]\n* = host=${server.hostname} port=${server.port} user=postgres\n[pgbouncer]\n${Object.entries(
      lines,
    )
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n')}\n`,
  );
  const child = spawn(program, [file], { ...unprivileged(), stdio: 'ignore' });
  await untilListening(port);
  return {
    through: (url) => {
      const other = new URL(url);
      other.port = String(port);
      return other.href;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

/** PgBouncer refuses to run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const nobody = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+):(\d+)/m);
  return nobody === null ? {} : { uid: Number(nobody[1]), gid: Number(nobody[2]) };
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    await delay(50);
  }
  throw new Error('pgbouncer did not come up.');
}

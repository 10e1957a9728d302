/**
 * What a server costs before its first request: time and processor until it is ready, and memory at rest.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/services.js';
import type { Bench } from './bench-context.js';
import { ADMIN, median, until } from './bench-server.js';

const REST = 4000;
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'node dist/main.js': [process.execPath, 'dist/main.js'],
  'npm start': ['npm', 'start', '--silent'],
};

interface Footprint {
  /** Seconds. */
  readonly ready: number;
  /** Seconds of the processor of the server, without npm. */
  readonly processor: number;
  readonly megabytes: number;
}

/** @param databaseUrl an empty database. @returns the section of the document */
export async function benchFootprint(bench: Bench, databaseUrl: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-footprint-'));
  const kinds = {
    'PostgreSQL, Redis, OPA': { ...bench.services, DATABASE_URL: databaseUrl },
    'built-in parts': {},
  };
  const rows: string[] = [];
  try {
    for (const [kind, settings] of Object.entries(kinds)) {
      for (const [command, words] of Object.entries(COMMANDS)) {
        const env = { ...settings, DATA_DIR: path.join(folder, command.replaceAll(/\W/g, '-')) };
        rows.push(row(`${kind}, \`${command}\`, the first time`, [await live(words, env)]));
        const later: Footprint[] = [];
        for (let round = 0; round < bench.rounds; round += 1) later.push(await live(words, env));
        rows.push(row(`${kind}, \`${command}\`, later`, later));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    '## Start and memory',
    '',
    `Until \`/readyz\` says yes, and ${REST / 1000} seconds after that, without any request. Node ${process.versions.node}.`,
    '',
    '| server | ready after s | processor s | memory at rest MB |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** One life of a server. */
async function live(
  [program = '', ...args]: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Footprint> {
  const port = await freePort();
  const env = {
    ...process.env,
    PORT: String(port),
    ADMIN_PASSWORD: ADMIN.password,
    LOG_LEVEL: 'error',
    SHUTDOWN_DELAY: '0',
    ...settings,
  };
  const started = performance.now();
  const child = spawn(program, args, { env, stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, 10);
    const ready = (performance.now() - started) / 1000;
    const pid = serverOf(child);
    const processor = processorSeconds(pid);
    await delay(REST);
    return { ready, processor, megabytes: residentMegabytes(pid) };
  } finally {
    // Its whole group: npm does not always pass a signal on.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

/** npm starts a shell, which starts the server. */
function serverOf({ pid = 0 }: ChildProcess): number {
  let last = pid;
  for (;;) {
    const [child] = readFileSync(`/proc/${last}/task/${last}/children`, 'utf8').trim().split(' ');
    if (child === undefined || child === '') return last;
    last = Number(child);
  }
}

/** In steps of 10 ms (proc_pid_stat(5)). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

function row(name: string, lives: readonly Footprint[]): string {
  const of = (what: keyof Footprint): number => median(lives.map((life) => life[what]));
  return `| ${name} | ${of('ready').toFixed(2)} | ${of('processor').toFixed(2)} | ${of('megabytes').toFixed(0)} |`;
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, onTestFinished } from 'vitest';
import { copyPreparedFolder } from '../support/database.js';
import { DATA_FOLDER } from '../support/folders.js';
import { type Answer, type RequestOptions, send as sendUnchecked } from '../support/http.js';
import { checkAnswer } from '../support/watch.js';

export const ROOT = path.resolve(import.meta.dirname, '../..');
/** The release of this server, which operators see. */
export const { version: VERSION }: { version: string } = JSON.parse(
  readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
);

/**
 * Node.js optimizes code while it runs, most of all the embedded database, which pays after minutes: a process that
 * lives for seconds spends half of its work on that. These arguments of `node` do without.
 */
export const SHORT_LIVED: readonly string[] = ['--liftoff-only', '--no-opt'];
/** Arguments of `node` that start the built server as operators do. */
export const AS_OPERATORS_DO: readonly string[] = [path.join(ROOT, 'dist/main.js')];
const FOR_A_TEST: readonly string[] = [...SHORT_LIVED, ...AS_OPERATORS_DO];

type Environment = Readonly<Record<string, string>>;

/** Puts off what ends something until nobody needs it any more. */
export type OnEnd = (end: () => Promise<void> | void) => void;

export interface StartOptions {
  readonly env?: Environment;
  /** Working folder. Default: this tree. */
  readonly cwd?: string;
  /** User and group to run as. */
  readonly uid?: number;
  /** Arguments of `node`. Default: the built server, for seconds. */
  readonly args?: readonly string[];
  /** When it is killed, if it still runs. Default: after the test. */
  readonly onEnd?: OnEnd;
}

export interface RunningServer {
  /** From the ready line. */
  readonly url: string;
  readonly process: ChildProcess;
  /** Milliseconds from the start to the ready line. */
  readonly startup: number;
  /** Everything on standard output so far. */
  readonly output: () => string;
  /** The lines of the log, read. */
  readonly log: () => readonly LogLine[];
  /** Sends a signal and waits for the end. @returns exit code, null after a signal that kills */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What every test wants unless it says otherwise: a free port, cheap hashes, no limits. Nothing of the outside gets in. */
const BASE: Environment = {
  PATH: process.env['PATH'] ?? '',
  PORT: '0',
  PASSWORD_BCRYPT_ROUNDS: '4',
  THROTTLE_ANON: 'none',
  SHUTDOWN_DELAY: '0',
};

/** For what the tests of a suite share, as `onTestFinished` is for what one test needs. */
export function useSuiteEnd(): OnEnd {
  const ends: (() => Promise<void> | void)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (end) => void ends.push(end);
}

/** @returns an empty folder that is removed after the test */
export function temporaryFolder(onEnd: OnEnd = onTestFinished): string {
  const folder = mkdtempSync(path.join(DATA_FOLDER, 'process-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * For claims that are not about the first start, half of whose work is to unpack a thousand files.
 *
 * @returns a working folder whose embedded database has all migrations applied, and no account
 */
export async function preparedFolder(onEnd?: OnEnd): Promise<string> {
  const cwd = temporaryFolder(onEnd);
  await copyPreparedFolder(path.join(cwd, 'data'));
  return cwd;
}

/**
 * Starts the built server and waits until it is ready; ends it after the test.
 *
 * @throws Error with everything it wrote when it ends before that
 */
export async function startServer({
  env = {},
  cwd = ROOT,
  uid,
  args = FOR_A_TEST,
  onEnd = onTestFinished,
}: StartOptions): Promise<RunningServer> {
  const started = performance.now();
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...BASE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity,
  });
  const exited = once(child, 'exit');
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  onEnd(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const log = (): LogLine[] =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line): LogLine => JSON.parse(line));
  const ready = await until(() => {
    if (child.exitCode !== null)
      throw new Error(`The server ended with ${child.exitCode}: ${output}${errors}`);
    return log().find(({ msg }) => msg.startsWith('Ready at '));
  });
  return {
    url: String(ready['url']),
    process: child,
    startup: performance.now() - started,
    output: () => output,
    log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** As `send` of `support/http.ts`, for a process that nobody watches from the inside: the answer is checked here. */
export async function send(base: string, url: string, options: RequestOptions = {}): Promise<Answer> {
  const answer = await sendUnchecked(base, url, options);
  checkAnswer(options.method ?? 'GET', url, answer);
  return answer;
}

/** Runs the server when it is expected to give up. */
export function failingServer({ env = {}, cwd = ROOT, uid, args = FOR_A_TEST }: StartOptions) {
  const identity = uid === undefined ? {} : { uid, gid: uid };
  const options = { cwd, env: { ...BASE, ...env }, encoding: 'utf8', timeout: 60_000, ...identity } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  return { status, stdout, stderr };
}

/** Asks every 20 ms until there is an answer. @throws Error after a minute */
export async function until<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 3000; attempt += 1) {
    const found = await probe();
    if (found !== undefined) return found;
    await delay(20);
  }
  throw new Error('It did not happen within a minute.');
}

/** Milliseconds that `slowness` takes on a machine of 2024 with nothing else to do. */
const REFERENCE = 60;

/** @returns how many times slower than that this machine is now, 1 at least: limits of time are multiplied by it */
export function slowness(): number {
  const block = Buffer.alloc(1 << 20);
  const started = performance.now();
  for (let round = 0; round < 64; round += 1) createHash('sha256').update(block).digest();
  return Math.max(1, (performance.now() - started) / REFERENCE);
}

/** @returns resident memory of a process in megabytes */
export function residentMegabytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Milliseconds of the processor that a process has spent so far, in steps of 10 (proc_pid_stat(5)). */
export function processorMs({ process: { pid } }: RunningServer): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(afterName[11]) + Number(afterName[12])) * 10;
}

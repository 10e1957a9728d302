import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT, SHORT_LIVED } from './server.js';

/** Arguments of `node`. */
const CLI: readonly string[] = [...SHORT_LIVED, path.join(ROOT, 'dist/cli/main.js')];

export interface Command {
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder, which holds the embedded database. */
  readonly cwd: string;
  /** All of standard input; default: none. */
  readonly input?: string;
}

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end, with nothing of the outside but `PATH`. */
export function runCli(args: readonly string[], { env = {}, cwd, input = '' }: Command): Promise<Result> {
  const child = spawn(process.execPath, [...CLI, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', PASSWORD_BCRYPT_ROUNDS: '4', ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // A command that asks for nothing may be gone before it is told.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}

const QUESTION = 'Password: ';

/** Runs a command at a terminal (of `script`), whose user types the line when a password is asked for. @returns what they see */
export function runAtTerminal(
  args: readonly string[],
  typed: string,
  { env = {}, cwd }: Command,
): Promise<Result> {
  const command = [process.execPath, ...CLI, ...args].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', PASSWORD_BCRYPT_ROUNDS: '4', ...env },
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const hadAsked = stdout.includes(QUESTION);
    stdout += chunk.toString();
    if (!hadAsked && stdout.includes(QUESTION)) child.stdin.write(`${typed}\r`);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr: '' }));
  });
}

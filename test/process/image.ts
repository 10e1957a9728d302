import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { ROOT } from './server.js';

const Command = z.array(z.string());

/** The Dockerfile, one instruction a line. */
export const dockerfile = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, '');

/** @returns what follows an instruction, for each time it stands in the file */
export const instructions = (name: string): readonly string[] =>
  [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, rest = '']) => rest);

/** @returns the command of the image, or that of its health check, as it is executed */
export const commandOf = (name: 'CMD' | 'HEALTHCHECK'): readonly string[] => {
  const [line = ''] = instructions(name);
  return Command.parse(JSON.parse(line.slice(line.indexOf('['))));
};

/** @returns what the image sets in the environment */
export const environment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    instructions('ENV')
      .flatMap((line) => line.split(' '))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

/** The server has no business with root's files: what a test of root runs belongs to nobody, as in a container. */
export const ORDINARY_USER = process.getuid?.() === 0 ? 65_534 : undefined;

export interface Image {
  /** The file system of the image, of which only `data` can be written. */
  readonly app: string;
  readonly data: string;
  readonly folder: string;
}

/** Puts together what the last stage of the Dockerfile copies, from this tree, for an ordinary user. */
export function assembleImage(): Image {
  const folder = mkdtempSync(path.join(tmpdir(), 'image-'));
  const app = path.join(folder, 'app');
  const data = path.join(folder, 'data');
  mkdirSync(app);
  mkdirSync(data);
  if (ORDINARY_USER !== undefined)
    for (const owned of [folder, data]) chownSync(owned, ORDINARY_USER, ORDINARY_USER);
  for (const line of instructions('COPY').filter((text) => text.startsWith('--from=build '))) {
    const [, source = ''] = line.split(' ');
    const name = source.replace('/app/', '');
    if (name === 'node_modules') copyDependencies(app);
    else cpSync(path.join(ROOT, name), path.join(app, name), { recursive: true });
  }
  execFileSync('chmod', ['-R', 'a-w', app]);
  return { app, data, folder };
}

/** What `npm prune --omit=dev` leaves. */
function copyDependencies(app: string): void {
  const list = execFileSync('npm', ['ls', '--all', '--omit=dev', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const modules = realpathSync(path.join(ROOT, 'node_modules'));
  for (const folder of list.split('\n').filter((line) => line.includes('/node_modules/'))) {
    const name = folder.slice(folder.indexOf('/node_modules/') + '/node_modules/'.length);
    cpSync(path.join(modules, name), path.join(app, 'node_modules', name), { recursive: true });
  }
}

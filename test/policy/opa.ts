import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** @returns the path of OPA's program: `OPA_BIN`, else the first in `PATH` or in Go's default place; undefined if none */
export function findOpa(): string | undefined {
  const named = process.env['OPA_BIN'];
  if (named) return named;
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  return directories.map((directory) => join(directory, 'opa')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

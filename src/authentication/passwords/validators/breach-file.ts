import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ServiceUnavailable } from '../../../kernel/errors.js';
import { StartError } from '../../../kernel/start-error.js';

/** Forty digits, a colon, a count and a line end fit into half of this. */
const MAXIMUM_LINE_BYTES = 128;
const LINE = /^([0-9A-F]{40})(?::\d{1,12})?\r?\n?$/;
const LINE_FEED = 0x0a;

/** Lines compared at start: enough to detect a shuffled file, and few enough for a slow disk. */
const SAMPLES = 256;

/** A line and its position: `start` is its first byte, `end` the first byte of the next line. */
interface Line {
  readonly hash: string;
  readonly start: number;
  readonly end: number;
}

/** Reads the line that contains the byte at `offset`; a line end belongs to the line before it. */
const readLine = async (file: FileHandle, offset: number): Promise<Line> => {
  const from = Math.max(0, offset - MAXIMUM_LINE_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 * MAXIMUM_LINE_BYTES), { position: from });
  const block = buffer.subarray(0, bytesRead);
  const at = offset - from;
  const start = at === 0 ? 0 : block.lastIndexOf(LINE_FEED, at - 1) + 1;
  const lineFeed = block.indexOf(LINE_FEED, at);
  const end = lineFeed === -1 ? block.length : lineFeed + 1;
  const hash = LINE.exec(block.toString('latin1', start, end))?.[1];
  if (hash === undefined) {
    throw new Error(
      `the line at byte ${from + start} is not an upper-case hexadecimal SHA-1, optionally with a count`,
    );
  }
  return { hash, start: from + start, end: from + end };
};

const requireOrder = (before: string, after: string, offset: number): void => {
  if (before >= after) throw new Error(`the file is not sorted by hash: see the line at byte ${offset}`);
};

const contains = async (file: FileHandle, size: number, wanted: string): Promise<boolean> => {
  let [low, high] = [0, size];
  let [below, above] = ['', 'G'];
  while (low < high) {
    const line = await readLine(file, Math.floor((low + high) / 2));
    if (line.hash === wanted) return true;
    requireOrder(below, line.hash, line.start);
    requireOrder(line.hash, above, line.start);
    if (line.hash < wanted) [low, below] = [line.end, line.hash];
    else [high, above] = [line.start, line.hash];
  }
  return false;
};

/**
 * Checks the file for the usual mistakes: another format, or sorted by count instead of by hash.
 * @returns its size in bytes
 */
const inspect = async (file: FileHandle): Promise<number> => {
  const stats = await file.stat();
  if (!stats.isFile()) throw new Error('not a file');
  if (stats.size === 0) throw new Error('the file is empty');
  let previous: Line | undefined;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const line = await readLine(file, Math.floor((sample * (stats.size - 1)) / (SAMPLES - 1)));
    if (previous && line.start > previous.start) requireOrder(previous.hash, line.hash, line.start);
    previous = line;
  }
  return stats.size;
};

/**
 * Opens a list of breached passwords: upper-case SHA-1 in hexadecimal, one per line, sorted, each optionally followed
 * by `:count` (the "ordered by hash" form in which Have I Been Pwned publishes its list). The list may have any size:
 * a look-up reads a few dozen lines in place, and no data leaves the machine.
 *
 * @throws StartError that names `PASSWORD_BREACH_FILE` if the file is missing, malformed or not sorted
 */
export const createBreachFile = async (path: string) => {
  const explain = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`PASSWORD_BREACH_FILE=${path}: ${reason}`, { cause });
  };
  const file = await open(path, 'r').catch(explain);
  const size = await inspect(file).catch(async (cause) => {
    await file.close();
    return explain(cause);
  });

  return {
    /**
     * @returns whether the password is in the list
     * @throws ServiceUnavailable `password_breach_file` if the file can no longer be read
     */
    contains: async (password: string): Promise<boolean> => {
      const wanted = createHash('sha1').update(password).digest('hex').toUpperCase();
      try {
        return await contains(file, size, wanted);
      } catch (cause) {
        throw new ServiceUnavailable(
          'password_breach_file',
          'The list of breached passwords cannot be read.',
          { cause },
        );
      }
    },

    close: (): Promise<void> => file.close(),
  };
};

export type BreachFile = Awaited<ReturnType<typeof createBreachFile>>;

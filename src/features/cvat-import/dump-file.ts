import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StartError } from '../../kernel/start-error.js';
import { NestingError, parseJson } from '../../platform/values/json.js';
import { createListSplitter } from './list-splitter.js';

const MAXIMUM_DEPTH = 1000;

/**
 * Reads a list of JSON values piece by piece: a dump of a whole CVAT may be larger than the memory.
 *
 * @param path a file whose name ends in `.gz` is unpacked
 * @returns the values, with numbers as `parseJson` reads them
 * @throws StartError for a file that cannot be read, is not UTF-8 or is not a complete JSON list
 */
export async function* readDumpFile(path: string): AsyncGenerator<unknown> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new StartError(`The file ${path} can't be read: correct the path or its permissions.`, { cause });
  }
  const splitter = createListSplitter();
  let position = 0;
  try {
    for await (const piece of decode(openFile(path))) {
      for (const text of splitter.push(piece)) {
        position += 1;
        yield parseObject(text, position);
      }
    }
    splitter.end();
  } catch (cause) {
    // Errors of the consumer do not reach this point: only the file can fail here.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`${path} is not the JSON of Django's dumpdata: ${reason}`, { cause });
  }
}

function openFile(path: string): Readable {
  const file = createReadStream(path);
  // The last stream reports the error of either one.
  return path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
}

/** The parser's message would repeat content of the file. */
function parseObject(text: string, position: number): unknown {
  try {
    return parseJson(text, { depth: MAXIMUM_DEPTH });
  } catch (cause) {
    const problem = cause instanceof NestingError ? `nested deeper than ${MAXIMUM_DEPTH} levels` : 'not JSON';
    throw new Error(`object ${position} of the list is ${problem}`, { cause });
  }
}

/**
 * Decodes UTF-8 strictly; a text stream would repair it, and nobody must be imported under a name that they never had.
 * The text may start with a byte order mark.
 *
 * @throws Error that names the byte
 */
async function* decode(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let before: Buffer = Buffer.alloc(0);
  let offset = 0;
  const take = (chunk: Buffer, stream: boolean): string => {
    try {
      return decoder.decode(chunk, { stream });
    } catch (cause) {
      const at = offset + firstWrong(before.subarray(-LONGEST_CHARACTER + 1), chunk) + 1;
      throw new Error(`it is not UTF-8, as byte ${at} shows`, { cause });
    }
  };
  for await (const chunk of chunks) {
    yield take(chunk, true);
    offset += chunk.length;
    before = chunk;
  }
  yield take(Buffer.alloc(0), false);
}

const LONGEST_CHARACTER = 4;
const isContinuation = (byte: number): boolean => byte >> 6 === 0b10;

/** @returns the index in a chunk of the first invalid byte, after a valid start */
function firstWrong(before: Buffer, chunk: Buffer): number {
  const start = before.findIndex((byte) => !isContinuation(byte));
  const rest = start < 0 ? Buffer.alloc(0) : before.subarray(start);
  return validLength(Buffer.concat([rest, chunk])) - rest.length;
}

/** @returns the number of bytes before the first invalid one */
function validLength(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isBeginning(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @returns whether more bytes could complete it to valid UTF-8 */
function isBeginning(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

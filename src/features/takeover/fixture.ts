import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import streamArray from 'stream-json/streamers/stream-array.js';
import { z } from 'zod';
import { StartError } from '../../kernel/start-error.js';
import type { Finding, Item } from './rows.js';
import { MODELS } from './rows.js';
import { RECORDS } from './schemas.js';

const Head = z.object({ model: z.string() });

/** What a fixture holds besides the rows that can be imported. */
export interface FixtureNotes {
  readonly onInvalid: (finding: Finding) => void;
  /** Called for each object of a model that is not imported. */
  readonly onForeign: (model: string) => void;
}

/**
 * Reads the output of Django's `dumpdata`, JSON, piece by piece: a dump of a whole CVAT may be larger than the memory.
 *
 * @param path a name that ends in `.gz` is unpacked
 * @throws StartError for a file that can't be read or is not a JSON list to its end
 */
export async function* readFixture(path: string, notes: FixtureNotes): AsyncGenerator<Item> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new StartError(`The file ${path} can't be read: correct the path or its permissions.`, { cause });
  }
  const objects = streamArray.withParserAsStream({ packValues: true, streamValues: false });
  const file = createReadStream(path);
  const end = (): void => {};
  if (path.endsWith('.gz')) pipeline(file, createGunzip(), objects, end);
  else pipeline(file, objects, end);
  try {
    for await (const { key, value } of objects as AsyncIterable<{ key: number; value: unknown }>) {
      const item = readObject(value, key, notes);
      if (item !== undefined) yield item;
    }
  } catch (cause) {
    // What the consumer throws does not come this way: only the file can fail here.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`${path} is not the JSON of Django's dumpdata: ${reason}`, { cause });
  }
}

function readObject(value: unknown, position: number, notes: FixtureNotes): Item | undefined {
  const head = Head.safeParse(value);
  if (!head.success) throw new Error(`Object ${position + 1} of the list names no model.`);
  const kind = MODELS[head.data.model.toLowerCase()];
  if (kind === undefined) {
    notes.onForeign(head.data.model);
    return undefined;
  }
  const read = RECORDS[kind].safeParse(value);
  if (read.success) return { kind, row: read.data } as Item;
  notes.onInvalid({
    effect: 'skipped',
    kind,
    item: `object ${position + 1} of the file`,
    reason: sentenceOf(read.error),
  });
  return undefined;
}

function sentenceOf({ issues }: z.ZodError): string {
  const issue = issues[0];
  const field = issue?.path.filter((part) => part !== 'fields').join('.') || 'it';
  return `${field}: ${issue?.message ?? 'is not valid'}`;
}

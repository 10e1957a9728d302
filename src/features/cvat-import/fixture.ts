import { z } from 'zod';
import { StartError } from '../../kernel/start-error.js';
import { readDumpFile } from './dump-file.js';
import { type Finding, type Item, MODELS } from './rows.js';
import { RECORDS } from './schemas.js';

const Head = z.object({ model: z.string() });

/** Notifications about the parts of a fixture that are not imported. */
export interface FixtureNotes {
  /** @throws StartError if there are too many */
  readonly onInvalid: (finding: Finding) => void;
  /** Called for each object of a model that is not imported. @throws StartError if there are too many models */
  readonly onForeign: (model: string) => void;
}

/**
 * Reads the output of Django's `dumpdata`, JSON.
 *
 * @param path a file whose name ends in `.gz` is unpacked
 * @throws StartError as `readDumpFile` does, and for an object that does not belong in a dump
 */
export async function* readFixture(path: string, notes: FixtureNotes): AsyncGenerator<Item> {
  let position = 0;
  for await (const value of readDumpFile(path)) {
    position += 1;
    const head = Head.safeParse(value);
    if (!head.success)
      throw new StartError(
        `${path} is not the JSON of Django's dumpdata: object ${position} of the list names no model`,
      );
    const item = readObject(head.data.model, value, position, notes);
    if (item !== undefined) yield item;
  }
}

function readObject(model: string, value: unknown, position: number, notes: FixtureNotes): Item | undefined {
  const kind = MODELS.get(model.toLowerCase());
  if (kind === undefined) {
    notes.onForeign(model);
    return undefined;
  }
  const read = RECORDS[kind].safeParse(value);
  if (read.success) return { kind, row: read.data } as Item;
  notes.onInvalid({
    effect: 'skipped',
    kind,
    item: `object ${position} of the file`,
    reason: sentenceOf(read.error),
  });
  return undefined;
}

function sentenceOf({ issues }: z.ZodError): string {
  const issue = issues[0];
  const field = issue?.path.filter((part) => part !== 'fields').join('.') || 'it';
  return `${field}: ${issue?.message ?? 'is not valid'}`;
}

import { MAXIMUM_ID } from '../../kernel/account.js';
import { NotFound } from '../../kernel/errors.js';
import { parseInteger } from '../values/integer.js';

/** DRF's `get_object_or_404`. @param model name of the Django model, as it appears in the sentence */
export const noMatch = (model: string): NotFound => new NotFound(`No ${model} matches the given query.`);

/** @returns the object. @throws NotFound if it does not exist */
export function found<T>(object: T | undefined, model: string): T {
  if (object === undefined) throw noMatch(model);
  return object;
}

/**
 * Reads the id of an object from a path.
 *
 * @throws NotFound `Not found.` for text that is not a number; with the sentence of the model for a number that no row
 *   can have
 */
export function idOf(text: string | undefined, model: string): number {
  const id = parseInteger(text ?? '');
  if (id === undefined) throw new NotFound();
  if (id < 0n || id > BigInt(MAXIMUM_ID)) throw noMatch(model);
  return Number(id);
}

/**
 * Deviations that were decided after the recording: the requests that show one, by the id of their case and their place
 * in it, with the label that they would have got.
 */
const DECIDED: Readonly<Record<string, string>> = {
  'a345364b97e3 4': 'deviation 41 API token ends with the password',
};

/** @param place of the step in its case, from 1 */
export const decidedLabel = (id: string, place: number): string | undefined => DECIDED[`${id} ${place}`];

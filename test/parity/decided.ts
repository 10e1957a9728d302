/**
 * Labels that the recording does not have: the requests that show a deviation, by the id of their case and their place
 * in it.
 */
const DECIDED: Readonly<Record<string, string>> = {
  'a345364b97e3 4': 'deviation 41 API token ends with the password',
  '659e7e6b2aea 1': 'deviation 3 500->400',
  '0161f7d66620 1': 'deviation 3 500->400',
  'd0785f3d19a8 1': 'deviation 3 500->400',
  '2b44dc684e32 1': 'deviation 3 500->406',
  '5e915444e383 1': 'choice: .json suffix of routes',
  '61e263436f31 1': 'not compared: order of ties of a boolean',
};

/** @param place of the step in its case, from 1 */
export const decidedLabel = (id: string, place: number): string | undefined => DECIDED[`${id} ${place}`];

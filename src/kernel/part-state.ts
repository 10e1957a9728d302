/** How a part that the server needs is, for people who watch it. */
export interface PartState {
  /** Requests can be answered, though perhaps not all of them. */
  readonly isReady: boolean;
  /** `ok`, or the problem in a few words. */
  readonly text: string;
}

export const OK: PartState = { isReady: true, text: 'ok' };

export const NO_ANSWER: PartState = { isReady: false, text: 'does not answer' };

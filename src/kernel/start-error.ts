/**
 * What stops the start: one sentence with the remedy. The process prints it without a stack and exits with code 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * An error that stops the start: one sentence that says how to fix it. The process prints it without a stack trace and
 * exits with code 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

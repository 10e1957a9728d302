import { type Clock, SECOND } from '../../kernel/clock.js';
import type { Connection } from './connection.js';
import { DirectoryFailure, type DirectoryStep } from './failure.js';

/** `connect` opens a connection, with TLS if the settings require it; `bind` is the account for searches. */
export const DIRECTORY_OPERATIONS = ['connect', 'bind', 'search', 'login', 'groups'] as const;
export type DirectoryOperation = (typeof DIRECTORY_OPERATIONS)[number];

/**
 * `refused`: the directory answered, and refused the password; `lost`: the connection broke; `late`: no answer in time;
 * `unusable`: an answer that is of no use.
 */
export const DIRECTORY_OUTCOMES = ['ok', 'refused', 'lost', 'late', 'unusable'] as const;
export type DirectoryOutcome = (typeof DIRECTORY_OUTCOMES)[number];

/** Told of every request to a directory, and how many seconds it took. Must not throw. */
export type ObserveDirectory = (
  operation: DirectoryOperation,
  outcome: DirectoryOutcome,
  seconds: number,
) => void;

/** The observer of connections, and the clock that times them. */
export interface DirectoryWatch {
  readonly clock: Clock;
  readonly observe: ObserveDirectory;
}

/** @returns the result of the work, after the observer was told how it ended. @throws the errors of the work */
export async function observed<T>(
  { clock, observe }: DirectoryWatch,
  operation: DirectoryOperation,
  work: () => Promise<T>,
  outcomeOf: (result: T) => DirectoryOutcome = () => 'ok',
): Promise<T> {
  const started = clock.now();
  const end = (outcome: DirectoryOutcome): void =>
    observe(operation, outcome, (clock.now() - started) / SECOND);
  try {
    const result = await work();
    end(outcomeOf(result));
    return result;
  } catch (error) {
    if (error instanceof DirectoryFailure) end(error.kind === 'answer' ? 'unusable' : error.kind);
    throw error;
  }
}

/** @returns the connection; its requests are observed */
export const observeConnection = (connection: Connection, watch: DirectoryWatch): Connection => ({
  ...connection,
  bind: (dn, password, step, deadline) =>
    observed(
      watch,
      operationOf(step),
      () => connection.bind(dn, password, step, deadline),
      ({ accepted }) => (accepted ? 'ok' : 'refused'),
    ),
  search: (request, deadline) =>
    observed(watch, operationOf(request.step), () => connection.search(request, deadline)),
});

/** Steps before the first request are parts of `connect`. */
const operationOf = (step: DirectoryStep): DirectoryOperation =>
  step === 'resolve' || step === 'tls' ? 'connect' : step;

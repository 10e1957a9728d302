import fc from 'fast-check';
import { afterAll, afterEach, expect } from 'vitest';
import { takeProblems } from './problems.js';

// Reports keep the message of an error, and not its cause.
fc.configureGlobal({ includeErrorInReport: true });

/** A test in which a server answered what the OpenAPI document does not say has failed. */
const expectDocumented = (): void => {
  expect(takeProblems(), 'answers that are not as openapi/openapi.yaml says').toEqual([]);
};

afterEach(expectDocumented);
afterAll(expectDocumented);

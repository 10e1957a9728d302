import { afterAll, afterEach, expect } from 'vitest';
import { takeProblems } from './problems.js';

/** A test in which a server answered what the OpenAPI document does not say has failed. */
const expectDocumented = (): void => {
  expect(takeProblems(), 'answers that are not as openapi/openapi.yaml says').toEqual([]);
};

afterEach(expectDocumented);
afterAll(expectDocumented);

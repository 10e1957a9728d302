import { type ApiError, PermissionDenied } from '../../../kernel/errors.js';
import { noMatch } from '../../../platform/http/objects.js';
import { type Example, failing } from '../../../platform/openapi/examples.js';
import type { ExampleRequest } from '../../../platform/openapi/types.js';

/** Answers that many operations share, each for a request of its own. */

export const forbidden = (summary: string, request: ExampleRequest): Example =>
  failing(new PermissionDenied(), summary, request);

/** @param model name of the Django model, as it appears in the sentence */
export const missing = (model: string, request: ExampleRequest): Example => {
  const error: ApiError = noMatch(model);
  return failing(error, 'No object has this id, or the caller may not see it', request);
};

export const unknownField = (body: unknown): Example =>
  failing(new PermissionDenied('Attempted to update an unknown field'), 'A field that cannot be changed', {
    body,
  });

import createClient from 'openapi-fetch';
import type { paths } from '../../openapi/openapi.types.js';

/** The client that anybody can make of the committed document, with nothing added. */
export const createApiClient = (baseUrl: string, headers: Readonly<Record<string, string>> = {}) =>
  createClient<paths>({ baseUrl, headers });

import { writeYaml } from '../../platform/values/yaml.js';
import type { Renderer } from './view.js';

export interface SchemaRenderer extends Renderer {
  readonly mediaType: string;
  readonly format: 'yaml' | 'json';
}

export const renderJsonDocument = (value: unknown): string => JSON.stringify(value, null, 4);

/** The codes of DRF's exceptions, which its YAML shows next to their sentences. */
const CODES: Readonly<Record<number, string>> = {
  400: 'parse_error',
  401: 'authentication_failed',
  403: 'permission_denied',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  415: 'unsupported_media_type',
  429: 'throttled',
};
const ANONYMOUS = 'Authentication credentials were not provided.';

/** drf-spectacular writes the object behind the sentence. @returns the text of an error in YAML */
export function yamlErrorOf(status: number, body: unknown): object {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : body;
  return { detail: { string: detail, code: detail === ANONYMOUS ? 'not_authenticated' : CODES[status] } };
}

const yaml = (mediaType: string): SchemaRenderer => ({
  mediaType,
  format: 'yaml',
  contentType: `${mediaType}; charset=utf-8`,
  renderError: (status, body) => writeYaml(yamlErrorOf(status, body)),
});

const json = (mediaType: string): SchemaRenderer => ({
  mediaType,
  format: 'json',
  contentType: `${mediaType}; charset=utf-8`,
  renderError: (_status, body) => renderJsonDocument(body),
});

/** In the order of drf-spectacular's `SpectacularAPIView`. */
export const SCHEMA_RENDERERS: readonly [SchemaRenderer, ...SchemaRenderer[]] = [
  yaml('application/vnd.oai.openapi'),
  yaml('application/yaml'),
  json('application/vnd.oai.openapi+json'),
  json('application/json'),
];

import type { IncomingMessage } from 'node:http';
import { TextDecoder } from 'node:util';
import getRawBody from 'raw-body';
import { ApiError, ParseError, PayloadTooLarge, UnsupportedMediaType } from '../../kernel/errors.js';
import { JsonLimitError, MAXIMUM_DIGITS, parseJson } from '../values/json.js';

/**
 * Maximum size of a JSON body in bytes, and its maximum depth. Django limits neither; our limits keep to the spirit of
 * the contract.
 */
export const MAXIMUM_BODY_BYTES = 1024 * 1024;
const MAXIMUM_BODY_DEPTH = 100;

/**
 * DRF's `JSONParser`, for views whose only parser is JSON.
 *
 * @returns the parsed value; `{}` for an empty body with any content type
 * @throws UnsupportedMediaType 415 for any other content type with a body
 * @throws ParseError 400 for a body that is not JSON, PayloadTooLarge 413
 */
export async function readJsonBody(req: IncomingMessage): Promise<unknown> {
  const contentType = req.headers['content-type'] ?? '';
  const bytes = await readBytes(req);
  if (bytes.length === 0) return {};
  const [range = '', ...parameters] = contentType.split(';');
  if (!['application/json', 'application/*', '*/*'].includes(range.trim().toLowerCase())) {
    throw new UnsupportedMediaType(contentType);
  }
  return parse(decode(bytes, charsetOf(parameters)));
}

/**
 * The body of an HTML form, as Django reads `request.POST` of a page without files.
 *
 * @returns its fields; none for a body of another content type
 * @throws ApiError 400 for a body that was cut off, PayloadTooLarge 413
 */
export async function readFormBody(req: IncomingMessage): Promise<URLSearchParams> {
  const [range = ''] = (req.headers['content-type'] ?? '').split(';');
  if (range.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return new URLSearchParams();
  return new URLSearchParams((await readBytes(req)).toString());
}

async function readBytes(req: IncomingMessage): Promise<Buffer> {
  if (
    req.headers['content-length'] === '0' ||
    (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
  ) {
    return Buffer.alloc(0);
  }
  try {
    return await getRawBody(req, {
      limit: MAXIMUM_BODY_BYTES,
      length: req.headers['content-length'] ?? null,
    });
  } catch (cause) {
    if (cause instanceof Error && 'type' in cause && cause.type === 'entity.too.large') {
      throw new PayloadTooLarge(MAXIMUM_BODY_BYTES, { cause, headers: { Connection: 'close' } });
    }
    throw new ApiError(400, { detail: 'The request was cut off before its end.' }, { cause });
  }
}

const charsetOf = (parameters: readonly string[]): string =>
  parameters
    .map((parameter) => parameter.trim().match(/^charset="?([^"]+)"?$/i)?.[1])
    .find((name) => name !== undefined) ?? 'utf-8';

function decode(bytes: Buffer, charset: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new ParseError(
      'JSON parse error - Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)',
    );
  }
  try {
    return decoderFor(charset).decode(bytes);
  } catch (cause) {
    throw new ParseError(`JSON parse error - '${charset}' codec can't decode the body`, { cause });
  }
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  } catch {
    // DRF falls back to UTF-8 for an encoding that the platform does not know.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text, { depth: MAXIMUM_BODY_DEPTH, digits: MAXIMUM_DIGITS });
  } catch (cause) {
    throw new ParseError(`JSON parse error - ${describe(cause, text)}`, { cause });
  }
}

/** V8 quotes the text around the error, which may be a password: the message only contains the position. */
function describe(cause: unknown, text: string): string {
  const message = cause instanceof Error ? cause.message : '';
  if (cause instanceof JsonLimitError) return message;
  const position = message.match(/position (\d+)/)?.[1];
  const at = position === undefined ? (message.includes('end of JSON') ? text.length : 0) : Number(position);
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return `Expecting value: line ${line} column ${column} (char ${[...before].length})`;
}

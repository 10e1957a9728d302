import { rawRequest } from './raw.js';

export const HOST = 'Host: localhost';
export const POST = 'POST /api/auth/login HTTP/1.1';
export const JSON_TYPE = 'Content-Type: application/json';
/** What an attacker hides behind the first request. */
export const HIDDEN = 'GET /api/server/about HTTP/1.1\r\nHost: localhost\r\n\r\n';
export const EMPTY_CHUNKS = '0\r\n\r\n';

/** Requests whose end two parsers could see at two places, each with another one hidden behind it. */
export const AMBIGUOUS: readonly (readonly [what: string, bytes: string])[] = [
  [
    'Content-Length and Transfer-Encoding',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'Transfer-Encoding and Content-Length',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked', 'Content-Length: 4'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'two lengths that differ',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2', 'Content-Length: 40'], `{}${HIDDEN}`),
  ],
  [
    'two lengths that agree',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['a list of lengths', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2, 2'], `{}${HIDDEN}`)],
  ['a length with a plus', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: +2'], `{}${HIDDEN}`)],
  ['a negative length', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: -2'], HIDDEN)],
  ['a length in hexadecimal', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 0x2'], `{}${HIDDEN}`)],
  [
    'a length beyond all numbers',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 99999999999999999999999'], HIDDEN),
  ],
  ['a length with letters', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2a'], `{}${HIDDEN}`)],
  [
    'an encoding behind chunked',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked, identity'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'an encoding that is no word of ours',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: xchunked'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'two encodings',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'a blank before the colon',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding : chunked'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'a header before which a line is folded',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'X-A: b', ' Transfer-Encoding: chunked', 'Content-Length: 2'],
      `{}${HIDDEN}`,
    ),
  ],
  ['a header without a colon', rawRequest([POST, HOST, 'Nonsense', 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'a header name with a control character',
    rawRequest([POST, HOST, 'X\x01A: b', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['NUL in a header', rawRequest([POST, HOST, 'X-A: a\0b', 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'a bare carriage return in a header',
    rawRequest([POST, HOST, 'X-A: a\rTransfer-Encoding: chunked', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['lines that end in a bare line feed', `${POST}\n${HOST}\nContent-Length: 2\n\n{}${HIDDEN}`],
  [
    'a bare line feed between headers',
    rawRequest([POST, `${HOST}\nTransfer-Encoding: chunked`, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'a size of a chunk that is no number',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `zz\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a size of a chunk with a sign',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `+2\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a chunk that is longer than its size',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `1\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a chunk that ends in a bare line feed',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `2\n{}\n0\n\n${HIDDEN}`),
  ],
  ['no Host', rawRequest([POST, JSON_TYPE, 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'two Hosts',
    rawRequest([POST, HOST, 'Host: evil.example', JSON_TYPE, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'another version of HTTP',
    rawRequest(['POST /api/auth/login HTTP/3.7', HOST, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'a blank in the path',
    rawRequest(['POST /api/auth/login /x HTTP/1.1', HOST, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['no HTTP at all', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${HIDDEN}`],
];

import type { Exchange } from './exchange.js';
import { send } from './send.js';

export const HTML = 'text/html; charset=utf-8';

/** Sends a page of Django's as the answer, which is then none of a view: it names no methods. */
export function sendPage(
  exchange: Exchange,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  exchange.allow = '';
  return send(exchange, { status, headers, content: { kind: 'raw', type: HTML, raw: text } });
}

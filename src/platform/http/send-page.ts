import type { Exchange } from './exchange.js';
import { send } from './send.js';

export const HTML = 'text/html; charset=utf-8';

/** Sends one of Django's pages as the answer. It does not belong to a view, so it names no methods. */
export function sendPage(
  exchange: Exchange,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  exchange.allow = '';
  return send(exchange, { status, headers, content: { kind: 'raw', type: HTML, raw: text } });
}

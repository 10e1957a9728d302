import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const LOCAL_PART =
  /^(?:[-!#$%&'*+/=?^_`{}|~0-9A-Z]+(?:\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*|"(?:[\x01-\x08\x0b\x0c\x0e-\x1f!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*")$/i;
const LABEL = /^(?!-)[A-Z0-9-]{1,63}(?<!-)$/i;
const LAST_LABEL = /^(?!-)[A-Z0-9-]{2,63}(?<!-)$/i;
const MAXIMUM_LENGTH = 320;

/** @returns whether Django's `EmailValidator` accepts the address (Django 4.2) */
export function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@');
  if (at < 1 || [...value].length > MAXIMUM_LENGTH) return false;
  const domain = value.slice(at + 1);
  if (!LOCAL_PART.test(value.slice(0, at))) return false;
  // Only international names are retried: the conversion would also fix invalid ASCII ones (upper case, short IPv4).
  return isDomain(domain) || (/[^\x00-\x7f]/.test(domain) && isDomain(domainToASCII(domain)));
}

function isDomain(domain: string): boolean {
  if (domain === 'localhost') return true;
  const literal = domain.match(/^\[([A-F0-9:.]+)\]$/i)?.[1];
  if (literal !== undefined) return isIPv4(literal) || isIPv6(literal);
  const labels = domain.split('.');
  const last = labels.pop() ?? '';
  return labels.length > 0 && labels.every((label) => LABEL.test(label)) && LAST_LABEL.test(last);
}

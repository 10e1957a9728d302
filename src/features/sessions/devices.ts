import Bowser from 'bowser';

/** What a text in `User-Agent` claims; null for what it does not say. */
export interface Device {
  /** Name and major version, `Firefox 143`. */
  readonly browser: string | null;
  /** Operating system and kind of device, `Android mobile`. */
  readonly device: string | null;
}

const UNKNOWN: Device = { browser: null, device: null };

/** @param userAgent a short text, because the expressions of bowser are not made for long ones */
export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null) return UNKNOWN;
  const { browser, os, platform } = Bowser.parse(userAgent);
  return {
    browser: joined(browser.name, browser.version?.split('.')[0]),
    device: joined(os.name, platform.type),
  };
}

const joined = (...parts: readonly (string | undefined)[]): string | null =>
  parts.filter((part) => part !== undefined && part !== '').join(' ') || null;

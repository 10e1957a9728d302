/**
 * @param wanted the address that a person should be led to
 * @param uiUrl the user interface, whose pages are allowed too
 * @returns it, if it is a page of this site; undefined for any other site, and for what browsers may read as one
 */
export function safeNext(wanted: string | null, uiUrl: string | undefined): string | undefined {
  if (wanted === null || !/^[!-[\]-~]+$/.test(wanted)) return undefined;
  if (/^\/(?!\/)/.test(wanted)) return wanted;
  const isUi =
    uiUrl !== undefined && URL.canParse(wanted) && new URL(wanted).origin === new URL(uiUrl).origin;
  return isUi && /^https?:\/\/[^@]*$/.test(wanted) ? wanted : undefined;
}
